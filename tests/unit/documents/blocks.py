"""What every reader's blocks must hold."""

from collections.abc import Sequence

from briefqa.datatypes import Block, BlockKind


def assert_blocks_cover(text: str, blocks: Sequence[Block]) -> None:
    """Check that blocks ascend, do not overlap, and leave out nothing but white space."""
    covered = 0
    for block in blocks:
        assert block.span.start >= covered
        assert not text[covered : block.span.start].strip()
        assert block.span.of(text) == block.span.of(text).strip()
        assert block.kind in BlockKind
        covered = block.span.end
    assert covered <= len(text)
    assert not text[covered:].strip()
