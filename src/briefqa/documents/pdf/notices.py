"""What is said of pages that could not be read, or not in full."""

from collections.abc import Sequence

from briefqa.documents.pdf.pages import Content, Page
from briefqa.errors import DocumentError

_MOST_RANGES = 20


class Notices:
    """Gathers what is to be said, page by page."""

    def __init__(self) -> None:
        self._whole: list[str] = []
        self._pages: dict[tuple[Content, str], list[int]] = {}

    def add_whole(self, text: str) -> None:
        """Note ``text`` about the file as a whole."""
        self._whole.append(text)

    def add(self, page: Page) -> None:
        """Note what there is to say of ``page``."""
        if page.content is not Content.TEXT:
            self._pages.setdefault((page.content, page.problem), []).append(page.number)

    def texts(self) -> list[str]:
        """Return what there is to say: of the file, then of its pages in order."""
        ordered = sorted(self._pages.items(), key=lambda entry: entry[1][0])
        return [
            *self._whole,
            *(
                f"{_named(pages)} {content.value[len(pages) > 1]}"
                + (f"; {problem}" if problem else "")
                for (content, problem), pages in ordered
            ),
        ]

    def no_text(self, source: str, *, tried_ocr: bool) -> DocumentError:
        """Return the error for a file of which no page has text."""
        kinds = {content for content, _ in self._pages}
        if kinds <= {Content.DAMAGED}:
            return DocumentError(
                source,
                reason="corrupt",
                detail="is damaged or cut off: none of its pages can be read",
            )
        if kinds <= {Content.EMPTY}:
            return DocumentError(source, reason="no_text", detail="holds only empty pages")
        said = "; ".join(self.texts())
        advice = (
            "" if tried_ocr else "; to read pictures of text, run with --ocr, which needs tesseract"
        )
        return DocumentError(source, reason="no_text", detail=f"holds no text: {said}{advice}")


def _named(pages: Sequence[int]) -> str:
    """Return "page 3", or "pages 3-7, 9"."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    shown = [f"{first}-{last}" if last > first else f"{first}" for first, last in runs]
    more = f" and {len(shown) - _MOST_RANGES} more" if len(shown) > _MOST_RANGES else ""
    return ("pages " if len(pages) > 1 else "page ") + ", ".join(shown[:_MOST_RANGES]) + more
