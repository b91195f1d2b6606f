"""What every part of the store does: read and write the rows of one owner in one workspace, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import ColumnElement, CursorResult, Engine, delete, select, update
from sqlalchemy.orm import Session

from assistant.errors import AssistantError
from assistant.storage.database import explained, writing
from assistant.storage.tables import Owned, Titled

Row = TypeVar("Row", bound=Titled)


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


class OwnedRows:
    """The rows of one owner in one workspace; safe to share between threads."""

    def __init__(self, engine: Engine, workspace: str, owner: str) -> None:
        self._engine = engine
        self._writing_engine = writing(engine)
        self._workspace = workspace
        self._owner = owner

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with explained(self._engine.url), Session(self._engine) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """All of it is kept when the block ends, nothing when it fails."""
        with explained(self._engine.url), Session(self._writing_engine) as session, session.begin():
            yield session

    def _mine(self, table: type[Owned]) -> ColumnElement[bool]:
        return (table.workspace_id == self._workspace) & (table.owner_id == self._owner)

    @property
    def _marks(self) -> dict[str, str]:
        return {"workspace_id": self._workspace, "owner_id": self._owner}

    def _new(self, **values: Any) -> dict[str, Any]:
        """The columns of a new titled row."""
        moment = now()
        return {"id": uuid4().hex, "created": moment, "updated": moment, "version": 1} | self._marks | values

    def _find(self, session: Session, table: type[Row], row_id: str) -> Row | None:
        return session.scalars(select(table).where(table.id == row_id, table.deleted.is_(None), self._mine(table))).one_or_none()

    def _get(self, session: Session, table: type[Row], row_id: str) -> Row:
        row = self._find(session, table, row_id)
        if row is None:
            raise AssistantError("row_gone")
        return row

    def _change(self, session: Session, table: type[Row], row_id: str, version: int | None, values: Mapping[str, Any], **derived: Any) -> Row:
        """Write `values`, and what follows from them, if the row still has `version` (None: whatever it has, and it stays)."""
        statement = update(table).where(table.id == row_id, table.deleted.is_(None), self._mine(table)).values(**values, **derived)
        if version is not None:
            statement = statement.where(table.version == version).values(version=table.version + 1)
        result = session.execute(statement)
        assert isinstance(result, CursorResult)
        row = self._get(session, table, row_id)
        if not result.rowcount:
            changed = tuple(name for name, value in values.items() if getattr(row, name) != value)
            raise AssistantError("stale_row", current=row.record(), changed=changed)
        return row

    def _set_deleted(self, table: type[Row], row_id: str, deleted: datetime | None) -> None:
        with self._writing() as session:
            result = session.execute(update(table).where(table.id == row_id, self._mine(table)).values(deleted=deleted))
            assert isinstance(result, CursorResult)
            if not result.rowcount:
                raise AssistantError("row_gone")

    def _purge(self, session: Session, table: type[Row], older_than: timedelta) -> int:
        result = session.execute(delete(table).where(table.deleted <= now() - older_than, self._mine(table)))
        assert isinstance(result, CursorResult)
        return result.rowcount
