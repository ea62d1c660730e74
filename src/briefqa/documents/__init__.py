"""A file becomes documents: canonical text, blocks, metadata, positions.

One reader a format. Every reader yields `Document` records, or a
`DocumentError` for what it cannot read; none raises for bad content.
"""

from briefqa.documents.files import SourceFile, find_files
from briefqa.documents.formats import SUFFIXES
from briefqa.documents.options import ReadingOptions
from briefqa.documents.reading import READER_VERSION, read_file

__all__ = [
    "READER_VERSION",
    "SUFFIXES",
    "ReadingOptions",
    "SourceFile",
    "find_files",
    "read_file",
]
