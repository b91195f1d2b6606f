"""The store: one object with everything that is kept for one owner in one workspace."""

from __future__ import annotations

from datetime import timedelta

from assistant.settings import Settings
from assistant.storage.answers import Answers
from assistant.storage.assessments import Assessments
from assistant.storage.conversations import Conversations
from assistant.storage.database import open_database
from assistant.storage.owned import OwnedRows
from assistant.storage.tables import AssessmentRow, ConversationRow, PreferenceRow


class Preferences(OwnedRows):
    """One owner's choices: language, locale, theme."""

    def preference(self, key: str) -> str | None:
        """The choice made, or None."""
        with self._reading() as session:
            row = session.get(PreferenceRow, (self._workspace, self._owner, key))
            return row.value if row else None

    def set_preference(self, key: str, value: str) -> None:
        """Keep a choice in place of an earlier one."""
        with self._writing() as session:
            session.merge(PreferenceRow(key=key, value=value, **self._marks))


class Store(Conversations, Assessments, Answers, Preferences):
    """Everything kept for one owner in one workspace."""

    def purge_deleted(self, older_than: timedelta) -> int:
        """Remove for good the conversations and assessments deleted at least that long ago; returns how many."""
        with self._writing() as session:
            return sum(self._purge(session, table, older_than) for table in (ConversationRow, AssessmentRow))

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def connect(settings: Settings, workspace: str, owner: str) -> Store:
    """Open the database and bind it to an owner; see `open_database` for what can go wrong."""
    return Store(open_database(settings), workspace, owner)
