"""Where things stand on a page for a reader who turns it until the text is upright."""

import math

Box = tuple[float, float, float, float]

FARTHEST = 1e6
"""What a hostile file may put farther off than this many points is not there."""


def turned(x: float, y: float, turn: int) -> tuple[float, float]:
    """Return where (x, y), y upwards, is seen, y downwards, once the page is turned."""
    match turn:
        case 0:
            return x, -y
        case 90:
            return y, x
        case 180:
            return -x, y
        case 270:
            return -y, -x
    angle = math.radians(turn)
    cos, sin = math.cos(angle), math.sin(angle)
    return x * cos + y * sin, x * sin - y * cos


def seen_bounds(bounds: Box, turn: int) -> Box:
    """Return ``bounds``, which have y upwards, as (left, top, right, bottom) of the turned page."""
    left, bottom, right, top = bounds
    corners = [turned(x, y, turn) for x in (left, right) for y in (bottom, top)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return (
        max(min(xs), -FARTHEST),
        max(min(ys), -FARTHEST),
        min(max(xs), FARTHEST),
        min(max(ys), FARTHEST),
    )
