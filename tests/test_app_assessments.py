"""Assessments, results and the form without a browser: what is listed, started, edited, refused and brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from assistant.catalogue import load_questionnaires
from assistant.i18n import tr
from assistant.models import Assessment, StoredAnswer
from assistant.questionnaire import Questionnaire
from assistant.settings import load_settings
from assistant.storage import Store, open_store
from assistant.ui.pages import ASSESSMENT_PARAM

FORM = load_questionnaires(load_settings({}))["continuity"]
SECONDS = 60
Open = Callable[..., AppTest]


def words(key: str, **values: object) -> str:
    return tr(f"ui.{key}", "es", **values)


def script(name: str) -> None:
    """One page without the router, which AppTest cannot move in."""
    from importlib import import_module

    import streamlit as st

    from assistant.errors import AssistantError
    from assistant.i18n import explain
    from assistant.ui import session
    from assistant.ui.pages import all_pages

    session.language()
    st.navigation(all_pages())
    module, function = name.split(":")
    try:
        getattr(import_module(f"assistant.ui.{module}"), function)()
    except AssistantError as error:
        st.error(explain(error, "es"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("RESGUARDO_HOME", str(tmp_path))
    return open_store(load_settings({"RESGUARDO_HOME": str(tmp_path)}))


@pytest.fixture
def open_page(store: Store) -> Iterator[Open]:
    def start(name: str, assessment: Assessment | None = None) -> AppTest:
        st.cache_resource.clear()
        app = AppTest.from_function(script, default_timeout=SECONDS, args=(name,))
        if assessment:
            app.query_params[ASSESSMENT_PARAM] = assessment.id
        app.run()
        assert not app.exception
        return app

    yield start
    st.cache_resource.clear()


def begun(store: Store, title: str = "Nómina", count: int = 12, option: int = 0, form: Questionnaire = FORM) -> Assessment:
    """An assessment whose first scored questions all have the option at that place."""
    assessment = store.start_assessment(title, "Acme", form.id, form.version)
    scored = [question for question in form.questions if question.scored][:count]
    store.save_answers(assessment.id, [StoredAnswer(q.id, option=q.options[option].id, note="Visto en marzo") for q in scored])
    return assessment


def html(app: AppTest) -> str:
    return "\n".join(element.body for element in app.html)


def only(store: Store) -> Assessment:
    [assessment] = store.assessments()
    return assessment


def test_an_empty_list_says_what_to_do(open_page: Open) -> None:
    app = open_page("assessments:show_assessments")
    assert words("assessments.empty") in html(app)
    assert app.button(key="start-chat")


def test_an_assessment_needs_a_service_and_starts_with_what_was_chosen(open_page: Open, store: Store) -> None:
    app = open_page("assessments:show_assessments")
    app.button(key="start-form").click().run()
    assert app.warning[0].value == words("assessments.name_it")
    assert store.assessments() == []
    app.text_input(key="start-service").set_value("  Mesa   de ayuda ")
    app.text_input(key="start-supplier").set_value("Acme")
    app.radio(key="start-questionnaire").set_value("readiness")
    app.radio(key="start-scope").set_value("full")
    app.button(key="start-form").click().run()
    started = only(store)
    assert (started.title, started.supplier, started.questionnaire_id, started.scope) == ("Mesa de ayuda", "Acme", "readiness", "full")


def test_a_row_says_supplier_scope_progress_and_level(open_page: Open, store: Store) -> None:
    begun(store)
    shown = html(open_page("assessments:show_assessments"))
    for part in ("Acme", FORM.title["es"], tr("scopes.full", "es"), tr("levels.0", "es"), "12 de "):
        assert part in shown


def test_a_gone_assessment_is_said_and_not_an_error(open_page: Open, store: Store) -> None:
    assessment = begun(store)
    store.delete_assessment(assessment.id)
    for page in ("results:show_result", "review:show_review"):
        assert open_page(page, assessment).warning[0].value == words("results.gone")


def test_a_result_without_answers_says_what_to_do(open_page: Open, store: Store) -> None:
    assert words("results.empty") in html(open_page("results:show_result", begun(store, count=0)))


def test_the_level_is_provisional_below_the_coverage_and_names_failed_musts(open_page: Open, store: Store) -> None:
    shown = html(open_page("results:show_result", begun(store)))
    musts = [q for q in FORM.questions if q.scored][:12]
    assert words("results.provisional") in shown
    assert next(q for q in musts if q.criticality == "must").text["es"] in shown


def test_the_first_six_actions_come_first_then_all_and_filters_narrow_them(open_page: Open, store: Store) -> None:
    app = open_page("results:show_result", begun(store))
    assert len(gaps(app)) == 6
    app.toggle(key="gaps-all").set_value(True).run()
    assert len(gaps(app)) == 12
    app.toggle(key="gaps-must").set_value(True).run()
    musts = [q for q in [q for q in FORM.questions if q.scored][:12] if q.criticality == "must"]
    assert len(gaps(app)) == len(musts)
    app.selectbox(key="gaps-section").set_value(musts[0].section_id).run()
    assert len(gaps(app)) == len([q for q in musts if q.section_id == musts[0].section_id])


def gaps(app: AppTest) -> list[str]:
    """The actions listed."""
    return [box.label for box in app.expander if box.label.startswith("**")]


def opened_gap(open_page: Open, store: Store) -> tuple[AppTest, str, Assessment, StoredAnswer]:
    """The result with the gap of its first question open, and the name of its row of fields."""
    assessment = begun(store)
    answer = store.answers(assessment.id)[next(q.id for q in FORM.questions if q.scored)]
    app = open_page("results:show_result", assessment)
    app.toggle(key="gaps-all").set_value(True).run()
    return kept_open(app, f"gap-{answer.question_id}"), f"gap-{assessment.id}-{answer.question_id}", assessment, answer


def test_owner_date_and_status_are_saved_at_once(open_page: Open, store: Store) -> None:
    app, row, assessment, answer = opened_gap(open_page, store)
    box = f"gap-{answer.question_id}"
    app.text_input(key=f"{row}-owner").set_value("Ana Ruiz")
    kept_open(app, box)
    app.date_input(key=f"{row}-due").set_value(date(2027, 1, 31))
    kept_open(app, box)
    app.selectbox(key=f"{row}-status").set_value("in_progress")
    kept_open(app, box)
    saved = store.answers(assessment.id)[answer.question_id]
    assert (saved.owner, saved.due, saved.status) == ("Ana Ruiz", date(2027, 1, 31), "in_progress")
    assert (saved.option, saved.note) == (answer.option, answer.note)
    assert "Ana Ruiz" in html(app)
    history = html(app).partition(words("results.history", count=4))[2].partition("</details>")[0]
    assert [text in history for text in ("Ana Ruiz", "31 ene 2027", tr("statuses.in_progress", "es"))] == [True] * 3


def test_an_open_gap_shows_question_note_guidance_and_clauses(open_page: Open, store: Store) -> None:
    app, _, _, answer = opened_gap(open_page, store)
    shown, question = html(app), FORM.find(answer.question_id)
    assert question
    assert question.text["es"] in shown
    assert "Visto en marzo" in shown
    assert shown.count('class="cite"') == len(question.guidance)
    assert words("results.clauses") in shown


def test_a_change_over_what_another_window_wrote_is_refused_with_what_changed(open_page: Open, store: Store) -> None:
    app, row, assessment, answer = opened_gap(open_page, store)
    box = f"gap-{answer.question_id}"
    store.save_answer(assessment.id, replace(answer, owner="Berta"), answer.version)
    app.text_input(key=f"{row}-owner").set_value("Ana")
    kept_open(app, box)
    assert store.answers(assessment.id)[answer.question_id].owner == "Berta"
    assert tr("errors.stale_row", "es") in app.warning[0].value
    assert words("edit.fields.owner") in app.warning[0].value
    assert "Ana" in app.warning[0].value
    assert app.text_input(key=f"{row}-owner").value == "Berta"
    app.text_input(key=f"{row}-owner").set_value("Carla")
    kept_open(app, box)
    assert store.answers(assessment.id)[answer.question_id].owner == "Carla"
    assert not app.warning


def test_the_comparison_offers_earlier_ones_of_the_same_questionnaire_only(open_page: Open, store: Store) -> None:
    readiness = load_questionnaires(load_settings({}))["readiness"]
    earlier, _, now = begun(store, "Antes"), begun(store, "Otra", form=readiness), begun(store, "Ahora", option=-1)
    begun(store, "Después")
    app = open_page("results:show_result", now)
    assert [option.partition(" ")[0] for option in app.selectbox(key="compare").options] == ["Antes"]
    app.selectbox(key="compare").set_value(earlier.id).run()
    assert words("results.kinds.closed", count=12) in [box.label for box in app.expander]


def kept_open(app: AppTest, box: str) -> AppTest:
    """Run what was changed with an expander open: AppTest does not always say that it is, as a browser does at each run."""
    app.run()
    if not (app.text_input or app.text_area):
        app.session_state[box] = True
        app.run()
    assert not app.exception
    return app


def opened_form(open_page: Open, assessment: Assessment, section: str) -> AppTest:
    return kept_open(open_page("review:show_review", assessment), f"section-{assessment.id}-{section}")


def test_the_form_saves_each_answer_and_says_how_far_it_is(open_page: Open, store: Store) -> None:
    assessment, question = begun(store, count=0), next(q for q in FORM.questions if q.scored)
    box = f"section-{assessment.id}-{question.section_id}"
    app = opened_form(open_page, assessment, question.section_id)
    row = f"form-{assessment.id}-{question.id}"
    app.radio(key=f"{row}-reply").set_value(question.options[1].id)
    kept_open(app, box)
    note = "Hay un acta\nsin firma"  # a field of one line would lose the second
    app.text_area(key=f"{row}-note").set_value(note)
    kept_open(app, box)
    saved = store.answers(assessment.id)[question.id]
    assert (saved.option, saved.note) == (question.options[1].id, note)
    assert words("assessments.progress", answered=1, applicable=len(FORM.questions)) in html(app)
    app.button(key=f"{row}-clear").click()
    kept_open(app, box)
    assert question.id not in store.answers(assessment.id)
    assert app.radio(key=f"{row}-reply").value is None
    history = html(app).partition(words("results.history", count=3))[2].partition("</details>")[0]
    assert [text in history for text in (question.options[1].label["es"], "sin firma", tr("answers.unanswered", "es"))] == [True] * 3


def test_not_applicable_is_saved_only_with_its_reason(open_page: Open, store: Store) -> None:
    assessment = begun(store, count=0)
    question = next(q for q in FORM.questions if q.not_applicable and q.scored and not q.shown_all and not q.shown_any)
    box = f"section-{assessment.id}-{question.section_id}"
    app = opened_form(open_page, assessment, question.section_id)
    row = f"form-{assessment.id}-{question.id}"
    app.radio(key=f"{row}-reply").set_value("not_applicable")
    kept_open(app, box)
    assert question.id not in store.answers(assessment.id)
    assert words("review.na_needed") in [warning.value for warning in app.warning]
    app.text_area(key=f"{row}-na_reason").set_value("Sin datos")
    kept_open(app, box)
    assert store.answers(assessment.id)[question.id].na_reason == "Sin datos"


def test_a_duration_is_read_or_refused_in_words(open_page: Open, store: Store) -> None:
    assessment, question = begun(store, count=0), next(q for q in FORM.questions if q.type == "duration")
    box = f"section-{assessment.id}-{question.section_id}"
    app = opened_form(open_page, assessment, question.section_id)
    key = f"form-{assessment.id}-{question.id}"
    app.text_input(key=f"{key}-reply").set_value("pronto")
    kept_open(app, box)
    assert "pronto" in app.warning[0].value
    app.text_input(key=f"{key}-reply").set_value("2 d")
    kept_open(app, box)
    assert store.answers(assessment.id)[question.id].number == 48
    app.button(key=f"{key}-unknown").click()
    kept_open(app, box)
    assert store.answers(assessment.id)[question.id].option == "unknown"


def test_the_form_shows_what_the_chat_saved_and_refuses_stale_rows(open_page: Open, store: Store) -> None:
    assessment, question = begun(store, count=3), next(q for q in FORM.questions if q.scored)
    box = f"section-{assessment.id}-{question.section_id}"
    app = opened_form(open_page, assessment, question.section_id)
    row = f"form-{assessment.id}-{question.id}"
    answer = store.answers(assessment.id)[question.id]
    store.save_answer(assessment.id, replace(answer, option=question.options[1].id), answer.version)
    app.radio(key=f"{row}-reply").set_value(question.options[-1].id)
    kept_open(app, box)
    assert store.answers(assessment.id)[question.id].option == question.options[1].id
    assert words("edit.fields.answer") in app.warning[0].value
    assert app.radio(key=f"{row}-reply").value == question.options[1].id
