"""Word and PDF: headings, contents, language, fonts and where pages break."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from assistant.export import export_bytes
from assistant.export.layout import CHECKLIST, FIRST_ROW, number_of
from assistant.export.paper import guidance_list
from assistant.i18n import tr
from assistant.models import StoredAnswer
from assistant.report import Report
from tests.exports import LANGUAGES, Files, book_of, make_answers, make_report, questionnaire_of, squeezed, text_of
from tests.forms import make_form, make_question

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def test_an_address_in_a_note_keeps_its_hyphens_where_the_pdf_breaks_it() -> None:
    form = make_form([make_question(f"q{number}") for number in range(9)], {"a": 1})
    address = "https://intranet.ejemplo.com/" + "-".join(["plan", "de", "recuperacion", "ante", "desastres"] * 6)
    answers = {question.id: StoredAnswer(question.id, "s1", note=f"{'x' * n} {address}", version=1) for n, question in enumerate(form.questions)}
    text = squeezed(text_of(".pdf", export_bytes(make_report(form, answers), ".pdf", "es")))
    assert text.count(address) == len(answers)


def test_a_checklist_without_gaps_says_so_and_leaves_no_empty_page() -> None:
    from docx import Document

    report = make_report(LANGUAGES["es"], {})
    sheet = book_of(export_bytes(report, ".xlsx", "es"))["Lista de brechas"]
    assert sheet.cell(FIRST_ROW, number_of(CHECKLIST, "action")).value == tr("export.no_gaps", "es")
    document = Document(BytesIO(export_bytes(report, ".docx", "es")))
    answers = next(line for line in document.paragraphs if line.text == tr("export.answers", "es") and line.style and line.style.name == "Heading 1")
    assert answers.paragraph_format.page_break_before is False
    assert answers.paragraph_format.space_before is not None and answers.paragraph_format.space_before.pt >= 12


def test_word_has_real_headings_contents_page_numbers_and_repeated_header_rows(files: Files) -> None:
    from docx import Document

    document = Document(BytesIO(files["es", ".docx"]))
    chapters = [paragraph.text for paragraph in document.paragraphs if paragraph.style and paragraph.style.name == "Heading 1"]
    assert chapters == ["Contenido", "Resumen", "Qué hacer primero", "Lista de brechas", "Respuestas", "Fuentes", "Método y límites"]
    body = document.element.body
    assert any("TOC" in (code.text or "") for code in body.iter(f"{W}instrText"))
    anchors = [link.get(f"{W}anchor") for link in body.iter(f"{W}hyperlink")]
    assert len(anchors) > 10 and set(anchors) == {mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")}
    for section in document.sections:
        assert [code.text for code in section.footer._element.iter(f"{W}instrText")] == ["PAGE", "NUMPAGES"]
    headed = [table for table in document.tables if len(table.columns) > 2]
    assert len(headed) > 5 and all(table._tbl.tr_lst[0].find(f"{W}trPr/{W}tblHeader") is not None for table in headed)


def test_a_sections_heading_and_figures_go_with_its_first_question(reports: dict[str, Report], files: Files) -> None:
    from docx import Document

    lines = Document(BytesIO(files["es", ".docx"])).paragraphs
    answers = next(n for n, line in enumerate(lines) if line.text == tr("export.answers", "es") and line.style and line.style.name == "Heading 1")
    for section in reports["es"].sections:
        place = next(n for n, line in enumerate(lines) if n > answers and line.text == section.title)
        assert lines[place + 1].paragraph_format.keep_with_next and "100" in lines[place + 1].text


def test_words_chart_has_a_text_equivalent_and_the_document_a_language_a_title_and_its_font(reports: dict[str, Report], files: Files) -> None:
    from docx import Document

    for language, locale in (("es", "es-ES"), ("en", "en-GB")):
        document = Document(BytesIO(files[language, ".docx"]))
        described = document.inline_shapes[0]._inline.docPr.get("descr")
        assert all(section.title in described for section in reports[language].sections if section.score is not None)
        assert {element.get(f"{W}val") for element in document.styles.element.iter(f"{W}lang")} == {locale}
        assert document.core_properties.language == locale and "Nómina" in document.core_properties.title
        fonts = [str(part.partname) for part in document.part.package.iter_parts() if str(part.partname).endswith(".odttf")]
        assert len(fonts) == 2


def test_the_pdf_is_tagged_titled_bookmarked_and_carries_its_font(files: Files) -> None:
    from pypdf import PdfReader

    for language in LANGUAGES:
        chapters = [tr(f"export.{name}", language) for name in ("summary", "first", "checklist", "answers", "sources", "method")]
        pdf = PdfReader(BytesIO(files[language, ".pdf"]))
        root: Any = pdf.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"] and root["/StructTreeRoot"] and root["/Lang"].startswith(language)
        assert pdf.metadata and "Nómina" in str(pdf.metadata.title) and b"pdfuaid:part" in root["/Metadata"].get_data()
        outline = [entry.title for entry in pdf.outline if not isinstance(entry, list)]
        assert [title for title in outline if title in chapters] == chapters
        fonts = [font.get_object() for page in pdf.pages for font in page["/Resources"]["/Font"].values()]
        inner = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
        assert inner and all("/FontFile2" in font or "/FontFile3" in font for font in inner)
        assert re.search(rf"1?\d\D+{len(pdf.pages)}\b", pdf.pages[8].extract_text())


def test_a_row_of_the_pdfs_sources_is_never_split_between_pages() -> None:
    from pypdf import PdfReader

    form = questionnaire_of("readiness")
    report = make_report(form, make_answers(form), "en")  # rows that could be split would be, twice
    pages = [squeezed(page.extract_text()) for page in PdfReader(BytesIO(export_bytes(report, ".pdf", "en"))).pages]
    rows = [squeezed("".join(row)) for row in guidance_list(report.answers, "en")]
    assert len(rows) > 10 and [row for row in rows if not any(row in page for page in pages)] == []
