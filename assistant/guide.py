"""The readable guide: Markdown topics with front matter, their sections as citable passages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import AssistantError
from assistant.i18n import by_preference
from assistant.models import Passage, Sentence, Source, Topic

FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.S)
# What no sentence to be cited holds: marks of ours, links, images, tags, code, tables, mail addresses, characters that hide words or turn them.
NOT_PLAIN = re.compile(
    r"\[\d|https?:|www\.|\]\(|\]\[|\]:|!\[|<\s*[a-z/!|]|`|\||\w@\w|[{}]|[\U000E0000-\U000E007F\u200b-\u200f\u202a-\u202e\u2066-\u2069]", re.I
)
BLOCKS = re.compile(r"inline|(heading|paragraph|bullet_list|list_item)_(open|close)")
HEADING = re.compile(r"(?P<title>.+?)\s*\{#(?P<anchor>[a-z0-9-]+)\}\s*")
CATEGORIES = (
    "preparacion", "proveedor", "contrato", "gobierno", "continuidad", "datos", "ciberseguridad",
    "personas", "talento", "ia", "tecnologia", "cliente", "producto", "normas",
)  # fmt: skip
Category = Literal[
    "preparacion", "proveedor", "contrato", "gobierno", "continuidad", "datos", "ciberseguridad",
    "personas", "talento", "ia", "tecnologia", "cliente", "producto", "normas",
]  # fmt: skip


class SourceEntry(BaseModel):
    """One origin of a topic's facts; `sections` names the anchors that rest on it, none: all the others."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = Field(min_length=3)
    publisher: str | None
    year: int | None = Field(ge=1900, le=2100)
    kind: Literal["article", "law", "standard", "secondary", "own", "document"]
    sections: list[str] = []


