"""The report as a tagged PDF, and its bar chart as a picture, set by Typst from `report.typ` and `chart_image.typ`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assistant.export.fonts import FAMILY, font_folder
from assistant.export.paper import Paper

if TYPE_CHECKING:
    from typst import Fonts

HERE = Path(__file__).parent
PIXELS = 220.0  # of the chart, to the inch


def pdf_bytes(paper: Paper) -> bytes:
    """The report as PDF/UA-1; as plain tagged PDF, with the machine's own fonts, where a note has characters that our font lacks."""
    import typst

    try:
        return _set("report.typ", paper, _fonts(False), "pdf", "ua-1")
    except typst.TypstError:
        return _set("report.typ", paper, _fonts(True), "pdf")


def chart_png(paper: Paper) -> bytes:
    """The bar chart at twice the resolution of a screen."""
    return _set("chart_image.typ", paper, _fonts(False), "png")


def _set(template: str, paper: Paper, fonts: Fonts, kind: Literal["pdf", "png"], standard: Literal["ua-1"] | None = None) -> bytes:
    import typst

    values = asdict(paper) | {"chart_text": paper.chart_text, "first_note": paper.first_note}
    inputs = {"paper": json.dumps(values), "font": FAMILY}
    return typst.compile(HERE / template, root=HERE, font_paths=fonts, sys_inputs=inputs, format=kind, ppi=PIXELS, pdf_standards=standard)


def _fonts(everywhere: bool) -> Fonts:
    """Our font alone, or with whatever else there is for what it lacks."""
    import typst

    return typst.Fonts(include_system_fonts=everywhere, include_embedded_fonts=everywhere, font_paths=[font_folder()])
