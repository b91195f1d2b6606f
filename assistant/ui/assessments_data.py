"""Assessments as the pages need them: read from the store at each run, scored, put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import streamlit as st

from assistant.interview import Catalogue, load_catalogue
from assistant.models import Assessment, StoredAnswer
from assistant.questionnaire import Questionnaire
from assistant.replies import answer_sheet
from assistant.report import Report, build_report
from assistant.scoring import AnswerSheet
from assistant.ui.pages import ASSESSMENT_PARAM
from assistant.ui.session import language, local, locale, settings, store

OPEN = "assessment"  # session key: the assessment whose result or form was seen last


@dataclass(frozen=True, slots=True)
class Opened:
    """One assessment with its questions and the answers in force."""

    assessment: Assessment
    questionnaire: Questionnaire
    answers: Mapping[str, StoredAnswer]
    sheet: AnswerSheet

    def answer(self, question_id: str) -> StoredAnswer:
        """The answer in force, or an empty one that is not saved yet."""
        return self.answers.get(question_id) or StoredAnswer(question_id)


@st.cache_resource(show_spinner=False)
def catalogue() -> Catalogue:
    """Profile and questionnaires, read once a process."""
    return load_catalogue(settings())


def questionnaires() -> dict[str, Questionnaire]:
    """All questionnaires by id."""
    return catalogue().questionnaires


def profile() -> Questionnaire:
    """The shared profile."""
    return catalogue().profile


def today() -> date:
    """The day it is where the company is."""
    return local(datetime.now(UTC)).date()


def opened_assessment() -> Opened | None:
    """The assessment that the address names, else the session's; None when there is none or it is gone."""
    wanted = st.query_params.get(ASSESSMENT_PARAM) or st.session_state.get(OPEN)
    assessment = store().assessment(wanted) if wanted else None
    if assessment is None or assessment.questionnaire_id not in questionnaires():
        return None
    st.query_params[ASSESSMENT_PARAM] = assessment.id
    st.session_state[OPEN] = assessment.id
    return load_opened(assessment)


def load_opened(assessment: Assessment) -> Opened:
    """An assessment with its answers, as they stand now."""
    questionnaire = questionnaires()[assessment.questionnaire_id]
    answers = store().answers(assessment.id)
    sheet = answer_sheet(assessment, answers, today(), ZoneInfo(settings().time_zone))
    return Opened(assessment, questionnaire, answers, sheet)


def report_of(opened: Opened) -> Report:
    """Its report in the visitor's language."""
    return build_report(settings(), opened.questionnaire, opened.sheet, language(), locale())
