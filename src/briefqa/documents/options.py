"""What readers may be asked for, and how far they may go."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How files are read.

    ``ocr`` has pages without text read by tesseract, which must be installed,
    in ``ocr_languages`` (its own codes, joined by ``+``). A file of more than
    ``most_bytes`` is refused unless it is read record by record; so is one that
    takes longer than ``timeout_s``, or more than ``memory_bytes`` of memory.
    """

    ocr: bool = False
    ocr_languages: str = "eng"
    most_bytes: int = 200_000_000
    timeout_s: float = 300.0
    memory_bytes: int = 3_000_000_000


DEFAULT_OPTIONS = ReadingOptions()
