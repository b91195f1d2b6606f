"""Assessments: started, resumed, duplicated as a starting point, archived, deleted with undo."""

from __future__ import annotations

from typing import TypedDict, Unpack

from sqlalchemy import select

from assistant.models import Assessment, Scope
from assistant.storage.codec import encode
from assistant.storage.owned import OwnedRows, now
from assistant.storage.tables import AnswerRow, AssessmentRow, HistoryRow


class AssessmentChanges(TypedDict, total=False):
    """What may be changed of an assessment."""

    title: str
    supplier: str
    questionnaire_version: int
    scope: Scope
    locale: str
    position: str | None


class Assessments(OwnedRows):
    """One owner's assessments."""

    def start_assessment(
        self,
        title: str,
        supplier: str,
        questionnaire_id: str,
        questionnaire_version: int,
        scope: Scope = "full",
        locale: str = "es-ES",
        position: str | None = None,
    ) -> Assessment:
        """A new assessment without answers."""
        values = self._new(
            title=title,
            supplier=supplier,
            questionnaire_id=questionnaire_id,
            questionnaire_version=questionnaire_version,
            scope=scope,
            locale=locale,
            position=position,
            archived=False,
        )
        with self._writing() as session:
            row = AssessmentRow(**values)
            session.add(row)
            session.flush()
            session.refresh(row)
            return row.record()

    def assessments(self, archived: bool = False) -> list[Assessment]:
        """Those at work, or the archived ones; last worked on first."""
        query = select(AssessmentRow).where(self._mine(AssessmentRow), AssessmentRow.deleted.is_(None), AssessmentRow.archived.is_(archived))
        with self._reading() as session:
            return [row.record() for row in session.scalars(query.order_by(AssessmentRow.updated.desc(), AssessmentRow.id))]

    def assessment(self, assessment_id: str) -> Assessment | None:
        """One assessment, archived ones too; None when there is none or it is deleted."""
        with self._reading() as session:
            row = self._find(session, AssessmentRow, assessment_id)
            return row.record() if row else None

    def update_assessment(self, assessment_id: str, version: int | None, **changes: Unpack[AssessmentChanges]) -> Assessment:
        """Change some fields; version None writes without asking and keeps the version, for the position.

        Raises AssistantError `stale_row`, `row_gone`.
        """
        if unknown := changes.keys() - AssessmentChanges.__annotations__.keys():
            raise TypeError(sorted(unknown))
        with self._writing() as session:
            return self._change(session, AssessmentRow, assessment_id, version, changes, updated=now()).record()

    def duplicate_assessment(self, assessment_id: str, title: str) -> Assessment:
        """A copy with all answers and the days they were given, without their history, to start from."""
        with self._writing() as session:
            source = self._get(session, AssessmentRow, assessment_id)
            kept = {name: getattr(source, name) for name in ("supplier", "questionnaire_id", "questionnaire_version", "scope", "locale")}
            copy = AssessmentRow(**self._new(title=title, position=None, archived=False, **kept))
            session.add(copy)
            session.flush()
            for answer in session.scalars(select(AnswerRow).where(AnswerRow.assessment_id == source.id, AnswerRow.cleared.is_(False))):
                values = {column.name: getattr(answer, column.name) for column in AnswerRow.__table__.columns}
                row = AnswerRow(**(values | {"assessment_id": copy.id, "version": 1}))
                session.add_all([row, history_of(row)])
            session.flush()
            session.refresh(copy)
            return copy.record()

    def archive_assessment(self, assessment_id: str) -> Assessment:
        """Take it out of the list of those at work. Raises AssistantError `row_gone`."""
        return self._archive(assessment_id, True)

    def unarchive_assessment(self, assessment_id: str) -> Assessment:
        """Put it back among those at work. Raises AssistantError `row_gone`."""
        return self._archive(assessment_id, False)

    def delete_assessment(self, assessment_id: str) -> None:
        """Hide it until it is restored or purged. Raises AssistantError `row_gone`."""
        self._set_deleted(AssessmentRow, assessment_id, now())

    def restore_assessment(self, assessment_id: str) -> None:
        """Undo the deletion. Raises AssistantError `row_gone` when it was purged."""
        self._set_deleted(AssessmentRow, assessment_id, None)

    def _archive(self, assessment_id: str, archived: bool) -> Assessment:
        with self._writing() as session:
            return self._change(session, AssessmentRow, assessment_id, None, {"archived": archived}).record()


def history_of(row: AnswerRow) -> HistoryRow:
    """The history row of an answer as it stands now."""
    return HistoryRow(
        workspace_id=row.workspace_id,
        owner_id=row.owner_id,
        assessment_id=row.assessment_id,
        question_id=row.question_id,
        version=row.version,
        answer=encode(row.record()),
        recorded=now(),
    )
