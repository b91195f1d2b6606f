"""The report as Markdown, for a wiki, a ticket or a version control system."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from assistant.export.paper import Paper, PaperAnswer, PaperGap

MARKS = re.compile(r"([\\`*_\[\]<>|#~&$])")  # would start emphasis, links, pictures, tables, HTML or formulas
LINE_STARTS = re.compile(r"(?m)^(\s*)([-+=:]|\d+(?=[.)]))")  # would start a list, a rule or a heading


def markdown_bytes(paper: Paper) -> bytes:
    """The report as Markdown in UTF-8; what people typed is escaped."""
    return ("\n".join(_lines(paper)).rstrip() + "\n").encode()


def _lines(paper: Paper) -> Iterator[str]:
    words = paper.words
    yield f"# {words['report']}: {_plain(paper.title)}\n"
    yield from (f"- **{label}:** {_plain(value)}" for label, value in paper.facts)
    yield f"\n## {words['summary']}\n\n**{_plain(paper.level)}**\n"
    yield from (f"{_plain(line)}  " for line in paper.lines)
    if paper.reasons:
        yield f"\n{words['reason']}\n"
        yield from (f"- {_plain(reason)}" for reason in paper.reasons)
    yield from _figures(paper)
    yield f"\n## {words['first']}\n\n{paper.first_note}\n"
    yield from (f"- **{gap.rank}. {_plain(gap.title)}** · {_inline(gap.owner)} · {gap.due} · {gap.status}" for gap in paper.first)
    if paper.gaps:
        yield f"\n## {words['checklist']}\n"
    for gap in paper.gaps:
        yield from _gap(gap, paper)
    yield from _answers(paper)
    yield from _sources(paper)
    yield f"\n## {words['method']}\n"
    yield from (f"- **{_plain(title)}.** {_plain(text)}" for title, text in paper.method)


def _figures(paper: Paper) -> Iterator[str]:
    words = paper.words
    yield f"\n### {words['chart']}\n"
    yield from _table([words[name] for name in ("section", "weight", "score", "interval", "coverage")], _rows(paper))


def _rows(paper: Paper) -> Iterator[Sequence[str]]:
    return ((s.title, s.weight, s.score, s.interval, s.coverage) for s in paper.sections)


def _gap(gap: PaperGap, paper: Paper) -> Iterator[str]:
    words, answer = paper.words, gap.answer
    yield f"- [{'x' if gap.closed else ' '}] **{gap.rank}. {_plain(gap.title)}**"
    known = {"owner": gap.owner, "due": gap.due, "status": gap.status, "effort": gap.effort, "priority": gap.priority}
    yield "  - " + " · ".join(f"{words[name]}: {_inline(value)}" for name, value in known.items())
    yield f"  - {words['section']}: {_plain(gap.section)} · {answer.importance}"
    yield f"  - {words['question']}: {_plain(answer.question)} {words['answer']}: {_inline(answer.answer)}"
    yield f"  - {words['steps']}:"
    yield from (f"    {number}. {_plain(step)}" for number, step in enumerate(gap.steps, start=1))
    yield f"  - {words['done_when']}: {_plain(gap.done_when)}"
    yield from _basis(answer, words, "  ")
    if answer.note:
        yield f"  - {words['note']}: {_inline(answer.note)}"


def _answers(paper: Paper) -> Iterator[str]:
    words = paper.words
    yield f"\n## {words['answers']}\n"
    if paper.profile:
        yield f"### {words['profile']}\n"
        yield from (f"- {_plain(question)} **{_plain(answer)}**" for question, answer in paper.profile)
    for section in paper.sections:
        yield f"\n### {_plain(section.title)}\n\n{_plain(section.line)}\n"
        for answer in section.answers:
            points = f" · {words['points']}: {answer.points}" if answer.points else ""
            yield f"- {_plain(answer.question)} **{_inline(answer.answer)}**{points} · {answer.importance}"
            if answer.na_reason:
                yield f"  - {words['na_reason']}: {_inline(answer.na_reason)}"
            if answer.note:
                yield f"  - {words['note']}: {_inline(answer.note)}"
            yield from _basis(answer, words, "  ")


def _basis(answer: PaperAnswer, words: dict[str, str], indent: str) -> Iterator[str]:
    yield from (f"{indent}- {words['guidance']}: {_plain(line)}" for line in answer.guidance)
    yield from (f"{indent}- {words['clauses']}: {_plain(line)}" for line in answer.clauses)


def _sources(paper: Paper) -> Iterator[str]:
    words = paper.words
    yield f"\n## {words['sources']}\n\n### {words['guide_sources']}\n"
    yield from _table([words[name] for name in ("document", "sections", "origin")], paper.guidance)
    if paper.standards:
        yield f"\n### {words['standards']}\n"
        rows = [(standard, *clause) for standard, clauses in paper.standards for clause in clauses]
        yield from _table([words[name] for name in ("standards", "clause", "gist", "as_of")], rows)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|{' --- |' * len(headings)}"
    yield from (f"| {' | '.join(_inline(cell) for cell in row)} |" for row in rows)


def _plain(text: str) -> str:
    return LINE_STARTS.sub(r"\1\\\2", MARKS.sub(r"\\\1", text))


def _inline(text: str) -> str:
    """Text that stays on its line, whatever breaks it holds."""
    return "<br>".join(_plain(line.strip()) for line in text.splitlines() if line.strip())
