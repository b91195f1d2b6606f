"""Where settings come from, and which are refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.errors import AssistantError
from assistant.i18n import explain, languages
from assistant.settings import ROOT, Settings, load_settings

GOOD = {
    "home": "/tmp/a",
    "knowledge": "/tmp/k",
    "embedding_model": "org/model",
    "language": "en",
    "locale": "es-CO",
    "time_zone": "America/Bogota",
    "database_url": "postgresql://host/base",
    "threads": "3",
    "chat_model": "ollama:qwen3",
    "chat_model_url": "http://localhost:11434",
    "chat_model_key": "sk-1",
    "chat_model_seconds": "12.5",
    "max_question_chars": "500",
    "max_answer_words": "120",
}


def refused(environ: dict[str, str]) -> AssistantError:
    with pytest.raises(AssistantError) as caught:
        load_settings(environ)
    assert caught.value.key == "bad_setting"
    assert all(str(caught.value.values["name"]) in explain(caught.value, language) for language in languages())
    return caught.value


def test_without_any_setting_the_defaults_serve() -> None:
    settings = load_settings({"PATH": "/bin"})
    assert settings.home.is_absolute() and settings.home.name == "resguardo"
    assert settings.corpus == ROOT / "knowledge" / "corpus" and settings.corpus.is_dir()
    assert (settings.language, settings.embedding_model, settings.threads) == ("es", "", 0)


def test_every_setting_can_be_given_in_the_environment() -> None:
    assert set(GOOD) == set(Settings.model_fields)
    settings = load_settings({f"RESGUARDO_{name.upper()}": value for name, value in GOOD.items()})
    assert {name: str(value) for name, value in settings.model_dump().items()} == GOOD | {"chat_model_key": "**********"}
    assert settings.chat_model_key.get_secret_value() == "sk-1"


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    file = tmp_path / "resguardo.toml"
    file.write_text('language = "en"\nthreads = 5\n', encoding="utf-8")
    settings = load_settings({"RESGUARDO_CONFIG": str(file), "RESGUARDO_THREADS": "2"})
    assert (settings.language, settings.threads, settings.locale) == ("en", 2, "es-ES")


def test_an_unknown_setting_is_refused_by_name_wherever_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "resguardo.toml"
    file.write_text("treads = 5\n", encoding="utf-8")
    assert refused({"RESGUARDO_TREADS": "5"}).values["name"] == "RESGUARDO_TREADS"
    assert refused({"RESGUARDO_CONFIG": str(file)}).values["name"] == "RESGUARDO_TREADS"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threads", "-1"),
        ("threads", "65"),
        ("threads", "two"),
        ("max_question_chars", "99"),
        ("max_question_chars", "20001"),
        ("max_answer_words", "59"),
        ("max_answer_words", "221"),
        ("language", "fr"),
        ("locale", "es"),
        ("locale", "es_ES"),
        ("locale", "es-XX"),
        ("locale", "../es-ES"),
        ("time_zone", "Europe/Nowhere"),
        ("time_zone", "../etc/passwd"),
    ],
)
def test_a_value_out_of_range_is_refused_naming_the_setting(name: str, value: str) -> None:
    assert refused({f"RESGUARDO_{name.upper()}": value}).values["name"] == f"RESGUARDO_{name.upper()}"


@given(st.integers())
def test_the_longest_question_is_accepted_exactly_within_its_range(number: int) -> None:
    environ = {"RESGUARDO_MAX_QUESTION_CHARS": str(number)}
    if 100 <= number <= 20000:
        assert load_settings(environ).max_question_chars == number
    else:
        refused(environ)


@pytest.mark.parametrize("content", [b"language = ", b'locale = "\xff"', None], ids=["broken", "not UTF-8", "missing"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "resguardo.toml"
    if content:
        file.write_bytes(content)
    assert str(file) in str(refused({"RESGUARDO_CONFIG": str(file)}).values["name"])


def test_settings_do_not_change_once_read() -> None:
    settings = load_settings({})
    with pytest.raises(ValidationError):
        settings.threads = 4


def test_two_homes_share_no_database(tmp_path: Path) -> None:
    one, other = (load_settings({"RESGUARDO_HOME": str(tmp_path / name)}) for name in ("one", "other"))
    assert one.database != other.database and str(one.home) in one.database
    assert load_settings({"RESGUARDO_DATABASE_URL": GOOD["database_url"]}).database == GOOD["database_url"]


def test_an_empty_variable_counts_as_not_given() -> None:
    assert load_settings({"RESGUARDO_HOME": "", "RESGUARDO_THREADS": ""}) == load_settings({})


@pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="no README yet")
def test_the_readme_lists_every_setting_and_no_other() -> None:
    listed = re.findall(r"^\|\s*`RESGUARDO_(\w+)`", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert sorted(name.lower() for name in listed if name != "CONFIG") == sorted(Settings.model_fields)
