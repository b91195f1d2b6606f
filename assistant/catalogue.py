"""What `knowledge/` holds beside the guide, loaded and checked: questionnaires, the profile and the registry of standards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import AssistantError
from assistant.i18n import Localised
from assistant.questionnaire import Action, Condition, LocalList, LocalText, Option, QSection, Question, Questionnaire
from assistant.settings import Settings

PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Standard:
    """One clause: its own-words gist, where it was checked, and how sure ("primary" or "secondary": confirm before use)."""

    id: str
    title: LocalText
    clause: str
    gist: LocalText
    certainty: str
    checked: str
    as_of: date


def load_questionnaires(settings: Settings) -> dict[str, Questionnaire]:
    """All scored questionnaires by id, in the order of their files' names.

    Raises AssistantError `questionnaire_file`, naming file and place, at the first file that breaks a rule.
    """
    profile = load_profile(settings)
    paths = sorted(path for path in _folder(settings).glob("*.yaml") if path.stem != PROFILE)
    return {path.stem: read_questionnaire(path, profile.questions) for path in paths}


def load_profile(settings: Settings) -> Questionnaire:
    """The unscored questions that decide what applies."""
    return read_questionnaire(_folder(settings) / f"{PROFILE}.yaml")


def load_standards(settings: Settings) -> dict[str, Standard]:
    """The clauses that questions cite, by id. Raises AssistantError `questionnaire_file`."""
    path = settings.knowledge / "standards.yaml"
    try:
        entries = _read_yaml(path)["standards"]
        return {name: _standard(name, entry) for name, entry in entries.items()}
    except (TypeError, KeyError, ValueError) as error:
        raise AssistantError("questionnaire_file", file=path.name, place="standards", reason=error) from error


def read_questionnaire(path: Path, profile: Sequence[Question] = ()) -> Questionnaire:
    """One file, checked against the schema beside it and against the profile its conditions may name."""
    raw = _valid(path)
    questionnaire = Questionnaire(
        id=raw["id"],
        version=raw["version"],
        scored=raw.get("scored", True),
        title=Localised(raw["title"]),
        intro=Localised(raw["intro"]),
        minutes=raw["minutes"],
        sections=tuple(_section(section) for section in raw["sections"]),
    )
    for place, reason in _faults(questionnaire, path.stem, profile):
        raise AssistantError("questionnaire_file", file=path.name, place=place, reason=reason)
    return questionnaire


def _folder(settings: Settings) -> Path:
    return settings.knowledge / "questionnaires"


def _valid(path: Path) -> dict[str, Any]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    raw, schema = _read_yaml(path), _read_yaml(path.parent / "schema.json")
    error = best_match(Draft202012Validator(schema).iter_errors(raw))
    if error:
        raise AssistantError("questionnaire_file", file=path.name, place=_place(raw, error.absolute_path), reason=error.message[-200:])
    return dict(raw)


def _read_yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AssistantError("questionnaire_file", file=path.name, place="YAML", reason=error) from error


def _place(raw: Any, steps: Sequence[str | int]) -> str:
    """Where in the file: keys, and ids instead of positions."""
    words = []
    for step in steps:
        raw = raw[step]
        words.append(str(raw.get("id", step)) if isinstance(raw, dict) and isinstance(step, int) else str(step))
    return " > ".join(words)


def _section(raw: dict[str, Any]) -> QSection:
    questions = tuple(_question(question, raw["id"]) for question in raw["questions"])
    return QSection(raw["id"], Localised(raw["title"]), raw.get("weight", 1), questions)


def _question(raw: dict[str, Any], section_id: str) -> Question:
    conditions = raw.get("visible_if", {})
    plain = ("id", "type", "weight", "criticality", "not_applicable", "owner_role", "due_days", "effort", "since")
    return Question(
        section_id=section_id,
        text=Localised(raw["text"]),
        why=Localised(raw["why"]),
        options=tuple(_option(option) for option in raw.get("options", ())),
        shown_all=_conditions(conditions.get("all", ())),
        shown_any=_conditions(conditions.get("any", ())),
        evidence=_lines(raw["evidence"]) if "evidence" in raw else None,
        guidance=tuple(raw.get("guidance", ())),
        standards=tuple(raw.get("standards", ())),
        action=_action(raw.get("action")),
        **{key: raw[key] for key in plain if key in raw},
    )


def _option(raw: dict[str, Any]) -> Option:
    tier = float(raw["tier"]) if "tier" in raw else None
    return Option(raw["id"], Localised(raw["label"]), raw.get("score"), _action(raw.get("action")), tier)


def _conditions(raw: Sequence[dict[str, Any]]) -> tuple[Condition, ...]:
    return tuple(Condition(condition["question"], tuple(condition["in"])) for condition in raw)


def _action(raw: dict[str, Any] | None) -> Action | None:
    return Action(Localised(raw["title"]), _lines(raw["steps"]), Localised(raw["done_when"])) if raw else None


def _lines(raw: dict[str, list[str]]) -> LocalList:
    return Localised({language: tuple(lines) for language, lines in raw.items()})


def _standard(name: str, raw: dict[str, Any]) -> Standard:
    words = {key: Localised(raw[key]) for key in ("title", "gist")}
    return Standard(name, **raw | words | {"as_of": date.fromisoformat(raw["as_of"])})


def _faults(questionnaire: Questionnaire, stem: str, profile: Sequence[Question]) -> Iterator[tuple[str, str]]:
    """(place, reason) of what the schema cannot say. Conditions name earlier questions, so they cannot form a circle."""
    if questionnaire.id != stem:
        yield "id", f"{questionnaire.id} != {stem}"
    texts = list(_texts(questionnaire))
    spoken = set().union(*(words for _, words in texts))
    yield from ((place, f"missing: {', '.join(sorted(spoken - words.keys()))}") for place, words in texts if spoken - words.keys())
    yield from _repeated("sections", [section.id for section in questionnaire.sections])
    yield from _repeated("questions", [question.id for question in questionnaire.questions])
    earlier = {question.id: question for question in profile}
    for question in questionnaire.questions:
        yield from _repeated(question.id, [option.id for option in question.options])
        yield from _option_faults(question)
        if question.since > questionnaire.version:
            yield f"{question.id} > since", f"{question.since} > {questionnaire.version}"
        for condition in question.shown_all + question.shown_any:
            target = earlier.get(condition.question)
            if target is None or not set(condition.options) <= {option.id for option in target.options}:
                yield f"{question.id} > visible_if", f"{condition.question}: {', '.join(condition.options)}"
        earlier[question.id] = question


def _option_faults(question: Question) -> Iterator[tuple[str, str]]:
    scores = [option.score for option in question.options if option.score is not None]
    if question.scored and (scores != sorted(scores) or scores[0] != 0 or scores[-1] != 1):
        yield f"{question.id} > options", f"score: 0 ... 1, not {scores}"
    for lines in _all_lines(question):
        counts = {language: len(part) for language, part in lines.items()}
        if len(set(counts.values())) > 1:
            yield question.id, f"{next(iter(lines.values()))[0]} {counts}"


def _repeated(place: str, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((place, f"{name} x {ids.count(name)}") for name in dict.fromkeys(ids) if ids.count(name) > 1)


def _texts(questionnaire: Questionnaire) -> Iterator[tuple[str, LocalText | LocalList]]:
    """All words of a file, each with its place."""
    yield from (("title", questionnaire.title), ("intro", questionnaire.intro))
    yield from ((section.id, section.title) for section in questionnaire.sections)
    for question in questionnaire.questions:
        words = [question.text, question.why, *(option.label for option in question.options)]
        words += [text for action in _actions(question) for text in (action.title, action.done_when)]
        yield from ((question.id, text) for text in words)
        yield from ((question.id, lines) for lines in _all_lines(question))


def _all_lines(question: Question) -> list[LocalList]:
    return [lines for lines in (question.evidence, *(action.steps for action in _actions(question))) if lines]


def _actions(question: Question) -> list[Action]:
    return [action for action in (question.action, *(option.action for option in question.options)) if action]
