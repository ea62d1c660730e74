"""Zip archives for tests: packed, repacked, and damaged inside."""

import io
import zipfile
from collections.abc import Callable, Mapping

from hypothesis import strategies as st

Change = Callable[[bytes], bytes]


def packed(members: Mapping[str, bytes | str]) -> bytes:
    """Return a zip archive of ``members``."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the members of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(data: bytes, name: str, change: Change) -> bytes:
    """Return an archive with one member changed."""
    members = unpacked(data)
    return packed({**members, name: change(members[name])})


def damages() -> st.SearchStrategy[Change]:
    """Return a strategy for what may befall bytes: cut, flipped, dropped, doubled, overwritten."""

    def damage(kind: str, where: float, length: int, byte: int) -> Change:
        def apply(data: bytes) -> bytes:
            at = int(where * len(data))
            match kind:
                case "cut":
                    return data[:at]
                case "drop":
                    return data[:at] + data[at + length :]
                case "double":
                    return data[: at + length] + data[at:]
                case _:
                    return data[:at] + bytes([byte]) + data[at + 1 :]

        return apply

    return st.builds(
        damage,
        st.sampled_from(["cut", "drop", "double", "overwrite"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(1, 300),
        st.integers(0, 255),
    )
