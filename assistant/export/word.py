"""The report as a Word document: real headings, a table of contents, repeated header rows, a described chart."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from docx import Document as new_document
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.shared import Cm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from assistant.export.fonts import embed_fonts
from assistant.export.paper import Paper, PaperAnswer, PaperGap, PaperSection
from assistant.export.pdf import chart_png
from assistant.export.word_parts import (
    SAND,
    SMALL,
    SMALL_NUMBER,
    add_contents,
    add_field,
    add_row,
    add_table,
    describe_picture,
    plain_table,
    restart_numbers,
    set_language,
    set_styles,
    shade,
    use_numbers,
)

LONG_TITLE = 60  # characters from which the cover's title is set smaller
TEXT_WIDTH, WIDE_WIDTH = 16.6, 26.5  # centimetres between the margins, upright and turned
SECTION_WIDTHS = (7.2, 1.4, 2.0, 3.5, 2.4)
GAP_WIDTHS = (0.9, 9.2, 2.6, 2.2, 2.0, 1.8, 7.8)
FACT_WIDTHS = (5.4, 11.1)
GUIDANCE_WIDTHS = (5.2, 6.5, 4.8)
CLAUSE_WIDTHS = (2.9, 10.8, 2.8)


def word_bytes(paper: Paper) -> bytes:
    """The report as .docx."""
    document = new_document()
    set_styles(document)
    set_language(document, paper.locale)
    embed_fonts(document)
    _set_properties(document, paper)
    _set_page(document, paper)
    _cover(document, paper)
    document.add_heading(paper.words["contents"], 1)
    contents = document.add_paragraph()
    _summary(document, paper)
    _first(document, paper)
    _checklist(document, paper)
    _answers(document, paper)
    _sources(document, paper)
    _method(document, paper)
    headings = [p for p in document.paragraphs if p.style is not None and p.style.name in ("Heading 1", "Heading 2")]
    add_contents(contents, headings[1:])
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _set_properties(document: Document, paper: Paper) -> None:
    about = document.core_properties
    about.title = f"{paper.words['report']}: {paper.title}"[:255]
    about.subject, about.author, about.language, about.comments, about.keywords = paper.imprint[:255], paper.brand, paper.locale, "", ""


def _set_page(document: Document, paper: Paper) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin, section.bottom_margin = Cm(2.1), Cm(1.8)
    section.different_first_page_header_footer = True
    section.header.paragraphs[0].text = paper.imprint
    section.header.paragraphs[0].style = document.styles[SMALL]
    _page_numbers(document, paper, TEXT_WIDTH)


def _page_numbers(document: Document, paper: Paper, width: float) -> None:
    """The footer of the last section: edition and version, page of pages."""
    document.sections[-1].footer.is_linked_to_previous = False
    footer = document.sections[-1].footer.paragraphs[0]
    footer.style = document.styles[SMALL]
    footer.paragraph_format.tab_stops.add_tab_stop(Cm(width), WD_TAB_ALIGNMENT.RIGHT)
    footer.add_run(f"{paper.footer}\t{paper.words['page']} ")
    add_field(footer, "PAGE")
    footer.add_run(f" {paper.words['page_of']} ")
    add_field(footer, "NUMPAGES")


def _cover(document: Document, paper: Paper) -> None:
    kicker = document.add_paragraph()
    kicker.paragraph_format.space_before = Pt(120)
    kicker.add_run(f"{paper.brand} · {paper.words['report']}").bold = True
    title = document.add_paragraph(style="Title").add_run(paper.title)
    if len(paper.title) > LONG_TITLE:
        title.font.size = Pt(20)
    _result(document, paper, paper.lines[:1])
    document.add_paragraph().paragraph_format.space_after = Pt(150)
    _pairs(document, paper.facts)


def _result(document: Document, paper: Paper, lines: Sequence[str]) -> None:
    """The level and some of the figures in a shaded box."""
    table = plain_table(document, [TEXT_WIDTH - 0.1])
    cell = add_row(table, [""], [TEXT_WIDTH - 0.1])[0]
    shade(cell, SAND)
    level = cell.paragraphs[0].add_run(paper.level)
    level.bold, level.font.size = True, Pt(14)
    for line in lines:
        cell.add_paragraph(line)


def _pairs(document: Document, pairs: Sequence[tuple[str, str]]) -> None:
    """Labels and values, a row each."""
    table = plain_table(document, FACT_WIDTHS)
    for label, value in pairs:
        cells = add_row(table, (label, value), FACT_WIDTHS, 10)
        cells[0].paragraphs[0].style = document.styles[SMALL]


def _summary(document: Document, paper: Paper) -> None:
    document.add_heading(paper.words["summary"], 1)
    _result(document, paper, paper.lines)
    if paper.reasons:
        reason = document.add_paragraph()
        reason.paragraph_format.space_before = Pt(8)
        reason.add_run(paper.words["reason"]).bold = True
        for question in paper.reasons:
            document.add_paragraph(question, style="List Bullet")
    document.add_heading(paper.words["chart"], 2)
    document.add_picture(BytesIO(chart_png(paper)), width=Cm(16.4))
    describe_picture(document, paper.chart_text)
    document.add_paragraph(paper.words["chart_note"], style=SMALL)
    _sections(document, paper)


def _sections(document: Document, paper: Paper) -> None:
    headings = [paper.words[name] for name in ("section", "weight", "score", "interval", "coverage")]
    table = add_table(document, headings, SECTION_WIDTHS)
    for s in paper.sections:
        add_row(table, (s.title, s.weight, s.score, s.interval, s.coverage), SECTION_WIDTHS)


def _first(document: Document, paper: Paper) -> None:
    document.add_heading(paper.words["first"], 1)
    document.add_paragraph(paper.first_note)
    for gap in paper.first:
        document.add_heading(f"{gap.rank}. {gap.title}", 2)
        begun = len(document.paragraphs)
        document.add_paragraph().add_run(f"{gap.owner} · {gap.due} · {gap.status} · {paper.words['effort']}: {gap.effort}").bold = True
        _steps(document, gap, document, "List Number")
        _labelled(document.add_paragraph(), paper.words["done_when"], gap.done_when)
        _labelled(document.add_paragraph(), paper.words["question"], f"{gap.answer.question} {paper.words['answer']}: {gap.answer.answer}")
        _basis(document, gap.answer, document)
        for paragraph in document.paragraphs[begun:-1]:
            paragraph.paragraph_format.keep_with_next = True  # an action stays on one page


def _checklist(document: Document, paper: Paper) -> None:
    if not paper.gaps:
        return
    _turn(document, paper, WD_ORIENT.LANDSCAPE)
    document.add_heading(paper.words["checklist"], 1)
    headings = [paper.words[name] for name in ("rank", "action", "owner", "due", "status", "priority", "basis")]
    table = add_table(document, headings, GAP_WIDTHS)
    for gap in paper.gaps:
        cells = add_row(table, (gap.rank, "", gap.owner, gap.due, gap.status, gap.priority, ""), GAP_WIDTHS, 8.5)
        _gap(document, paper, gap, cells[1])
        _basis(document, gap.answer, cells[6])
    _turn(document, paper, WD_ORIENT.PORTRAIT)


def _gap(document: Document, paper: Paper, gap: PaperGap, cell: _Cell) -> None:
    title = cell.paragraphs[0].add_run(gap.title)
    title.bold, title.font.size = True, Pt(9)
    place = f"{gap.section} · {gap.answer.importance} · {gap.answer.question} {paper.words['answer']}: {gap.answer.answer}"
    cell.add_paragraph(place, style=SMALL)
    _steps(document, gap, cell, SMALL_NUMBER)
    _labelled(cell.add_paragraph(), paper.words["done_when"], gap.done_when, 8.5)


def _turn(document: Document, paper: Paper, orientation: WD_ORIENT) -> None:
    """Go on in a new section with the page turned."""
    wide = orientation == WD_ORIENT.LANDSCAPE
    before = document.sections[-1]
    width, height = before.page_width, before.page_height
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation, section.page_width, section.page_height = orientation, height, width
    section.left_margin = section.right_margin = Cm(1.6 if wide else 2.2)
    section.different_first_page_header_footer = False
    _page_numbers(document, paper, WIDE_WIDTH if wide else TEXT_WIDTH)


def _answers(document: Document, paper: Paper) -> None:
    heading = document.add_heading(paper.words["answers"], 1)
    if not paper.gaps:  # one line alone would leave a page empty
        heading.paragraph_format.page_break_before, heading.paragraph_format.space_before = False, Pt(24)
    if paper.profile:
        document.add_heading(paper.words["profile"], 2)
        _pairs(document, paper.profile)
    for section in paper.sections:
        _section(document, paper, section)


def _section(document: Document, paper: Paper, section: PaperSection) -> None:
    document.add_heading(section.title, 2)
    figures = document.add_paragraph(f"{section.line}. {paper.words['coverage']}: {section.coverage}.")
    figures.paragraph_format.keep_with_next = True  # else section and figures alone may end a page
    for answer in section.answers:
        document.add_heading(answer.question, 3)
        line = document.add_paragraph()
        line.paragraph_format.keep_with_next = True
        line.add_run(answer.answer).bold = True
        points = f" · {paper.words['points']}: {answer.points}" if answer.points else ""
        line.add_run(f"{points} · {answer.importance}")
        if answer.na_reason:
            _labelled(document.add_paragraph(), paper.words["na_reason"], answer.na_reason)
        if answer.note:
            _labelled(document.add_paragraph(), paper.words["note"], answer.note)
        _basis(document, answer, document)


def _sources(document: Document, paper: Paper) -> None:
    document.add_heading(paper.words["sources"], 1)
    document.add_heading(paper.words["guide_sources"], 2)
    table = add_table(document, [paper.words[name] for name in ("document", "sections", "origin")], GUIDANCE_WIDTHS)
    for row in paper.guidance:
        add_row(table, row, GUIDANCE_WIDTHS)
    if paper.standards:
        document.add_heading(paper.words["standards"], 2)
    for standard, clauses in paper.standards:
        document.add_heading(standard, 3)
        table = add_table(document, [paper.words[name] for name in ("clause", "gist", "as_of")], CLAUSE_WIDTHS)
        for clause in clauses:
            add_row(table, clause, CLAUSE_WIDTHS)


def _method(document: Document, paper: Paper) -> None:
    document.add_heading(paper.words["method"], 1)
    for title, text in paper.method:
        document.add_heading(title, 3)
        document.add_paragraph(text)


def _steps(document: Document, gap: PaperGap, place: Document | _Cell, style: str) -> None:
    number = restart_numbers(document)
    for step in gap.steps:
        paragraph = place.add_paragraph(step, style=document.styles[style])
        paragraph.paragraph_format.space_after = Pt(1)
        use_numbers(paragraph, number)


def _labelled(paragraph: Paragraph, label: str, text: str, size: float = 10.5) -> None:
    name, words = paragraph.add_run(f"{label}: "), paragraph.add_run(text)
    name.bold, name.font.size, words.font.size = True, Pt(size - 1), Pt(size)


def _basis(document: Document, answer: PaperAnswer, place: Document | _Cell) -> None:
    """The citations and clauses of an answer; a cell's first paragraph is there already."""
    lines = [*answer.guidance, *(["; ".join(answer.clauses)] if answer.clauses else [])]
    if isinstance(place, _Cell) and lines:
        place.paragraphs[0].style = document.styles[SMALL]
        place.paragraphs[0].add_run(lines.pop(0))
    for line in lines:
        place.add_paragraph(line, style=document.styles[SMALL])
