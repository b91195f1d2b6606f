"""How the database is opened, what is said when it cannot be, and what its tables promise."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.schema import CreateTable

from assistant.errors import AssistantError
from assistant.i18n import explain, languages
from assistant.models import Answer
from assistant.settings import Settings, load_settings
from assistant.storage import Store, database, open_store
from assistant.storage.tables import Base

ROOT = Path(__file__).parents[1]
ANSWER = Answer("¿Cada cuánto se prueba el plan?", "es", False, "La guía no lo dice. " * 20)


def at(home: Path, url: str = "") -> Settings:
    return load_settings({"RESGUARDO_HOME": str(home), "RESGUARDO_DATABASE_URL": url})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(at(tmp_path))) as opened:
        yield opened


def failure(action: Callable[[], object]) -> AssistantError:
    """The error that `action` raises, proven to have words in every language."""
    with pytest.raises(AssistantError) as caught:
        action()
    assert all(explain(caught.value, language) for language in languages())
    return caught.value


def raw(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "resguardo.db", isolation_level=None)


def test_a_database_of_a_newer_schema_is_left_alone(store: Store, tmp_path: Path) -> None:
    with closing(raw(tmp_path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    error = failure(lambda: open_store(at(tmp_path)))
    assert (error.key, error.values["revision"]) == ("newer_database", "9999")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "resguardo.db").write_text("not a database " * 1000)
    assert failure(lambda: open_store(at(tmp_path))).key == "broken_database"


def test_a_database_that_another_process_holds_is_busy_and_then_not(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with closing(open_store(at(tmp_path))) as hasty, closing(raw(tmp_path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert failure(lambda: hasty.start_conversation("uno")).key == "database_busy"
        assert failure(lambda: open_store(at(tmp_path))).key == "database_busy"
        assert hasty.conversations() == []
        holder.execute("ROLLBACK")
        assert hasty.start_conversation("uno").title == "uno"


def test_a_full_disk_loses_nothing_saved_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_set_up_sqlite", lambda connection, _: connection.execute("PRAGMA max_page_count=40"))
    with closing(open_store(at(tmp_path))) as store:
        conversation, kept = store.start_conversation("uno").id, []

        def fill() -> None:
            while True:
                kept.append(store.add_message(conversation, ANSWER))

        assert failure(fill).key == "database_full"
        assert store.messages(conversation) == kept and len(kept) > 5


@pytest.mark.parametrize("url", ["nonsense", "nodialect://host/db", "sqlite+nodriver:///x.db"])
def test_an_address_that_cannot_work_names_the_setting(tmp_path: Path, url: str) -> None:
    error = failure(lambda: open_store(at(tmp_path, url)))
    assert (error.key, error.values["name"]) == ("bad_setting", "RESGUARDO_DATABASE_URL")


@pytest.mark.parametrize("name", ["años y más", "100%", "a?b=c#d", "nested/deeper"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    with closing(open_store(at(tmp_path / name))):
        assert (tmp_path / name / "resguardo.db").is_file()


def test_connections_are_durable_and_check_references(store: Store) -> None:
    with store._engine.connect() as connection:
        names = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 10_000}


def test_migrations_lead_to_the_tables_of_the_models(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [database.HEAD]
    with store._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_every_table_is_owned_and_portable() -> None:
    for table in Base.metadata.sorted_tables:
        assert {"workspace_id", "owner_id"} <= set(table.columns.keys())
        for dialect in (postgresql.dialect(), mysql.dialect()):  # type: ignore[no-untyped-call]
            assert str(CreateTable(table).compile(dialect=dialect))


def test_the_store_costs_nothing_until_it_is_opened() -> None:
    code = "import sys, assistant.storage; sys.exit('sqlalchemy' in sys.modules or 'alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_opening_again_leaves_alembic_out(store: Store, tmp_path: Path) -> None:
    code = "import sys; from assistant.settings import load_settings; from assistant.storage import open_store\n"
    code += f"open_store(load_settings({{'RESGUARDO_HOME': {str(tmp_path)!r}}})); sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_two_homes_may_share_a_database_by_its_address(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    with closing(open_store(at(tmp_path / "one", url))) as one, closing(open_store(at(tmp_path / "two", url))) as two:
        one.set_preference("theme", "dark")
        assert two.preference("theme") == "dark"
