"""The quality table: questions with known facts or passages, and questions to refuse, against what the assistant says."""

from __future__ import annotations

import json
import re
import statistics
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.answer import Assistant, count_words, refuse
from assistant.errors import AssistantError
from assistant.i18n import explain
from assistant.language import detect_language
from assistant.models import Answer, Reason
from assistant.verify import check_citations

Report = dict[str, Any]  # group -> measure -> value, and the ids of the questions missed
Floors = Mapping[str, Mapping[str, float]]  # group -> measure -> least value
MAX_WORDS = 220  # an answer above it is no answer
COLUMNS = ("n", "ok", "facts", "accepted", "lang", "median", "max", "p50", "p95")
QUOTED_OR_LISTED = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"|^\s*[-*+].*$", re.M)  # may be in the guide's language


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, its answer, and how much of what was expected the answer holds."""

    row: Mapping[str, Any]
    answer: Answer
    expected: bool  # whether the guide answers the question
    share: float  # of the expected facts or passages; of a question to refuse, always 0
    ok: bool
    words: int
    right_language: bool


def evaluate(assistant: Assistant, rows: Iterable[Mapping[str, Any]]) -> Report:
    """Ask every question and measure the answers; questions tagged `peripheral` are left out.

    A row with `facts` (regular expressions on the cited sentences, lower case without accents) is right with `min_facts` of them
    in at most MAX_WORDS words; one with `passages` (passage or document ids) is right when one of them is cited; any other row is
    right when it is refused, and is counted under its `kind`. Shares are 0 to 1, times in milliseconds.
    Raises AssistantError `unreadable_file` at a row whose facts cannot be looked for.
    """
    outcomes = [_outcome(assistant, row) for row in rows if not _peripheral(row)]
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        for name in _groups(outcome):
            groups.setdefault(name, []).append(outcome)
    report: Report = {name: _measures(group) for name, group in sorted(groups.items())}
    report["sentences truly cited"] = _cited([outcome.answer for outcome in outcomes])
    report["words"] = _spread([o.words for o in outcomes if o.answer.found])
    report["elapsed_ms"] = _latency([o.answer.elapsed_ms for o in outcomes if o.answer.elapsed_ms])
    report["missed"] = [str(o.row.get("id", o.row["question"])) for o in outcomes if not o.ok]
    return report


def table(report: Report) -> str:
    """The report as aligned lines, one a group, then the ids missed."""
    groups = {name: values for name, values in report.items() if isinstance(values, dict)}
    columns = [column for column in COLUMNS if any(column in values for values in groups.values())]
    width = max(len(name) for name in groups)
    lines = [" " * width + "".join(f"{column:>10}" for column in columns)]
    for name, values in groups.items():
        lines.append(f"{name:{width}}" + "".join(f"{_cell(values.get(column)):>10}" for column in columns).rstrip())
    return "\n".join([*lines, *([f"missed: {' '.join(report['missed'])}"] if report["missed"] else [])])


def read_floors(path: Path) -> Floors:
    """Floors from a JSON file. Raises AssistantError `unreadable_file`."""
    try:
        floors: Floors = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AssistantError("unreadable_file", file=path, reason=error) from error
    return floors


def below_floors(report: Report, floors: Floors) -> list[tuple[str, float | None, float]]:
    """Measures below their floor, as ("group: measure", value, floor); a measure that is missing is below."""
    values = [(f"{group}: {name}", report.get(group, {}).get(name), floor) for group, wanted in floors.items() for name, floor in wanted.items()]
    return [(name, value, floor) for name, value, floor in values if value is None or value < floor]


def _outcome(assistant: Assistant, row: Mapping[str, Any]) -> Outcome:
    answer = _ask(assistant, row)
    expected = "facts" in row or "passages" in row
    found, enough = _expected(row, answer) if expected and answer.found else ([False], 1)
    length = count_words(answer.text)
    ok = sum(found) >= enough and length <= MAX_WORDS if expected else not answer.found
    return Outcome(row, answer, expected, sum(found) / len(found), ok, length, _language(answer) == row.get("lang", answer.language))


def _ask(assistant: Assistant, row: Mapping[str, Any]) -> Answer:
    language = assistant.settings.language
    try:
        return assistant.ask(row["question"], row.get("history") or (), language)
    except AssistantError as error:
        return refuse(row["question"], language, Reason.BAD_INPUT, reason_text=explain(error, language))


def _expected(row: Mapping[str, Any], answer: Answer) -> tuple[list[bool], int]:
    """Which of the expected facts or passages the answer holds, and how many are enough."""
    if "facts" in row:
        text = _plain(" ".join(sentence.text for sentence in answer.sentences if sentence.citations))
        try:
            return [re.search(fact, text) is not None for fact in row["facts"]], int(row["min_facts"])
        except (re.error, KeyError) as error:
            raise AssistantError("unreadable_file", file=row.get("id", row["question"]), reason=repr(error)) from error
    cited = {name for citation in answer.citations for name in (citation.passage.id, citation.passage.document_id)}
    return [any(name in cited for name in row["passages"])], 1


def _plain(text: str) -> str:
    """Lower case, accents stripped, blanks collapsed."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(bare.lower().split())


def _language(answer: Answer) -> str:
    """The language in which the answer speaks: its sentences, or a refusal's own words."""
    text = " ".join(sentence.text for sentence in answer.sentences) if answer.found else QUOTED_OR_LISTED.sub(" ", answer.text)
    return detect_language(text, default=answer.language)


def _groups(outcome: Outcome) -> Iterator[str]:
    if not outcome.expected:
        yield f"refused {outcome.row.get('kind', 'other')}"
        return
    yield "answered"
    for key in ("lang", "style"):
        if key in outcome.row:
            yield f"answered {outcome.row[key]}"
    if outcome.row.get("history"):
        yield "answered follow-up"


def _measures(group: Sequence[Outcome]) -> dict[str, float]:
    measures = {"n": float(len(group)), "ok": _mean([o.ok for o in group]), "lang": _mean([o.right_language for o in group])}
    if group[0].expected:
        measures |= {"facts": _mean([o.share for o in group]), "accepted": _mean([o.answer.found for o in group])}
    return measures


def _cited(answers: Iterable[Answer]) -> dict[str, float | None]:
    """Share of sentences that stand, word for word, in the passages that their marks name; each judged by itself."""
    verdicts = [check_citations(replace(answer, sentences=(sentence,))) for answer in answers for sentence in answer.sentences]
    return {"n": float(len(verdicts)), "ok": _mean(verdicts) if verdicts else None}


def _spread(lengths: Sequence[int]) -> dict[str, float | None]:
    return {"median": statistics.median(lengths) if lengths else None, "max": max(lengths, default=None)}


def _latency(times: Sequence[float]) -> dict[str, float | None]:
    ordered = sorted(times)
    return {"p50": statistics.median(ordered) if ordered else None, "p95": ordered[int(0.95 * (len(ordered) - 1))] if ordered else None}


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3)


def _peripheral(row: Mapping[str, Any]) -> bool:
    return bool(row.get("peripheral")) or "peripheral" in (row.get("tag"), *row.get("tags", ()))


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
