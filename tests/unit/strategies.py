"""Texts and documents that Hypothesis makes up: the worst that a folder may hold."""

import hashlib

from hypothesis import strategies as st

from briefqa.datatypes import Block, DocId, Document, DocumentInfo, Metadata, PositionMap
from briefqa.documents.markdown import markdown_blocks
from briefqa.documents.plain import plain_blocks

_FRAGMENTS = (
    "word",
    "Two words.",
    "e.g. this, i.e. that;",
    "It ended.”1 This began.",
    "“Quoted.” He left. ’",
    "cafe\u0301 Z\u0335\u0321\u0322\u031bal\u0336go",  # combining marks
    "שלום עולם. \u202eevil\u202c \u2066isolated\u2069",  # right to left, and bidi controls
    "👩‍👩‍👧‍👦🏳️‍🌈 🇬🇧",  # emoji joined by zero-width joiners; flags
    "政策について書かれています。次の文です!",  # no spaces
    "한국어문장입니다",
    "𠜎𠜱 \U0001d538\U0001d55d \U0010ffff",  # astral characters
    "zero\u200bwidth\u200d\ufeff\u00ad",
    "\0",
    "\x01\x07\x1b[31m\x7f",
    "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029",  # line ends to some, white space to all
    "\u00a0\u3000\t",
    "ﬁ Å ㎏ İ ẞ",  # forms that change length when normalised
    "x" * 150,
    "ﷺ" * 40,
    "qzj" * 90,
    " " * 40,
    "a!?" * 20,
)
_MARKUP = (
    "# Heading",
    "#",
    "## Second **bold** `code`",
    "Setext\n===",
    "**Bold line**",
    "- item",
    "-",
    "  - nested",
    "1. one",
    "1)",
    "> quote",
    "> - # all",
    "```\ncode\n```",
    "```",
    "    indented",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "---",
    "***",
    "<div>",
    "<!--",
    "[link]: /url",
    "![image](x)",
    "\\",
    "&amp;&#0;",
    "3 March 2025",
    "By Ann Lee and Bo Fox",
    "A heading without a stop",
)

hostile_text = st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=20), max_size=12).flatmap(
    lambda parts: st.sampled_from(("", " ", "\n")).map(lambda between: between.join(parts))
)
"""Any text without a lone surrogate, biased to what breaks offsets."""

source_text = st.lists(
    st.sampled_from(_MARKUP) | st.sampled_from(_FRAGMENTS) | hostile_text, max_size=14
).flatmap(
    lambda lines: st.sampled_from(("\n", "\n\n", "\r\n", "\r", "\n   \n")).map(
        lambda end: end.join(lines)
    )
)
"""What a text or Markdown file may hold, with line ends of any kind."""

canonical_text = source_text.map(lambda text: text.replace("\r\n", "\n").replace("\r", "\n"))
"""The same with line feeds for line ends, as readers hand it on."""


def make_document(text: str, blocks: list[Block], *, title: str | None = None) -> Document:
    """Return a document as a reader would make it."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    metadata = Metadata(title=title)
    info = DocumentInfo(DocId("d.md"), "d.md", title or "d.md", metadata, digest, digest)
    return Document(info, text, PositionMap(), tuple(blocks))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Make up a document, plain or Markdown, with or without a title."""
    text = draw(canonical_text)
    blocks = draw(st.sampled_from((list(markdown_blocks(text)), plain_blocks(text)[0])))
    return make_document(text, blocks, title=draw(st.none() | hostile_text))
