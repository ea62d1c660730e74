"""Pages that hold only an image, read by the tesseract program if it is installed."""

import csv
import ctypes
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from math import sqrt

import pypdfium2.raw as pdfium

from briefqa.documents.pdf.joining import join
from briefqa.documents.pdf.library import Handle

_DOTS_AN_INCH = 300
_POINTS_AN_INCH = 72
_MOST_DOTS = 25_000_000
"""A sheet of A3; larger ones are read at less than 300 dots an inch."""
_TIMEOUT_S = 120.0
_LANGUAGES = re.compile(r"\w+(?:[+/]\w+)*", re.ASCII)
_LEAST_CONFIDENCE = 30.0

INSTALL = "install tesseract (Debian: tesseract-ocr, and tesseract-ocr-LANGUAGE for each language)"


class OcrError(Exception):
    """Why a page was not read; completes "OCR ..."."""


def recognise(page: Handle, languages: str) -> tuple[str, ...]:
    """Return the paragraphs that tesseract sees on ``page``, in its order.

    Raises:
        OcrError: If tesseract is missing or fails.
    """
    if not _LANGUAGES.fullmatch(languages):
        msg = f"needs languages such as 'eng' or 'eng+deu', not {languages!r}"
        raise OcrError(msg)
    program = shutil.which("tesseract")
    if program is None:
        msg = f"needs a program that is not there: {INSTALL}"
        raise OcrError(msg)
    return _paragraphs(_run_tesseract(program, _render(page), languages))


def _run_tesseract(program: str, image: bytes, languages: str) -> str:
    """Return what the program writes; nothing else in the reader starts one.

    ``program`` is as `shutil.which` names it, for that is what a confined reader may start.
    """
    command = [program, "stdin", "stdout", "-l", languages, "tsv"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; the languages are checked above
            command,
            input=image,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        msg = f"took longer than {_TIMEOUT_S:.0f} seconds"
        raise OcrError(msg) from error
    except OSError as error:
        msg = f"cannot start {command[0]}: {error.strerror or error}"
        raise OcrError(msg) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        msg = f"failed: {said[0] if said else f'exit code {done.returncode}'}"
        raise OcrError(msg)
    return done.stdout.decode("utf-8", "replace")


def _render(page: Handle) -> bytes:
    """Return ``page`` as a grey picture in the PGM format."""
    width = max(1.0, float(pdfium.FPDF_GetPageWidthF(page)))
    height = max(1.0, float(pdfium.FPDF_GetPageHeightF(page)))
    scale = min(_DOTS_AN_INCH / _POINTS_AN_INCH, sqrt(_MOST_DOTS / (width * height)))
    across, down = max(1, int(width * scale)), max(1, int(height * scale))
    bitmap = pdfium.FPDFBitmap_CreateEx(across, down, pdfium.FPDFBitmap_Gray, None, 0)
    if not bitmap:
        msg = f"needs more memory than there is, for {across} by {down} dots"
        raise OcrError(msg)
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, across, down, 0xFFFFFFFF)
        flags = pdfium.FPDF_GRAYSCALE | pdfium.FPDF_ANNOT
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, across, down, 0, flags)
        stride = int(pdfium.FPDFBitmap_GetStride(bitmap))
        dots = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * down)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    rows = (dots[at * stride : at * stride + across] for at in range(down))
    return b"P5 %d %d 255\n" % (across, down) + b"".join(rows)


def _paragraphs(table: str) -> tuple[str, ...]:
    """Return the paragraphs of tesseract's table, which has a word a row."""
    found: dict[tuple[str, ...], dict[str, list[str]]] = {}
    rows = csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    for row in rows:
        word = (row.get("text") or "").strip()
        if not word or float(row["conf"]) < _LEAST_CONFIDENCE:
            continue
        paragraph = found.setdefault((row["block_num"], row["par_num"]), {})
        paragraph.setdefault(row["line_num"], []).append(word)
    return tuple(_joined([" ".join(words) for words in lines.values()]) for lines in found.values())


def _joined(lines: Sequence[str]) -> str:
    text = ""
    for line in lines:
        text = join(text, line)
    return text
