"""The `assess` command: an answers file in, a scored report out, in the words of one language or as a file."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from assistant.catalogue import load_profile, load_questionnaires
from assistant.errors import AssistantError
from assistant.i18n import format_date, format_number, tr
from assistant.models import Scope, Status
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question, Questionnaire, accepts
from assistant.report import Report, build_report
from assistant.report_json import report_json
from assistant.scoring import AnswerSheet, Response
from assistant.settings import Settings

JSON = ".json"
FORMATS = (".xlsx", ".docx", ".pdf", ".csv", ".md", ".ics", JSON)
SAMPLES = {"number": "12.5", "duration": "30 min, 4 h, 2 d", "date": "2026-03-31"}


class Entry(BaseModel):
    """An answer with what belongs to its gap."""

    model_config = ConfigDict(extra="forbid")

    option: str
    note: str = ""
    owner: str = ""
    due: dt.date | None = None
    status: Status = "open"
    na_reason: str = ""


Choices = Annotated[list[str], BeforeValidator(lambda value: value.split(",") if isinstance(value, str) else value)]
Given = Annotated[Entry, BeforeValidator(lambda value: value if isinstance(value, dict) else {"option": value})]


class AnswersFile(BaseModel):
    """What an answers file may hold; `date` is the day the answers were given."""

    model_config = ConfigDict(extra="forbid")

    title: str = ""
    supplier: str = ""
    date: dt.date | None = None
    scope: Scope = "full"
    profile: dict[str, Choices] = Field(default_factory=dict)
    answers: dict[str, Given] = Field(default_factory=dict)


def assess(settings: Settings, name: str, answers: Path, language: str, today: dt.date) -> Report:
    """The report on a questionnaire and an answers file; without a date of its own the file counts as answered today.

    Raises AssistantError for an unknown questionnaire, an unreadable file, or an answer that its question cannot have.
    """
    questionnaires = load_questionnaires(settings)
    if name not in questionnaires:
        raise AssistantError("unknown_questionnaire", name=name, expected=", ".join(questionnaires))
    sheet = read_answers(answers, questionnaires[name], load_profile(settings), today)
    return build_report(settings, questionnaires[name], sheet, language)


def read_answers(path: Path, questionnaire: Questionnaire, profile: Questionnaire, today: dt.date) -> AnswerSheet:
    """An answers file, every id and value checked."""
    try:
        file = AnswersFile.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader) or {})
    except (OSError, UnicodeDecodeError) as error:
        raise AssistantError("unreadable_file", file=path, reason=error) from error
    except yaml.YAMLError as error:
        raise AssistantError("answers_file", file=path.name, place="YAML", reason=error) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise AssistantError("answers_file", file=path.name, place=" > ".join(map(str, first["loc"])), reason=first["msg"]) from error
    for question_id, value in file.profile.items():
        _check(path, profile, question_id, value)
    for question_id, entry in file.answers.items():
        _check(path, questionnaire, question_id, entry.option)
        if entry.option == NOT_APPLICABLE and not entry.na_reason.strip():
            raise AssistantError("answers_na_reason", file=path.name, question=question_id)
    day = file.date or today
    responses = {name: Response(answered=day, **entry.model_dump()) for name, entry in file.answers.items()}
    return AnswerSheet(file.title or path.stem, day, file.supplier, file.scope, file.profile, responses)


def export_report(report: Report, path: Path) -> None:
    """Write the report in the format of the file's extension. Raises AssistantError `export_format`, `unwritable_file`."""
    check_format(path)
    try:
        if path.suffix.lower() == JSON:
            path.write_text(json.dumps(report_json(report), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            return
        from assistant.export import write_export

        write_export(report, path, report.header.language)
    except OSError as error:
        raise AssistantError("unwritable_file", file=path, reason=error) from error


def check_format(path: Path) -> None:
    """Raises AssistantError `export_format` for an extension that nothing writes."""
    if path.suffix.lower() not in FORMATS:
        raise AssistantError("export_format", file=path.name, expected=", ".join(FORMATS))


def summary(report: Report) -> Iterator[str]:
    """The report on a few lines: level, score, what caps the level, what to do first."""
    header, score, language = report.header, report.score, report.header.language
    figures = {"overall": score.overall, "low": score.low, "high": score.high}
    shares = {"progress": 100 * (header.progress or 0), "coverage": 100 * (header.coverage or 0)}
    yield " · ".join(part for part in (header.questionnaire, header.title, header.supplier, header.scope, _day(report, header.date)) if part)
    if score.overall is None:
        yield tr("assess.not_assessed", language)
    else:
        shown = {name: format_number(value or 0, header.locale, 1) for name, value in figures.items()}
        shown |= {name: format_number(value, header.locale) for name, value in shares.items()}
        yield tr("assess.result", language, level=report.level_label, **shown)
    if report.unused:
        yield tr("assess.unused", language, names=", ".join(report.unused))
    if report.level_reason:
        yield tr("assess.reason", language)
        yield from (f"- {question}" for question in report.level_reason)
    if report.first:
        yield tr("assess.first", language, count=len(report.gaps))
    for gap in report.first:
        yield tr("assess.action", language, rank=gap.rank, title=gap.title, owner=gap.owner, due=_day(report, gap.due))


class _Loader(yaml.SafeLoader):
    """Refuses a key written twice: one of the two answers would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} x {keys.count(key)}", node.start_mark)
        return super().construct_mapping(node, deep)


def _check(path: Path, questionnaire: Questionnaire, question_id: str, value: str | Sequence[str]) -> None:
    question = questionnaire.find(question_id)
    if question is None:
        ids = [question.id for question in questionnaire.questions]
        close = get_close_matches(question_id, ids, n=3, cutoff=0.5) or ids[:3]
        raise AssistantError("answers_question", file=path.name, question=question_id, expected=", ".join(close))
    if not accepts(question, value):
        given = value if isinstance(value, str) else ", ".join(value)
        raise AssistantError("answers_option", file=path.name, question=question_id, option=given, expected=_expected(question))


def _expected(question: Question) -> str:
    options = [option.id for option in question.options] or [SAMPLES[question.type]]
    return ", ".join([*options, UNKNOWN] + [NOT_APPLICABLE] * question.not_applicable)


def _day(report: Report, day: dt.date) -> str:
    return format_date(day, report.header.locale)
