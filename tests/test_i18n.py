"""Interface words: the same in every language, all of them used, none missing; dates and numbers as each country writes them."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

import pytest

from assistant.errors import AssistantError
from assistant.guide import CATEGORIES, Category, SourceEntry
from assistant.i18n import (
    by_preference,
    date_pattern,
    explain,
    format_date,
    format_number,
    in_language,
    languages,
    list_order,
    locale_for,
    strings,
    tr,
    tr_list,
)
from assistant.models import Reason, Scope, Status
from assistant.settings import ROOT

PREFIXES = {"tr": "", "tr_list": "", "words": "ui.", "AssistantError": "errors."}  # of the keys that these calls name
FAMILIES = {
    "refusals": list(Reason),
    "scopes": get_args(Scope),
    "statuses": get_args(Status),
    "ui.categories": CATEGORIES,
    "ui.source_kinds": get_args(SourceEntry.model_fields["kind"].annotation),
    "ui.engines": ["extractive", "llm"],
}
KEYS = tuple(strings("es"))
FACTS = "grammar."  # facts of a language, as many as it has; all other lists are words shown


@dataclass(frozen=True)
class Use:
    """One place in the code that asks for words: a key, or a pattern where part of it is computed."""

    place: str
    pattern: str
    given: frozenset[str] | None  # placeholders filled, None where they are not written out

    @property
    def keys(self) -> list[str]:
        return [key for key in KEYS if re.fullmatch(self.pattern, key)]


def code() -> Iterator[tuple[str, ast.Module]]:
    for path in (ROOT / "app.py", *sorted((ROOT / "assistant").rglob("*.py")), *sorted((ROOT / "ingest").rglob("*.py"))):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def uses() -> Iterator[Use]:
    for name, tree in code():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in PREFIXES or not node.args:
                continue
            if node.func.id == "words" and "assistant/ui/" not in name:
                continue
            given = frozenset(word.arg for word in node.keywords if word.arg)
            for pattern in patterns(node.args[0]):
                whole = re.escape(PREFIXES[node.func.id]) + pattern
                yield Use(f"{name}:{node.lineno}", whole, given if all(word.arg for word in node.keywords) else None)


def patterns(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [re.escape(str(node.value))]
    if isinstance(node, ast.IfExp):
        return patterns(node.body) + patterns(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return ["".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else r".+" for part in node.values)]
    return []


def placeholders(words: Any) -> frozenset[str]:
    texts = words if isinstance(words, list) else [words]
    return frozenset(name for text in texts for _, name, _, _ in string.Formatter().parse(str(text)) if name is not None)


USES = tuple(uses())
GENERAL = (r"ui\..+", r"errors\..+")  # the wrappers `words` and `explain` themselves


def test_spanish_comes_first_among_the_languages() -> None:
    assert languages()[0] == "es" and "en" in languages()


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_same_keys_in_the_same_order_with_the_same_placeholders(language: str) -> None:
    here, spanish = strings(language), strings("es")
    assert list(here) == list(spanish)
    assert {key: placeholders(value) for key, value in here.items()} == {key: placeholders(value) for key, value in spanish.items()}
    lengths = {key: len(value) for key, value in spanish.items() if isinstance(value, list) and not key.startswith(FACTS)}
    assert lengths and lengths == {key: len(here[key]) for key in lengths}


@pytest.mark.parametrize("language", languages())
def test_words_are_text_without_stray_blanks_and_are_not_left_in_another_language(language: str) -> None:
    texts = [text for value in strings(language).values() for text in (value if isinstance(value, list) else [value])]
    assert all(isinstance(text, str) and text.strip() == text and text for text in texts)
    accented = [key for key, value in strings("en").items() if re.search(r"[áéíóúñ¿¡]", str(value)) and key != "language_name"]
    assert accented == []


def test_every_key_that_the_code_names_exists() -> None:
    assert len(USES) > 100
    assert [(use.place, use.pattern) for use in USES if not use.keys] == []


def test_every_key_is_named_somewhere_in_the_code() -> None:
    named = {key for use in USES if use.pattern not in GENERAL for key in use.keys}
    constants = {str(node.value) for _, tree in code() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    named |= {key for key in KEYS if key.startswith("errors.") and key.removeprefix("errors.") in constants}
    assert [key for key in KEYS if key not in named] == []


def test_every_place_fills_all_placeholders_of_its_words() -> None:
    lacking = [
        (use.place, key)
        for use in USES
        if use.given is not None and ".+" not in use.pattern
        for key in use.keys
        if isinstance(strings("es")[key], str) and not placeholders(strings("es")[key]) <= use.given
    ]
    assert lacking == []


@pytest.mark.parametrize("family", FAMILIES)
def test_whatever_is_named_by_its_value_has_words(family: str) -> None:
    named = {key.removeprefix(f"{family}.") for key in KEYS if key.startswith(f"{family}.")}
    assert set(FAMILIES[family]) <= named


def test_the_categories_are_written_once_as_names_and_once_as_a_type() -> None:
    assert get_args(Category) == CATEGORIES


def test_a_missing_key_fails_loudly() -> None:
    with pytest.raises(KeyError):
        tr("ui.nothing", "es")


def test_an_error_speaks_the_users_language_and_names_its_values() -> None:
    error = AssistantError("question_too_long", limit=2000)
    assert "2000" in explain(error, "es") and "demasiado larga" in explain(error, "es")
    assert "2000" in explain(error, "en") and "too long" in explain(error, "en")
    assert str(error) == "question_too_long {'limit': 2000}"


def test_braces_in_a_value_are_shown_as_they_are() -> None:
    assert "{x}" in explain(AssistantError("unreadable_file", file="{x}", reason="{0}"), "es")


def test_lists_are_lists_of_texts() -> None:
    assert tr_list("efforts", "en") == ["Hours", "Days", "Weeks", "Months"]


def test_a_locale_holds_only_for_its_own_language() -> None:
    assert locale_for("es", "es-CO") == "es-CO"
    assert locale_for("en", "es-CO") == "en-GB"
    assert locale_for("es", "en-US") == "es-ES"


@pytest.mark.parametrize(
    ("locale", "day", "number"),
    [
        ("es-ES", "22 nov 2026", "12.345,5"),
        ("es-CO", "22/11/2026", "12.345,5"),
        ("es-MX", "22 nov 2026", "12,345.5"),
        ("en-GB", "22 Nov 2026", "12,345.5"),
        ("en-US", "Nov 22, 2026", "12,345.5"),
    ],
)
def test_dates_and_numbers_are_written_as_in_the_country(locale: str, day: str, number: str) -> None:
    assert format_date(date(2026, 11, 22), locale) == day
    assert format_number(12345.52, locale, 1) == number
    assert format_number(0, locale) == "0"
    assert format_number(12345.52, locale, 1, grouped=False) == number.replace(number[2], "", 1)


@pytest.mark.parametrize(
    ("locale", "pattern"),
    [("es-ES", "DD/MM/YYYY"), ("es-CL", "DD-MM-YYYY"), ("en-GB", "DD/MM/YYYY"), ("en-US", "MM/DD/YYYY"), ("de-DE", "DD.MM.YYYY")],
)
def test_a_date_is_typed_as_in_the_country(locale: str, pattern: str) -> None:
    assert date_pattern(locale) == pattern


def test_a_text_in_another_language_is_labelled_in_the_readers_words() -> None:
    assert in_language("Pruebas", "es", "es") == "Pruebas"
    assert in_language("Tests", "en", "es") == "Tests (en inglés)"
    assert in_language("Pruebas", "es", "en") == "Pruebas (in Spanish)"


def test_a_reader_is_served_in_their_own_language_then_in_spanish() -> None:
    assert by_preference(["en", "fr", "pt", "es"], "pt") == ("pt", "es", "en", "fr")
    assert by_preference(["en", "fr"], "pt") == ("en", "fr")


@pytest.mark.parametrize(
    "ordered",
    [
        ["Acuerdos", "¿Está lista la empresa?", "Ética y contrato", "Evaluar", "Salida"],
        ["nube", "nuve", "ñandú", "oferta"],
        ["7.2", "7.5", "8.2", "8.2.2", "10.1"],
        ["A.5.2", "A.5.19", "A.8.14"],
        ["íñigo", "María"],
    ],
)
def test_lists_are_ordered_as_people_do(ordered: list[str]) -> None:
    assert sorted(reversed(ordered), key=list_order) == ordered
