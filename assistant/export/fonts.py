"""The font that reports carry with them: Source Sans Pro, SIL Open Font License, from the package font-source-sans-pro."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from docx.document import Document

FAMILY = "Source Sans Pro"
FACES = {"embedRegular": "SourceSansPro-Regular.ttf", "embedBold": "SourceSansPro-Bold.ttf"}  # as Word calls them
KIND = "application/vnd.openxmlformats-officedocument.obfuscatedFont"
HIDDEN = 32  # bytes at the start of an embedded font that the standard masks (ECMA-376, part 4, 17.8.1)


def font_folder() -> Path:
    """Where the font's files are."""
    with as_file(files("font_source_sans_pro") / "files") as folder:
        return folder


def embed_fonts(document: Document) -> None:
    """Put the font into the document, so that it looks the same where the font is not installed."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.oxml import serialize_part_xml
    from docx.oxml import OxmlElement, parse_xml
    from docx.oxml.ns import qn

    table = document.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    root = parse_xml(table.blob)
    font = OxmlElement("w:font")
    font.set(qn("w:name"), FAMILY)
    for number, (kind, name) in enumerate(FACES.items(), start=1):
        font.append(_face(table, kind, name, number))
    root.append(font)
    table._blob = serialize_part_xml(root)
    zoom = document.settings.element.find(qn("w:zoom"))
    zoom.addnext(OxmlElement("w:embedTrueTypeFonts"))


def _face(table: Any, kind: str, name: str, number: int) -> Any:
    """One face as a part of the document, masked with a key that the font table states."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    key = uuid5(NAMESPACE_URL, name)
    content = (font_folder() / name).read_bytes()
    mask = key.bytes[::-1] * 2
    masked = bytes(byte ^ other for byte, other in zip(content[:HIDDEN], mask, strict=True)) + content[HIDDEN:]
    part = Part(PackURI(f"/word/fonts/font{number}.odttf"), KIND, masked, table.package)
    element = OxmlElement(f"w:{kind}")
    element.set(qn("r:id"), table.relate_to(part, RELATIONSHIP_TYPE.FONT))
    element.set(qn("w:fontKey"), f"{{{str(key).upper()}}}")
    return element
