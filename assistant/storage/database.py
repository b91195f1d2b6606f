"""Opens the database, brings its tables up to date under a lock, and turns its failures into words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from assistant.errors import AssistantError
from assistant.settings import Settings

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
HEAD = "0001"  # newest migration, tested against the folder: Alembic is imported only when there is something to do
BUSY_SECONDS = 10
UPGRADE_SECONDS = 120
WRITES = "writes"
PROBLEMS = {
    "SQLITE_BUSY": "database_busy",
    "SQLITE_LOCKED": "database_busy",
    "SQLITE_FULL": "database_full",
    "SQLITE_READONLY": "database_folder",
    "SQLITE_CANTOPEN": "database_folder",
    "SQLITE_PERM": "database_folder",
    "SQLITE_CORRUPT": "broken_database",
    "SQLITE_NOTADB": "broken_database",
}


def open_database(settings: Settings) -> Engine:
    """The database with its tables up to date and proven writable.

    Raises AssistantError: `bad_setting`, `database_folder`, `newer_database`, `broken_database`, `database_busy`, `database_full`, `database_failed`.
    """
    url = _url(settings)
    lock = Path(f"{url.database}.lock") if url.database and _is_sqlite(url) else settings.home / "database.lock"
    engine = _engine(url)
    try:
        with explained(url):
            lock.parent.mkdir(parents=True, exist_ok=True)
            if not _is_ready(engine):
                with FileLock(lock, timeout=UPGRADE_SECONDS):
                    _upgrade(engine)
            _prove_writable(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def writing(engine: Engine) -> Engine:
    """The same database for transactions that write: SQLite takes its write lock at their start, where waiting for it is safe."""
    return engine.execution_options(**{WRITES: True})


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Turn a failure of the database, its folder or its lock into an AssistantError."""
    place = url.database if _is_sqlite(url) else url.render_as_string()
    try:
        yield
    except (Timeout, PoolTimeout) as error:
        raise AssistantError("database_busy", place=place) from error
    except OSError as error:
        raise AssistantError("database_folder", place=place, reason=error.strerror or str(error)) from error
    except DBAPIError as error:
        name = getattr(error.orig, "sqlite_errorname", "")
        key = next((key for problem, key in PROBLEMS.items() if name.startswith(problem)), "database_failed")
        raise AssistantError(key, place=place, reason=str(error.orig)) from error


def _url(settings: Settings) -> URL:
    if not settings.database_url:  # a folder's name may hold what an address cannot
        return URL.create("sqlite", database=settings.database.removeprefix("sqlite:///"))
    try:
        return make_url(settings.database_url)
    except ArgumentError as error:
        raise AssistantError("bad_setting", name="RESGUARDO_DATABASE_URL", reason=str(error)) from error


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _engine(url: URL) -> Engine:
    try:
        if not _is_sqlite(url):
            return create_engine(url, pool_pre_ping=True)
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None})
    except (ArgumentError, ImportError) as error:
        raise AssistantError("bad_setting", name="RESGUARDO_DATABASE_URL", reason=str(error)) from error
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")  # a power cut loses nothing acknowledged either


def _begin_sqlite(connection: Connection) -> None:
    """A transaction that reads first and writes later could not wait for its turn."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(WRITES) else "BEGIN")


def _is_ready(engine: Engine) -> bool:
    with engine.connect() as connection:
        return _revision(connection) == HEAD and (not _is_sqlite(engine.url) or connection.scalar(text("PRAGMA journal_mode")) == "wal")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _upgrade(engine: Engine) -> None:
    """Apply what is missing in one transaction; a second process finds nothing to do."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if _is_sqlite(engine.url):
        _use_wal(engine)
    with writing(engine).begin() as connection:
        revision = _revision(connection)
        if revision is not None and revision not in known:
            raise AssistantError("newer_database", place=engine.url.database, revision=revision)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _prove_writable(engine: Engine) -> None:
    with writing(engine).connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
        connection.rollback()


def _use_wal(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")  # kept in the file; cannot be set within a transaction
    finally:
        raw.close()
