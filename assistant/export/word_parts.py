"""What python-docx leaves to its XML: fields, bookmarks, repeated header rows, restarted lists, languages, text equivalents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

TEAL, GREY, SAND = "0B5D5B", "4F5B5D", "F0EDE3"
FONT = "Calibri"  # on every machine with Word; LibreOffice has its metric twin Carlito
THEME = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")  # would win over the font's name
SIZES = {"Normal": 10.5, "Title": 30, "Heading 1": 19, "Heading 2": 13, "Heading 3": 10.5, "List Bullet": 10.5, "List Number": 10.5}
SMALL = "Small"


def set_styles(document: Document) -> None:
    """Fonts, sizes and spaces of the styles that the report uses."""
    document.styles.add_style(SMALL, WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles["Normal"]
    for name, size in {**SIZES, SMALL: 8.5}.items():
        style: Any = document.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        fonts = style.element.rPr.rFonts
        for theme in THEME:
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        headline = name == "Title" or name.startswith("Heading")
        style.font.color.rgb = RGBColor.from_string(TEAL if headline else GREY if name == SMALL else "1D2B2E")
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(size * 0.9 if headline else 0), Pt(4)
        style.font.bold = headline


def set_language(document: Document, locale: str) -> None:
    """The language that spelling and screen readers go by."""
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), locale)
        language.set(qn("w:eastAsia"), locale)


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
            for part in (_mark("begin"), _text("w:instrText", ' TOC \\o "1-2" \\h \\n '), _mark("separate")):
                line.add_run()._r.append(part)
        _link(line, heading, f"_Toc{number:06}", number + 1)
    place.add_run()._r.append(_mark("end"))


def add_table(document: Document, headings: Sequence[str], widths: Sequence[float]) -> Table:
    """A table with a header row that is repeated on every page; widths in centimetres."""
    table = document.add_table(rows=1, cols=len(headings), style="Table Grid")
    table.autofit = False
    _rule(table)
    for cell, heading, width in zip(table.rows[0].cells, headings, widths, strict=True):
        shade(cell, TEAL)
        cell.width = Cm(width)
        run = cell.paragraphs[0].add_run(heading)
        run.bold, run.font.color.rgb, run.font.size = True, RGBColor(255, 255, 255), Pt(9)
    _flag(table.rows[0], "w:tblHeader")
    _flag(table.rows[0], "w:cantSplit")
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    return table


def add_row(table: Table, texts: Sequence[str], widths: Sequence[float], size: float = 9) -> list[_Cell]:
    """One more row of plain texts; its cells, for whatever else goes into them."""
    cells = list(table.add_row().cells)
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
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().val = 0
    properties.get_or_add_numId().val = number


def describe_picture(document: Document, text: str) -> None:
    """The text equivalent of the picture that was added last."""
    picture = document.inline_shapes[-1]._inline.docPr
    picture.set("descr", text)
    picture.set("title", text.split(".")[0])


def shade(cell: _Cell, colour: str) -> None:
    """Fill a cell with a colour."""
    shading = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shading.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shading)


def _rule(table: Table) -> None:
    """Thin lines between rows, none between columns."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        border = OxmlElement(f"w:{side}")
        border.set(qn("w:val"), "single" if side in ("bottom", "insideH") else "nil")
        border.set(qn("w:sz"), "4")
        border.set(qn("w:color"), "D8D3C4")
        borders.append(border)
    table._tbl.tblPr.append(borders)


def _flag(row: _Row, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _mark(kind: str) -> Any:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    return mark


def _text(tag: str, words: str) -> Any:
    text = OxmlElement(tag)
    text.set(qn("xml:space"), "preserve")
    text.text = words
    return text


def _link(line: Paragraph, heading: Paragraph, name: str, number: int) -> None:
    """A line that leads to a heading, which gets a bookmark."""
    for tag, where in (("w:bookmarkStart", 0), ("w:bookmarkEnd", None)):
        mark = OxmlElement(tag)
        mark.set(qn("w:id"), str(number))
        if where == 0:
            mark.set(qn("w:name"), name)
            first = heading._p.pPr
            first.addnext(mark) if first is not None else heading._p.insert(0, mark)
        else:
            heading._p.append(mark)
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), name)
    run = OxmlElement("w:r")
    run.append(_text("w:t", heading.text))
    link.append(run)
    line._p.append(link)
