"""What python-docx leaves to its XML: fields, bookmarks, repeated header rows, restarted lists, languages, text equivalents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph

from assistant.export.fonts import FAMILY

TEAL, INK, GREY, SAND, RULE = "0B5D5B", "1D2B2E", "4F5B5D", "F0EDE3", "D8D3C4"
LONG_ROW = 1000  # characters from which a row may be split between pages
THEME = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")  # would win over the font's name
SMALL, SMALL_NUMBER = "Small", "Small Number"
SIZES = {
    "Normal": 10.5, "Title": 30, "Heading 1": 19, "Heading 2": 13, "Heading 3": 10.5, "List Bullet": 10.5, "List Number": 10.5,
    SMALL: 8.5, SMALL_NUMBER: 8.5,
}  # fmt: skip
HEADLINES = ("Title", "Heading 1", "Heading 2", "Heading 3")


def set_styles(document: Document) -> None:
    """Fonts, sizes and spaces of the styles that the report uses."""
    for name, base in ((SMALL, "Normal"), (SMALL_NUMBER, "List Number")):
        document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles[base]
    for name, size in SIZES.items():
        style: Any = document.styles[name]
        style.font.name, style.font.size, style.font.bold = FAMILY, Pt(size), name in HEADLINES
        for theme in THEME:
            style.element.rPr.rFonts.attrib.pop(qn(f"w:{theme}"), None)
        style.font.color.rgb = RGBColor.from_string(TEAL if name in HEADLINES else GREY if name == SMALL else INK)
        style.paragraph_format.space_before = Pt(size * 0.9 if name in HEADLINES[2:] else 0)
        style.paragraph_format.line_spacing = 1.0
        style.paragraph_format.space_after = Pt(8 if name in HEADLINES[:2] else 4)
    document.styles["Heading 1"].paragraph_format.page_break_before = True
    title: Any = document.styles["Title"].element.pPr
    title.remove(title.find(qn("w:pBdr")))


def set_language(document: Document, locale: str) -> None:
    """The language that spelling and screen readers go by."""
    for root, tag in ((document.styles.element, "w:lang"), (document.settings.element, "w:themeFontLang")):
        for language in root.iter(qn(tag)):
            language.set(qn("w:val"), locale)


def add_field(paragraph: Paragraph, instruction: str, shown: str = "1") -> None:
    """A field such as PAGE, with what it shows until it is updated."""
    for part in (_mark("begin"), _text("w:instrText", instruction), _mark("separate"), _text("w:t", shown), _mark("end")):
        paragraph.add_run()._r.append(part)


def add_contents(place: Paragraph, headings: Sequence[Paragraph]) -> None:
    """A table of contents before `place`: a field that Word can update, filled with links to the headings."""
    for number, heading in enumerate(headings):
        line = place.insert_paragraph_before()
        line.paragraph_format.left_indent = Cm(0.6 if str(heading.style.name if heading.style else "").endswith("2") else 0)
        line.paragraph_format.space_after = Pt(2)
        if number == 0:
            for part in (_mark("begin"), _text("w:instrText", ' TOC \\o "1-2" \\h \\z \\u '), _mark("separate")):
                line.add_run()._r.append(part)
        _link(line, heading, f"_Toc{number:06}", number + 1)
    place.add_run()._r.append(_mark("end"))


def add_table(document: Document, headings: Sequence[str], widths: Sequence[float]) -> Any:
    """A table with a header row that is repeated on every page; widths in centimetres."""
    table = plain_table(document, widths)
    table.add_row()
    for cell, heading, width in zip(table.rows[0].cells, headings, widths, strict=True):
        shade(cell, TEAL)
        cell.paragraphs[0].paragraph_format.space_after = Pt(1)
        cell.width = Cm(width)
        run = cell.paragraphs[0].add_run(heading)
        run.bold, run.font.color.rgb, run.font.size = True, RGBColor(255, 255, 255), Pt(9)
    _flag(table.rows[0], "w:cantSplit")
    _flag(table.rows[0], "w:tblHeader")
    return table


def plain_table(document: Document, widths: Sequence[float]) -> Any:
    """A table without rows yet, in line with the text, with thin lines between rows."""
    table: Any = document.add_table(rows=0, cols=len(widths))
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    _rule(table)
    return table


def add_row(table: Any, texts: Sequence[str], widths: Sequence[float], size: float = 9) -> list[_Cell]:
    """One more row of plain texts, kept on one page unless it is long; its cells, for whatever else goes into them."""
    row = table.add_row()
    if sum(map(len, texts)) < LONG_ROW:
        _flag(row, "w:cantSplit")
    cells = list(row.cells)
    for cell, text, width in zip(cells, texts, widths, strict=True):
        cell.width = Cm(width)
        cell.paragraphs[0].paragraph_format.space_after = Pt(1)
        if text:
            cell.paragraphs[0].add_run(text).font.size = Pt(size)
    return cells


def restart_numbers(document: Document) -> Any:
    """The id of a new numbered list that starts at 1."""
    numbering = document.part.numbering_part.element
    style: Any = document.styles["List Number"]
    pattern = numbering.num_having_numId(style.element.pPr.numPr.numId.val).abstractNumId.val
    number = numbering.add_num(pattern)
    number.add_lvlOverride(ilvl=0).add_startOverride(1)
    return number.numId


def use_numbers(paragraph: Paragraph, number: Any) -> None:
    """Make the paragraph an item of that list."""
    settings: Any = paragraph._p.get_or_add_pPr()
    properties = settings.get_or_add_numPr()
    properties.get_or_add_ilvl().val = 0
    properties.get_or_add_numId().val = number


def describe_picture(document: Document, text: str) -> None:
    """The text equivalent of the picture that was added last."""
    inline = document.inline_shapes[-1]._inline
    inline.docPr.set("descr", text)
    for side in ("distT", "distB", "distL", "distR"):
        inline.set(side, "0")


def shade(cell: _Cell, colour: str) -> None:
    """Fill a cell with a colour."""
    cell._tc.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill=colour))


def _rule(table: Any) -> None:
    """Thin lines between rows, room above and below the text, edges in line with it."""
    borders, margins = OxmlElement("w:tblBorders"), OxmlElement("w:tblCellMar")
    for side in ("bottom", "insideH"):
        borders.append(_element(f"w:{side}", val="single", sz="4", color=RULE))
    for side, room in (("top", "35"), ("left", "100"), ("bottom", "35"), ("right", "100")):
        margins.append(_element(f"w:{side}", w=room, type="dxa"))
    properties = table._tbl.tblPr
    layout = properties.find(qn("w:tblLayout"))
    for part in (_element("w:tblInd", w="100", type="dxa"), borders):
        layout.addprevious(part)
    layout.addnext(margins)


def _flag(row: _Row, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _mark(kind: str) -> Any:
    return _element("w:fldChar", fldCharType=kind)


def _element(tag: str, **values: str) -> Any:
    element = OxmlElement(tag)
    for name, value in values.items():
        element.set(qn(f"w:{name}"), value)
    return element


def _text(tag: str, words: str) -> Any:
    text = OxmlElement(tag)
    text.set(qn("xml:space"), "preserve")
    text.text = words
    return text


def _link(line: Paragraph, heading: Paragraph, name: str, number: int) -> None:
    """A line that leads to a heading, which gets a bookmark."""
    heading._p.get_or_add_pPr().addnext(_element("w:bookmarkStart", id=str(number), name=name))
    heading._p.append(_element("w:bookmarkEnd", id=str(number)))
    link = _element("w:hyperlink", anchor=name)
    run = OxmlElement("w:r")
    run.append(_text("w:t", heading.text))
    link.append(run)
    line._p.append(link)
