"""Interface words, dates and numbers by language and locale, and the language a question is written in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

from assistant.errors import AssistantError

STRINGS = Path(__file__).parent / "strings"
FIRST = "es"  # the product's first language: the default, and what stands in where a reader's own is missing
Words = TypeVar("Words")


class Localised(dict[str, Words]):
    """Words by language; a language that they lack gets them in the one that stands in for it."""

    def __missing__(self, language: str) -> Words:
        if not self:
            raise KeyError(language)
        return self[by_preference(self, language)[0]]


@cache
def languages() -> tuple[str, ...]:
    """Languages the interface speaks: one strings file each, Spanish first."""
    return by_preference(path.stem for path in STRINGS.glob("*.yaml"))


def by_preference(codes: Iterable[str], language: str = FIRST) -> tuple[str, ...]:
    """Languages in the order in which a reader of `language` is served: their own, Spanish, the others by code."""
    return tuple(sorted(codes, key=lambda code: (code != language, code != FIRST, code)))


@cache
def strings(language: str) -> dict[str, Any]:
    """All words of one language, flattened to dotted keys."""
    loaded = yaml.load((STRINGS / f"{language}.yaml").read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return dict(_flatten("", loaded))


def _flatten(prefix: str, node: Any) -> list[tuple[str, Any]]:
    if not isinstance(node, dict):
        return [(prefix, node)]
    return [pair for key, value in node.items() for pair in _flatten(f"{prefix}.{key}" if prefix else str(key), value)]


def tr(key: str, language: str, **values: object) -> str:
    """The words for `key`, placeholders filled; a missing key fails loudly."""
    return str(strings(language)[key]).format(**values)


def tr_list(key: str, language: str) -> list[str]:
    """A list of words or sentences for `key`."""
    return [str(item) for item in strings(language)[key]]


def locale_for(language: str, preferred: str) -> str:
    """The preferred locale if it speaks the language, else the language's usual one."""
    return preferred if preferred.startswith(f"{language}-") else tr("locale", language)


def language_label(code: str, language: str) -> str:
    """What a language is called in another one ("inglés"), its code where nobody knows."""
    from babel import Locale

    return str(Locale.parse(language).languages.get(code, code))


def in_language(text: str, own: str, language: str) -> str:
    """A text that leads to words in `own`, which is said where the reader's language is another."""
    return text if own == language else tr("in_language", language, text=text, name=language_label(own, language))


def explain(error: AssistantError, language: str) -> str:
    """An error in the user's language, with what to do next."""
    return tr(f"errors.{error.key}", language, **error.values)


def format_date(day: date | datetime, locale: str, style: str = "medium") -> str:
    """A date as people write it in their country."""
    from babel.dates import format_date as babel_date

    return babel_date(day, style, locale=locale.replace("-", "_"))


def date_pattern(locale: str) -> str:
    """How a date is typed in a country, with all its digits: "DD/MM/YYYY"."""
    from babel.dates import get_date_format

    pattern = get_date_format("short", locale=locale.replace("-", "_")).pattern
    fields = [match[0] for match in re.finditer(r"d+|M+|y+", pattern)]
    mark = next((sign for sign in "/.-" if sign in pattern), "-")
    return mark.join({"d": "DD", "M": "MM", "y": "YYYY"}[field[0]] for field in fields)


def format_number(value: float, locale: str, digits: int = 0, grouped: bool = True) -> str:
    """A number with the country's separators; ungrouped, its thousands have none."""
    from babel.numbers import format_decimal

    return format_decimal(round(value, digits), locale=locale.replace("-", "_"), decimal_quantization=False, group_separator=grouped)


def list_order(text: str) -> str:
    """A key that sorts as people do: case, accents and signs aside, ñ after n, 8.2 before 10.1."""
    padded = re.sub(r"\d+", lambda number: number[0].zfill(8), text)
    bare = unicodedata.normalize("NFKD", padded).casefold().replace("n\u0303", "n~")
    return "".join(sign for sign in bare if sign.isalnum() or sign in " ~").strip()
