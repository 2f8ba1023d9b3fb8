"""The structure that PDF/UA-1 asks for, looked at with a reader that we did not write."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject


def structure(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Yield every element of the structure tree, parents first."""
    waiting: list[Any] = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop(0).get_object()
        if isinstance(element, ArrayObject):
            waiting = [*element, *waiting]
        elif isinstance(element, DictionaryObject):
            if "/S" in element:
                yield element
            if "/K" in element:
                waiting = [element["/K"], *waiting]


def faults_of_pdf(content: bytes) -> list[str]:
    """List what keeps a PDF from being read by a screen reader; a full checker looks at more."""
    reader = PdfReader(io.BytesIO(content))
    root = reader.trailer["/Root"]
    claims = {
        "is not tagged": root["/MarkInfo"]["/Marked"],
        "states no language": "/Lang" in root,
        "does not show its title": root["/ViewerPreferences"]["/DisplayDocTitle"],
        "does not claim PDF/UA-1": "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data().decode(),
    }
    elements = list(structure(reader))
    wrong = [fault for fault, is_well in claims.items() if not is_well]
    tags = [str(each["/S"]) for each in elements]
    wrong += ["has a picture without a text" for tag, each in zip(tags, elements, strict=True)
              if tag == "/Figure" and not each.get("/Alt")]  # fmt: skip
    headings = [int(tag[2:]) for tag in tags if tag[:2] == "/H" and tag[2:].isdigit()]
    if headings[:1] != [1] or any(after > before + 1 for before, after in pairwise(headings)):
        wrong.append(f"has headings that skip a level: {headings}")
    for page in reader.pages:
        wrong += faults_of_fonts(page["/Resources"].get("/Font", {}))
    return wrong


def faults_of_fonts(fonts: DictionaryObject) -> Iterator[str]:
    """Yield the fonts that the file does not hold, or of which it does not say which letters they draw."""
    for font in (each.get_object() for each in fonts.values()):
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(described):
            yield f"does not hold the font {font['/BaseFont']}"
        if "/ToUnicode" not in font:
            yield f"does not say which letters {font['/BaseFont']} draws"


@pytest.fixture
def faults() -> Callable[[bytes], list[str]]:
    """Give the check of a PDF."""
    return faults_of_pdf
