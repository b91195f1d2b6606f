"""One frozen settings object, read once from the environment (RESGUARDO_*) and an optional TOML file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from platformdirs import user_data_path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from assistant.errors import AssistantError
from assistant.i18n import FIRST, languages

PREFIX = "RESGUARDO_"
TRACING = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")  # would send questions to a foreign host
ROOT = Path(__file__).resolve().parents[1]


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"unknown time zone {name!r}") from error


def _known_locale(name: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"unknown locale {name!r}, give one such as es-CO or en-GB") from error
    return name


def _spoken(language: str) -> str:
    if language not in languages():
        raise ValueError(f"{language!r} is not one of {', '.join(languages())}")
    return language


class Settings(BaseModel):
    """Everything that may be configured; the README's table is tested against these fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default_factory=lambda: user_data_path("resguardo"), description="data folder: index, database, uploads")
    knowledge: Path = Field(ROOT / "knowledge", description="folder of the guide")
    embedding_model: str = Field("", description="sentence-transformers model, by name or folder; empty: the bundled multilingual-e5-small")
    language: Annotated[str, AfterValidator(_spoken)] = Field(FIRST, description="language of the interface until the user chooses another")
    locale: Annotated[str, Field(pattern=r"^[a-z]{2}-[A-Z]{2}$"), AfterValidator(_known_locale)] = Field(
        "es-ES", description="date and number formats until the user chooses another"
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field("Europe/Madrid", description="time zone in which dates and times are shown")
    database_url: str = Field("", description="SQLAlchemy address of the database; empty: SQLite in the data folder")
    threads: int = Field(0, ge=0, le=64, description="threads for embedding; 0: one per processor")
    chat_model: str = Field("", description="language model as provider:model, e.g. openai:gpt-5-mini or ollama:qwen3; empty: none")
    chat_model_url: str = Field("", description="address of an OpenAI-compatible or Ollama server")
    chat_model_key: SecretStr = Field(SecretStr(""), description="its key, where the provider's own variable does not hold it")
    chat_model_seconds: float = Field(20, ge=1, le=300, description="time limit for an answer of the language model")
    max_question_chars: int = Field(2000, ge=100, le=20000, description="longest question accepted")
    max_answer_words: int = Field(180, ge=60, le=220, description="longest answer shown")

    @property
    def corpus(self) -> Path:
        """Folder of the guide's topics, one subfolder a language."""
        return self.knowledge / "corpus"

    @property
    def database(self) -> str:
        """SQLAlchemy address of the database."""
        return self.database_url or f"sqlite:///{self.home / 'resguardo.db'}"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read `RESGUARDO_CONFIG` (a TOML file), then the environment, which wins; an empty variable counts as not given.

    Raises AssistantError `bad_setting` naming the key and the reason.
    """
    if environ is None:
        environ = os.environ
        os.environ.update(dict.fromkeys(TRACING, "false"))
    values: dict[str, object] = {}
    given = {name.removeprefix(PREFIX).lower(): value for name, value in environ.items() if name.startswith(PREFIX) and value}
    path = given.pop("config", "")
    if path:
        values |= _read_toml(Path(path))
    values |= given
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise AssistantError("bad_setting", name=PREFIX + name.upper(), reason=first["msg"]) from error


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AssistantError("bad_setting", name=f"{PREFIX}CONFIG={path}", reason=str(error)) from error
