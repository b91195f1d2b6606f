"""Small questionnaires made for a test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assistant.models import Scope
from assistant.questionnaire import Action, Option, QSection, Question, Questionnaire
from assistant.scoring import AnswerSheet, Response

DAY = date(2026, 3, 2)
TEXT = {"es": "¿Qué?", "en": "What?"}
ACTION = Action(TEXT, {"es": ("Uno.",), "en": ("One.",)}, TEXT)


def make_question(
    name: str,
    section: str = "a",
    weight: int = 1,
    criticality: str = "should",
    effort: int = 1,
    due_days: int = 30,
    scores: Sequence[float] = (0, 0.5, 1),
) -> Question:
    """A scored question whose options are named after their scores."""
    return Question(
        id=name,
        section_id=section,
        type="single",
        text=TEXT,
        why=TEXT,
        options=tuple(Option(f"s{score}", TEXT, score) for score in scores),
        evidence={"es": ("Acta",), "en": ("Minutes",)},
        weight=weight,
        criticality=criticality,
        not_applicable=True,
        guidance=("continuidad-planes#pruebas",),
        action=ACTION,
        owner_role="risk",
        due_days=due_days,
        effort=effort,
    )


def make_form(questions: Sequence[Question], weights: dict[str, int]) -> Questionnaire:
    """A questionnaire with these questions in sections of these weights."""
    sections = tuple(QSection(name, TEXT, weight, tuple(q for q in questions if q.section_id == name)) for name, weight in weights.items())
    return Questionnaire("made", 1, True, TEXT, TEXT, {"quick": 1, "full": 1}, sections)


def make_sheet(options: dict[str, str], scope: Scope = "full") -> AnswerSheet:
    """These options, answered on `DAY`; "not_applicable" gets a reason."""
    return AnswerSheet(
        "made", DAY, scope=scope, responses={name: Response(option, DAY, na_reason="no reason to") for name, option in options.items()}
    )


WORKED = make_form(
    [
        make_question("q1", "a", 5, "must", effort=4),
        make_question("q2", "a", 3, "should", effort=2),
        make_question("q3", "a", 2, "should"),
        make_question("q4", "b", 2, "must"),
        make_question("q5", "b", 4, "could", effort=1),
        make_question("q6", "b", 2, "should"),
    ],
    {"a": 3, "b": 1},
)
WORKED_SHEET = make_sheet({"q1": "s0", "q2": "s0.5", "q3": "not_applicable", "q4": "unknown", "q5": "s0"})
