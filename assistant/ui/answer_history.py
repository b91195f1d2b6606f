"""What was answered before, and when."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from assistant.i18n import format_date, tr
from assistant.models import StoredAnswer
from assistant.questionnaire import Question
from assistant.storage.answers import VALUES
from assistant.ui.assessments_edit import REPLY
from assistant.ui.markup import html_text
from assistant.ui.session import language, local, locale, store, words
from assistant.wording import field_text


def history_html(assessment_id: str, question: Question) -> str:
    """Every state of an answer since when, the latest first, folded away; empty where it never changed."""
    states = store().answer_history(assessment_id, question.id)
    if len(states) < 2:
        return ""
    steps = list(pairwise([(StoredAnswer(question.id), datetime.min), *states]))
    items = "".join(
        f"<li>{html_text(_moment(since))}: {html_text(_change(question, before, after))}</li>" for (before, _), (after, since) in steps[::-1]
    )
    return f'<details class="why"><summary>{words("results.history", count=len(states))}</summary><ul>{items}</ul></details>'


def _change(question: Question, before: StoredAnswer, after: StoredAnswer) -> str:
    """Every field that changed, with what it says since."""
    changed = dict.fromkeys("option" if name in REPLY else name for name in VALUES if getattr(before, name) != getattr(after, name))
    texts = ((name, field_text(question, name, after, language(), locale()) or "–") for name in changed or ("option",))
    return "; ".join(f"{tr(f'reimport.fields.{name}', language())}: {text}" for name, text in texts)


def _moment(since: datetime) -> str:
    return f"{format_date(local(since), locale())}, {local(since):%H:%M}"
