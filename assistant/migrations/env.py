"""Alembic's entry: runs the revisions on the connection that `storage.database` hands over, within its transaction."""

from __future__ import annotations

from alembic import context

from assistant.storage.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True if connection.dialect.name == "sqlite" else None,  # SQLite can; Alembic assumes that it cannot
)
with context.begin_transaction():
    context.run_migrations()
