"""The sheets as an Excel workbook (XLSX)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from opsn_geo.catalogue.palette import HEADER
from opsn_geo.publish.tables import zipped

if TYPE_CHECKING:
    from xlsxturbo.types import ColumnFormat, HeaderFormat, SheetOptions

    from opsn_geo.publish.tables.sheets import Kind, Sheet
    from opsn_geo.study import Metadata

_FORMATS: Final[dict[Kind, ColumnFormat]] = {
    "text": {"num_format": "@", "align_vertical": "top"},
    "prose": {"num_format": "@", "align_vertical": "top", "wrap_text": True},
    "flag": {"align_horizontal": "center", "align_vertical": "top"},
    "day": {"num_format": "yyyy-mm-dd", "align_vertical": "top"},
    "whole": {"num_format": "#,##0", "align_vertical": "top"},
    "share": {"num_format": "0.0%", "align_vertical": "top"},
    "decimal": {"num_format": "#,##0.000", "align_vertical": "top"},
}
_HEADER: Final[HeaderFormat] = {
    "bold": True,
    "wrap_text": True,
    "bg_color": HEADER.upper(),
    "align_vertical": "top",
    "border_bottom": "thin",
}
_CORE: Final = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"\
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"\
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title>\
<dc:creator>opsn-geo</dc:creator><dc:language>{language}</dc:language>\
<dcterms:created xsi:type="dcterms:W3CDTF">{day}T00:00:00Z</dcterms:created>\
<dcterms:modified xsi:type="dcterms:W3CDTF">{day}T00:00:00Z</dcterms:modified></cp:coreProperties>
"""


def write(file: Path, sheets: Sequence[Sheet], metadata: Metadata) -> Path:
    """Write the sheets as an Excel workbook: typed cells, a header that stays in view, filters.

    No text is ever run as a formula or made into a link. The writing library dates its files; the day of
    the study takes the place of that date, so that the same sheets give the same bytes.

    Parameters
    ----------
    file : Path
        Where to write.
    sheets : sequence of Sheet
        As :func:`opsn_geo.publish.tables.sheets.sheets` gives them.
    metadata : Metadata
        Title, language and day for the properties of the file.
    """
    import xlsxturbo  # noqa: PLC0415 - only a run that publishes needs it

    made = io.BytesIO()
    frames = [(sheet.frame, sheet.title, _options(sheet)) for sheet in sheets]
    xlsxturbo.dfs_to_xlsx(frames, made, freeze_panes=True, header_format=_HEADER, compression_level=1)
    title = escape(metadata.title, {chr(code): "\ufffd" for code in range(32)})
    core = _CORE.format(title=title, language=metadata.language, day=metadata.date.isoformat())
    with zipfile.ZipFile(made) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped.write(file, members | {"docProps/core.xml": core.encode()})


def _options(sheet: Sheet) -> SheetOptions:
    """Return the formats, widths and filters of a sheet as the writing library wants them."""
    return {
        "column_formats": {
            header: _FORMATS[kind] for header, kind in zip(sheet.frame.columns, sheet.kinds, strict=True)
        },
        "column_widths": dict(enumerate(sheet.widths)),
        "autofilter": sheet.filtered,
    }