class FrontMatter(BaseModel):
    """What every topic file must say of itself."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str = Field(min_length=3)
    language: str = Field(pattern=r"^[a-z]{2}$")
    topics: list[Category] = Field(min_length=1, max_length=2)
    summary: str = Field(min_length=20)
    sources: list[SourceEntry] = Field(min_length=1)
    reviewed: date
    licence: str
    asks: dict[str, Annotated[list[str], Field(min_length=3, max_length=6)]]


def load_guide(corpus: Path, language: str) -> list[Topic]:
    """All topics of one language in the order of their files' names.

    Raises AssistantError `topic_file`, naming file and field, at the first file that breaks a rule.
    """
    topics = [load_topic(path) for path in sorted((corpus / language).glob("*.md"))]
    for topic in topics:
        if topic.language != language:
            raise AssistantError("topic_file", file=f"{language}/{topic.id}.md", field="language", reason=f"{topic.language} != {language}")
    return topics


def guide_languages(corpus: Path) -> tuple[str, ...]:
    """Languages in which the guide has topics."""
    return tuple(sorted(folder.name for folder in corpus.iterdir() if any(folder.glob("*.md")))) if corpus.is_dir() else ()


def find_sections(corpus: Path, ids: Iterable[str], language: str) -> dict[str, Passage]:
    """Sections by passage id, in the language where the guide has them, else in another; unknown ids are left out."""
    order = by_preference(guide_languages(corpus), language)
    missing, found = set(ids), dict[str, Passage]()
    for document in sorted({i.partition("#")[0] for i in missing}):
        for path in (corpus / code / f"{document}.md" for code in order):
            if path.is_file() and any(i.startswith(f"{document}#") for i in missing):
                found |= {passage.id: passage for passage in load_topic(path).passages if passage.id in missing}
                missing -= found.keys()
    return found


def guide_edition(corpus: Path) -> str:
    """A short hash of every topic file, the same wherever the guide lies."""
    digest = hashlib.sha256()
    for path in sorted(corpus.glob("*/*.md")):
        digest.update(f"{path.parent.name}/{path.name}".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def load_topic(path: Path) -> Topic:
    """Parse and check one topic file."""
    text = _read(path)
    matter = FRONT_MATTER.match(text)
    front = _front_matter(path, matter.group(1) if matter else "")
    if front.id != path.stem:
        raise _broken(path, "id", f"{front.id} != {path.stem}")
    passages = tuple(_passages(path, front, text[matter.end() if matter else 0 :]))
    anchors = [passage.anchor for passage in passages]
    if len(set(anchors)) != len(anchors) or not anchors:
        raise _broken(path, "anchors", "missing or repeated")
    if set(front.asks) != set(anchors):
        raise _broken(path, "asks", f"sections and asks differ: {sorted(set(front.asks) ^ set(anchors))}")
    for entry in front.sources:
        if not set(entry.sections) <= set(anchors):
            raise _broken(path, "sources", f"no such section: {sorted(set(entry.sections) - set(anchors))}")
    return Topic(
        id=front.id,
        title=front.title,
        language=front.language,
        topics=tuple(front.topics),
        summary=front.summary,
        sources=tuple(_source(entry) for entry in front.sources),
        reviewed=front.reviewed,
        licence=front.licence,
        passages=passages,
        asks={f"{front.id}#{anchor}": tuple(asks) for anchor, asks in front.asks.items()},
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _broken(path, "UTF-8", str(error)) from error


def _front_matter(path: Path, text: str) -> FrontMatter:
    try:
        return FrontMatter.model_validate(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {})
    except yaml.YAMLError as error:
        raise _broken(path, "front matter", str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise _broken(path, ".".join(str(part) for part in first["loc"]), first["msg"]) from error


def _passages(path: Path, front: FrontMatter, body: str) -> Iterator[Passage]:
    sections: list[tuple[str, str, list[Sentence]]] = []
    tokens = MarkdownIt().parse(body)
    for i, token in enumerate(tokens):
        if not BLOCKS.fullmatch(token.type):
            raise _broken(path, "body", f"neither paragraph nor list: {token.type} {token.content[:60]}")
        if token.type == "heading_open":
            heading = HEADING.fullmatch(tokens[i + 1].content)
            if token.tag != "h2" or not heading:
                raise _broken(path, "heading", tokens[i + 1].content)
            sections.append((heading["title"], heading["anchor"], []))
        elif token.type == "inline" and tokens[i - 1].type == "paragraph_open":
            if not sections:
                raise _broken(path, "body", "text before the first section")
            sections[-1][2].extend(_sentences(path, front.language, token, tokens[i - 2]))
    for title, anchor, sentences in sections:
        if not sentences:
            raise _broken(path, anchor, "empty section")
        yield Passage(
            id=f"{front.id}#{anchor}",
            document_id=front.id,
            document=front.title,
            section=title,
            language=front.language,
            sentences=tuple(sentences),
            source=_source(_origin(front, anchor)),
        )


def _sentences(path: Path, language: str, token: Token, before: Token) -> list[Sentence]:
    if any(child.type not in ("text", "softbreak") for child in token.children or ()):
        raise _broken(path, "body", f"inline markup: {token.content[:60]}")
    text = " ".join(token.content.split())
    if foreign := NOT_PLAIN.search(text):
        raise _broken(path, "body", f"not plain words: {foreign.group()!r} in {text[:60]}")
    if before.type == "list_item_open":
        return [Sentence(text, item=True)]
    return [Sentence(part) for part in split_sentences(text, language)]


def split_sentences(text: str, language: str) -> list[str]:
    """Whole sentences of a paragraph (sentencex: rules and abbreviations for each language); none ends inside a code like GV.SC-04."""
    from sentencex import segment

    sentences = [""]
    for part in segment(language, text):
        if sentences[-1] and not sentences[-1][-1].isspace():
            sentences[-1] += part
        else:
            sentences.append(part)
    return [sentence.strip() for sentence in sentences if sentence.strip()]


def _origin(front: FrontMatter, anchor: str) -> SourceEntry:
    named = [entry for entry in front.sources if anchor in entry.sections]
    general = [entry for entry in front.sources if not entry.sections]
    return (named + general + front.sources)[0]


def _source(entry: SourceEntry) -> Source:
    return Source(entry.title, entry.publisher, entry.year, entry.kind)


def _broken(path: Path, field: str, reason: str) -> AssistantError:
    return AssistantError("topic_file", file=f"{path.parent.name}/{path.name}", field=field, reason=reason)
