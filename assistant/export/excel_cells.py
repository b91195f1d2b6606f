"""How the exported workbook's cells look, and how text gets into them without ever becoming a formula."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from textwrap import wrap
from typing import Any

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from assistant.export.layout import HEADING_ROW, KEY_ROW, Column
from assistant.export.paper import Paper

FONT, INK, GREY, TEAL, EDITABLE = "Calibri", "1D2B2E", "4F5B5D", "0B5D5B", "2A6FA3"
SAND, BLUE, RED, AMBER, GREEN = "F0EDE3", "E3EEF7", "F6D5CF", "FBEBC8", "DCEBD8"
A4 = 9
NUMERIC = ("rank", "priority", "weight", "points")
FORMULA_STARTS = ("=", "+", "-", "@")
TEXT = Alignment(vertical="top", horizontal="left", wrap_text=True, indent=1)
LINE, HIGHEST = 12.8, 409.0  # points; of 10-point text, of a row in Excel
ROOM = 1.2  # characters of 10 points to a unit of width; 1.15 in bold and 1.3 in plain Spanish, measured in Carlito
BOLD = 1.15  # how much wider bold letters are taken to be, to be on the safe side
CELL_LIMIT = 32767  # characters that Excel keeps


def put(sheet: Worksheet, row: int, column: int, value: Any, *, size: float = 10, bold: bool = False, colour: str = INK) -> Any:
    """Write one value; text stays text, whatever it starts with, and a number stands in the middle."""
    cell: Any = sheet.cell(row, column)
    if isinstance(value, str):
        cell.value = value[:CELL_LIMIT]
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA_STARTS)
    else:
        cell.value = value
    cell.font = Font(name=FONT, size=size, bold=bold, color=colour)
    cell.alignment = Alignment(vertical="top", wrap_text=True, horizontal="center") if isinstance(value, int | float) else TEXT
    return cell


def put_formula(sheet: Worksheet, row: int, column: int, formula: str, number_format: str) -> None:
    """Write a formula of ours."""
    cell = put(sheet, row, column, None)
    cell.value, cell.number_format = formula, number_format
    cell.alignment = Alignment(vertical="top", horizontal="center")


def put_date(sheet: Worksheet, row: int, column: int, day: date | None, number_format: str) -> None:
    """Write a real date."""
    cell = put(sheet, row, column, day)
    cell.number_format = number_format
    cell.alignment = TEXT


def titled(title: str, text: str) -> CellRichText:
    """A bold first line with more text below it."""
    return CellRichText(TextBlock(InlineFont(rFont=FONT, sz=10, b=True), f"{title}\n"), TextBlock(InlineFont(rFont=FONT, sz=10), text))


def put_headings(sheet: Worksheet, columns: Sequence[Column], words: dict[str, str]) -> None:
    """The hidden keys and the headings of a sheet that can be imported again, with widths, filter and frozen rows."""
    for number, column in enumerate(columns, start=1):
        put(sheet, KEY_ROW, number, column.key)
        heading(sheet, HEADING_ROW, number, words[column.key], EDITABLE if column.editable else TEAL, column.key in NUMERIC)
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width, dimension.hidden = column.width, column.hidden
    fit_height(sheet, HEADING_ROW, [column.width for column in columns])
    sheet.row_dimensions[KEY_ROW].hidden = True
    sheet.freeze_panes = f"A{HEADING_ROW + 1}"
    sheet.print_title_rows = f"{HEADING_ROW}:{HEADING_ROW}"


def heading(sheet: Worksheet, row: int, column: int, text: str, colour: str = TEAL, numeric: bool = False) -> None:
    """One heading of a table; that of numbers stands in the middle, as they do."""
    cell = put(sheet, row, column, text, bold=True, colour="FFFFFF")
    cell.fill = fill(colour)
    cell.alignment = Alignment(vertical="center", horizontal="center" if numeric else "left", wrap_text=True, indent=0 if numeric else 1)


def fit_height(sheet: Worksheet, row: int, widths: Sequence[float]) -> None:
    """Make a row as high as its longest text needs, for programs that do not do so by themselves."""
    filled = [(cell, width) for cell, width in zip(sheet[row], widths, strict=False) if cell.value is not None]
    heights = [_height(str(cell.value), width, (cell.font.sz or 10) * (BOLD if cell.font.b else 1)) for cell, width in filled]
    sheet.row_dimensions[row].height = min(HIGHEST, max(heights, default=LINE) + 3)


def rule_row(sheet: Worksheet, row: int, first: int, last: int) -> None:
    """A thin line below a row of a table."""
    for column in range(first, last + 1):
        sheet.cell(row, column).border = Border(bottom=Side(style="thin", color="D8D3C4"))


def fill(colour: str) -> PatternFill:
    """A plain background."""
    return PatternFill("solid", start_color=colour, end_color=colour)


def colour_where(sheet: Worksheet, cells: str, formula: str, colour: str) -> None:
    """Colour cells where a formula holds."""
    if cells:
        rule = Rule(type="expression", formula=[formula], dxf=DifferentialStyle(fill=fill(colour)))
        sheet.conditional_formatting.add(cells, rule)


def quoted(text: str) -> str:
    """Text as a constant in a formula."""
    return '"' + text.replace('"', '""') + '"'


def set_print(sheet: Worksheet, paper: Paper, landscape: bool = True, pages: int = 0) -> None:
    """A4, as wide as the page and on as many as it takes unless their number is given; what it is above, edition and page below."""
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, pages
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top = margins.bottom = 0.7
    margins.header = margins.footer = 0.35  # inches from the edge; further in they touch the table
    above, below = sheet.HeaderFooter.oddHeader, sheet.HeaderFooter.oddFooter
    assert above is not None and below is not None
    above.left.text = _plain(f"{sheet.title} · {paper.imprint}")
    below.left.text = _plain(paper.footer)
    below.right.text = f"{paper.words['page']} &P {paper.words['page_of']} &N"
    sheet.sheet_view.showGridLines = False


def _height(text: str, width: float, size: float) -> float:
    """Points that a text takes, with some to spare."""
    room = max(4, int((width - 1) * ROOM * 10 / size))
    lines = sum(max(1, len(wrap(line, room))) for line in text.split("\n")) if not text.startswith("=") else 1
    return lines * LINE * size / 10


def _plain(text: str) -> str:
    """Header text in which no sign is an instruction; Excel takes 255 characters in all."""
    return text[:200].replace("&", "&&").replace("\n", " ")
