"""The `assess` command from answers file to report."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.__main__ import main
from assistant.assess import FORMATS, assess
from assistant.catalogue import load_questionnaires
from assistant.errors import AssistantError
from assistant.i18n import languages, tr
from assistant.report import Report
from assistant.settings import ROOT, load_settings

TODAY = "2026-03-02"
ANSWERS: dict[str, Any] = {
    "title": "Mesa de ayuda",
    "supplier": "Ñandú S.A.",
    "date": date(2026, 2, 1),
    "scope": "full",
    "profile": {"profile.criticality": "high", "profile.countries": ["es", "co"], "profile.offshore": "same_country"},
    "answers": {
        "continuity.impact.bia": "general",
        "continuity.impact.rto_fit": "unknown",
        "continuity.impact.promised_rto": "4 h",
        "continuity.impact.rpo_fit": {"option": "not_applicable", "na_reason": "El servicio no guarda datos."},
        "continuity.bcp.plan": {"option": "draft", "note": "=1+1", "owner": "Ana Peña", "due": date(2026, 4, 1), "status": "in_progress"},
        "continuity.crisis.contacts": "checked",
    },
}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_answers(**changes: Any) -> Path:
        path = tmp_path / "answers.yaml"
        path.write_text(yaml.safe_dump(ANSWERS | changes, allow_unicode=True), encoding="utf-8")
        return path

    return write_answers


def run(path: Path, *more: str, questionnaire: str = "continuity") -> int:
    return main(["assess", questionnaire, "--answers", str(path), "--date", TODAY, *more])


def export(path: Path, questionnaire: str = "continuity") -> Any:
    out = path.with_suffix(".json")
    assert run(path, "--export", str(out), questionnaire=questionnaire) == 0
    return json.loads(out.read_text(encoding="utf-8"))


def report(path: Path, language: str = "es") -> Report:
    return assess(load_settings({}), "continuity", path, language, date.fromisoformat(TODAY))


def refusal(path: Path, capsys: pytest.CaptureFixture[str], *more: str, **chosen: str) -> str:
    assert run(path, *more, **chosen) == 2
    said = capsys.readouterr()
    assert said.out == "" and "Traceback" not in said.err
    return said.err


def test_the_json_export_is_the_contract(write: Write) -> None:
    data = export(write())
    assert list(data) == ["assessment", "score", "answers", "gaps", "method"]
    assert list(data["score"]) == ["overall", "level", "level_reason", "scope", "coverage", "low", "high", "sections"]
    assert list(data["score"]["sections"][0]) == ["id", "score", "coverage", "low", "high"]
    keys = ["question_id", "priority", "parts", "action", "owner", "due", "status", "guidance", "standards"]
    assert all(list(gap) == keys for gap in data["gaps"])


def test_the_export_says_what_was_answered_and_what_follows(write: Write) -> None:
    data = export(write())
    answers = {answer["question_id"]: answer for answer in data["answers"]}
    assert answers["continuity.bcp.plan"]["note"] == "=1+1" and answers["continuity.bcp.plan"]["score"] == 0.6
    assert answers["continuity.impact.rpo_fit"]["na_reason"] == "El servicio no guarda datos."
    assert answers["continuity.impact.promised_rto"]["answer"] == "4 h" and answers["continuity.impact.promised_rto"]["score"] is None
    assert answers["continuity.drp.plan"]["state"] == "unanswered" and answers["continuity.drp.plan"]["score"] is None
    assert "continuity.chain.location" not in answers
    assert [gap["question_id"] for gap in data["gaps"]] == ["continuity.impact.rto_fit", "continuity.impact.bia", "continuity.bcp.plan"]
    assert [gap["due"] for gap in data["gaps"]] == ["2026-02-15", "2026-04-02", "2026-04-01"]
    assert [gap["owner"] for gap in data["gaps"]] == ["Continuidad", "Continuidad", "Ana Peña"]
    assert data["score"]["level_reason"] == ["continuity.impact.rto_fit"] and data["score"]["level"] == 1
    assert data["assessment"]["provisional"] and data["assessment"]["date"] == "2026-02-01"


def test_shown_figures_recompute_from_the_export(write: Write) -> None:
    data = export(write())
    sections = {section["id"]: section["score"] for section in data["score"]["sections"]}
    for name, shown in sections.items():
        rows = [(a["weight"], a["score"]) for a in data["answers"] if a["section_id"] == name and a["score"] is not None]
        assert shown == (round(100 * sum(w * s for w, s in rows) / sum(w for w, _ in rows), 2) if rows else None)
    weighted = [(data["method"]["section_weights"][name], value) for name, value in sections.items() if value is not None]
    assert data["score"]["overall"] == pytest.approx(sum(w * v for w, v in weighted) / sum(w for w, _ in weighted), abs=0.01)
    for gap in data["gaps"]:
        parts = gap["parts"]
        assert gap["priority"] == pytest.approx(
            parts["weight"] * parts["criticality"] * parts["shortfall"] * parts["tier"] / parts["effort"], abs=1e-4
        )


def test_every_gap_cites_the_guide_and_every_secondary_clause_says_so(write: Write) -> None:
    everything = {q.id: q.options[0].id for q in load_questionnaires(load_settings({}))["data-protection"].questions}
    data = export(write(profile={}, answers=everything), "data-protection")
    assert len(data["gaps"]) == len(everything)
    assert all(gap["guidance"] and gap["guidance"][0]["source"]["title"] for gap in data["gaps"])
    clauses = [clause for gap in data["gaps"] for clause in gap["standards"]]
    assert {clause["certainty"] for clause in clauses} == {"primary", "secondary"}
    assert all(bool(clause["note"]) == (clause["certainty"] == "secondary") for clause in clauses)


@pytest.mark.parametrize("language", languages())
def test_the_report_speaks_one_language(write: Write, language: str) -> None:
    made = report(write(), language)
    questionnaire = load_questionnaires(load_settings({}))["continuity"]
    assert (made.header.language, made.header.locale) == (language, tr("locale", language))
    assert {answer.question for answer in made.answers} <= {question.text[language] for question in questionnaire.questions}
    assert all(passage.language == language for answer in made.answers for passage in answer.guidance)
    assert made.gaps[1].title in {question.action.title[language] for question in questionnaire.questions if question.action}
    assert made.level_label == tr("levels.provisional", language, level=tr("levels.1", language))
    assert not any("{" in note.text for note in made.method)


def test_the_header_names_versions_edition_date_language_and_coverage(write: Write) -> None:
    header = report(write()).header
    assert header.product_version[0].isdigit() and header.questionnaire_version == 1 and len(header.guide_edition) == 12
    assert (header.title, header.supplier, header.date, header.language) == ("Mesa de ayuda", "Ñandú S.A.", date(2026, 2, 1), "es")
    assert header.coverage == pytest.approx(4 / 48) and header.progress == pytest.approx(5 / 48)
    assert dict(header.profile)[tr_profile("profile.countries")] == "España; Colombia"
    assert dict(header.profile)[tr_profile("profile.ai")] == "Sin responder"


def tr_profile(question_id: str) -> str:
    raw = yaml.safe_load((ROOT / "knowledge" / "questionnaires" / "profile.yaml").read_text(encoding="utf-8"))
    return next(str(q["text"]["es"]) for section in raw["sections"] for q in section["questions"] if q["id"] == question_id)


def test_without_a_date_the_answers_are_of_today(write: Write) -> None:
    data = export(write(date=None))
    assert data["assessment"]["date"] == TODAY and data["gaps"][0]["due"] == "2026-03-16"


def test_the_summary_names_level_caps_and_first_actions(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write()) == 0
    said = capsys.readouterr().out
    assert "Nivel 1 de 4: inicial (provisional)" in said and "¿Cabe el tiempo de recuperación" in said and "Ana Peña · 1 abr 2026" in said


def test_answers_that_do_not_count_are_named(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(scope="quick"), "--lang", "en") == 0
    said = capsys.readouterr().out
    assert "Not counted in this scope or with this profile: " in said and "continuity.impact.promised_rto" in said


def test_no_answers_is_not_assessed_and_never_zero(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    data = export(write(answers={}))
    assert (data["score"]["overall"], data["score"]["level"], data["gaps"]) == (None, None, [])
    assert data["assessment"]["level_label"] == "Sin evaluar" and "Sin evaluar" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"continuity.bcp.plann": "none"}, ["continuity.bcp.plann", "continuity.bcp.plan,"]),
        ({"continuity.bcp.plan": "perhaps"}, ["perhaps", "none, general, draft, approved, unknown"]),
        ({"continuity.bcp.plan": "not_applicable"}, ["continuity.bcp.plan", "none, general"]),
        ({"continuity.impact.rpo_fit": "not_applicable"}, ["continuity.impact.rpo_fit", "na_reason"]),
        ({"continuity.impact.rpo_fit": {"option": "not_applicable", "na_reason": " "}}, ["na_reason"]),
        ({"continuity.impact.promised_rto": "soon"}, ["soon", "30 min, 4 h, 2 d, unknown"]),
        ({"continuity.bcp.plan": True}, ["answers > continuity.bcp.plan > option"]),
        ({"continuity.bcp.plan": {"option": "none", "status": "closed"}}, ["continuity.bcp.plan > status"]),
        ({"continuity.bcp.plan": {"option": "none", "owned": "Ana"}}, ["continuity.bcp.plan > owned"]),
        ({"continuity.bcp.plan": {"option": "none", "due": "soon"}}, ["continuity.bcp.plan > due"]),
    ],
)
def test_an_answer_that_cannot_be_is_refused_with_what_is_expected(
    write: Write, capsys: pytest.CaptureFixture[str], answers: dict[str, Any], words: list[str]
) -> None:
    said = refusal(write(answers=answers), capsys)
    assert all(word in said for word in words)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"profile": {"profile.ai": "some"}}, "provider_uses"),
        ({"profile": {"profile.a": "none"}}, "profile.ai"),
        ({"profile": {"profile.ai": "not_applicable"}}, "provider_uses"),
        ({"scope": "half"}, "scope"),
        ({"date": "yesterday"}, "date"),
        ({"answer": {}}, "answer"),
    ],
)
def test_a_file_that_cannot_be_is_refused(write: Write, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], word: str) -> None:
    assert word in refusal(write(**changes), capsys)


@pytest.mark.parametrize("text", ["answers: [", "- 1", "answers:\n  continuity.bcp.plan: none\n  continuity.bcp.plan: draft\n", "\x00"])
def test_text_that_is_no_answers_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(text, encoding="utf-8")
    assert "answers.yaml" in refusal(path, capsys)


def test_files_and_names_that_are_not_there_are_refused(write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nada.yaml" in refusal(tmp_path / "nada.yaml", capsys)
    assert "continuity, data-protection, readiness" in refusal(write(), capsys, questionnaire="continuidad")
    assert all(suffix in refusal(write(), capsys, "--export", "out.txt") for suffix in FORMATS)
    assert run(write(), "--export", str(tmp_path / "none" / "out.json")) == 2
    assert "out.json" in capsys.readouterr().err


@pytest.mark.parametrize("day", ["2026-13-01", "hoy"])
def test_a_day_that_is_none_is_refused(write: Write, capsys: pytest.CaptureFixture[str], day: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(["assess", "continuity", "--answers", str(write()), "--date", day])
    assert left.value.code == 2 and day in capsys.readouterr().err


def test_a_broken_questionnaire_is_named(tmp_path: Path) -> None:
    (tmp_path / "questionnaires").mkdir()
    for name in ("schema.json", "profile.yaml"):
        (tmp_path / "questionnaires" / name).write_bytes((ROOT / "knowledge" / "questionnaires" / name).read_bytes())
    (tmp_path / "questionnaires" / "mine.yaml").write_text('id: "mine"\n', encoding="utf-8")
    with pytest.raises(AssistantError, match=r"mine\.yaml"):
        assess(load_settings({"RESGUARDO_KNOWLEDGE": str(tmp_path)}), "mine", tmp_path / "a.yaml", "es", date(2026, 1, 1))


def test_the_command_runs_on_its_own_and_loads_nothing_heavy(write: Write, tmp_path: Path) -> None:
    code = (
        "import sys; from assistant.__main__ import main; code = main(sys.argv[1:]); "
        "sys.exit(code or len({'chromadb', 'onnxruntime', 'streamlit', 'torch', 'sqlalchemy'} & sys.modules.keys()))"
    )
    out = tmp_path / "out.json"
    args = ["assess", "readiness", "--answers", str(write(answers={})), "--export", str(out)]
    done = subprocess.run([sys.executable, "-c", code, *args], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(out.read_text(encoding="utf-8"))["assessment"]["questionnaire_id"] == "readiness"
