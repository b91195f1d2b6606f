"""Interface words, dates and numbers by language and locale, and the language a question is written in."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import AssistantError

STRINGS = Path(__file__).parent / "strings"


@cache
def languages() -> tuple[str, ...]:
    """Languages the interface speaks: one strings file each, Spanish first."""
    return tuple(sorted((path.stem for path in STRINGS.glob("*.yaml")), key=lambda code: (code != "es", code)))


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


def explain(error: AssistantError, language: str) -> str:
    """An error in the user's language, with what to do next."""
    return tr(f"errors.{error.key}", language, **error.values)


def format_date(day: date | datetime, locale: str, style: str = "medium") -> str:
    """A date as people write it in their country."""
    from babel.dates import format_date as babel_date

    return babel_date(day, style, locale=locale.replace("-", "_"))


def format_number(value: float, locale: str, digits: int = 0) -> str:
    """A number with the country's separators."""
    from babel.numbers import format_decimal

    return format_decimal(round(value, digits), locale=locale.replace("-", "_"), decimal_quantization=False)
