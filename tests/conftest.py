"""What the tests share: the engine, the index and a batch of answers, made once for all workers; the guide and the assistant, once a worker."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from filelock import FileLock
from hypothesis import settings as hypothesis_settings

from assistant.answer import Assistant, open_assistant
from assistant.embeddings import TextEmbeddings
from assistant.embeddings.bundled import make_engine, open_bundled
from assistant.guide import guide_languages, load_guide
from assistant.models import Topic
from assistant.settings import ROOT, Settings, load_settings
from ingest.build import update_index

if TYPE_CHECKING:
    from assistant.report import Report
    from tests.exports import Files

hypothesis_settings.register_profile("resguardo", deadline=None)  # a busy machine is no failure
hypothesis_settings.load_profile("resguardo")
Run = subprocess.CompletedProcess[str]
SECONDS = 120  # a command that takes longer hangs
BATCH = 500  # questions answered by one process
THREADS = 1  # of an engine: the workers share the processors


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's files take longest and go first, so that no worker is left alone with one."""
    items.sort(key=lambda item: not item.path.name.startswith("test_browser"))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run that all its workers have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def make_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """The folder, filled by the worker that needs it first while the others wait."""
    with FileLock(f"{folder}.lock", timeout=2 * SECONDS):
        if not folder.exists():
            part = folder.with_name(f"{folder.name}.part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            make(part)
            part.rename(folder)
    return folder


@pytest.fixture(scope="session")
def engine_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled engine; pytest's cache keeps it between runs for as long as the code that makes it stays the same."""
    code = b"".join((ROOT / "assistant" / "embeddings" / f"{name}.py").read_bytes() for name in ("bundled", "graph", "packed", "unigram"))
    name = f"engine-{hashlib.sha256(code).hexdigest()[:12]}"
    cache = getattr(request.config, "cache", None)
    folder = cache.mkdir(name) if cache else tmp_path_factory.mktemp(name)
    for old in folder.parent.glob("engine-*"):
        if cache and old != folder:
            shutil.rmtree(old)
    make_engine(folder)
    return Path(folder)


@pytest.fixture(scope="session")
def embeddings(engine_folder: Path) -> TextEmbeddings:
    return open_bundled(engine_folder, THREADS)


@pytest.fixture(scope="session")
def guide() -> dict[str, list[Topic]]:
    """The topics of the real guide by language."""
    corpus = load_settings({}).corpus
    return {language: load_guide(corpus, language) for language in guide_languages(corpus)}


def lend_engine(home: Path, engine: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    (home / "engine").symlink_to(engine, target_is_directory=True)
    return home


@pytest.fixture
def new_home(tmp_path: Path, engine_folder: Path) -> Path:
    """A data folder without an index; only the engine is there."""
    return lend_engine(tmp_path / "home", engine_folder)


@pytest.fixture(scope="session")
def ready_home(shared: Path, tmp_path_factory: pytest.TempPathFactory, engine_folder: Path, embeddings: TextEmbeddings) -> Path:
    """A data folder with the index of the real guide; tests read it and leave it as it is."""

    def make(folder: Path) -> None:
        update_index(load_settings({"RESGUARDO_HOME": str(lend_engine(folder / "home", engine_folder))}), embeddings)

    made = make_once(shared / "ready", make)
    return Path(shutil.copytree(made / "home", tmp_path_factory.mktemp("ready") / "home", symlinks=True))


@pytest.fixture(scope="session")
def assistant(ready_home: Path) -> Assistant:
    return open_assistant(load_settings({"RESGUARDO_HOME": str(ready_home)}))


@pytest.fixture(scope="session")
def partial_assistant(shared: Path, engine_folder: Path, embeddings: TextEmbeddings) -> Assistant:
    """An assistant whose guide is whole in Spanish and has one topic in English; tests leave its folders as they are."""

    def make(folder: Path) -> None:
        shutil.copytree(ROOT / "knowledge", folder / "knowledge", ignore=shutil.ignore_patterns("en"))
        (folder / "knowledge" / "corpus" / "en").mkdir()
        shutil.copy(ROOT / "knowledge" / "corpus" / "en" / "interventoria.md", folder / "knowledge" / "corpus" / "en")
        lend_engine(folder / "home", engine_folder)
        update_index(partial_settings(folder), embeddings)

    return open_assistant(partial_settings(make_once(shared / "partial", make)), embeddings)


def partial_settings(folder: Path) -> Settings:
    return load_settings({"RESGUARDO_HOME": str(folder / "home"), "RESGUARDO_KNOWLEDGE": str(folder / "knowledge")})


def write_small_guide(knowledge: Path) -> Path:
    """Three topics in both languages whose vectors nobody ships."""
    for language in ("es", "en"):
        folder = knowledge / "corpus" / language
        folder.mkdir(parents=True)
        for topic in ("continuidad-planes", "acuerdos-nivel-servicio", "salida-proveedor"):
            text = (ROOT / "knowledge" / "corpus" / language / f"{topic}.md").read_text(encoding="utf-8")
            (folder / f"{topic}.md").write_text(text.replace('title: "', 'title: "Z ', 1), encoding="utf-8")
    return knowledge


@pytest.fixture
def small_settings(tmp_path: Path, new_home: Path) -> Settings:
    """The small guide, and a data folder without an index."""
    knowledge = write_small_guide(tmp_path / "knowledge")
    return load_settings({"RESGUARDO_HOME": str(new_home), "RESGUARDO_KNOWLEDGE": str(knowledge)})


@pytest.fixture(scope="session")
def run() -> Callable[..., Run]:
    """Run `python ARGUMENTS` in a process of its own, with the settings given."""

    def run(*arguments: str, text: str | None = None, before: tuple[str, ...] = (), **settings: object) -> Run:
        command = [*before, sys.executable, *arguments]
        return subprocess.run(command, input=text, env=environment(**settings), cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)

    return run


def environment(**settings: object) -> dict[str, str]:
    """This process's environment with the settings given and no others of ours but the number of threads."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RESGUARDO_")}
    return inherited | {"RESGUARDO_THREADS": str(THREADS)} | {f"RESGUARDO_{name.upper()}": str(value) for name, value in settings.items()}


@dataclass(frozen=True)
class BatchRun:
    """500 of our questions answered by one `python -m assistant ask --batch -`, one line at a time."""

    rows: list[dict[str, Any]]
    results: list[dict[str, Any]]
    memory: list[int]  # resident bytes after each answer
    code: int
    errors: str


@pytest.fixture(scope="session")
def batch(shared: Path, ready_home: Path) -> BatchRun:
    def make(folder: Path) -> None:
        (folder / "run.json").write_text(json.dumps(asdict(ask_batch(ready_home))), encoding="utf-8")

    return BatchRun(**json.loads((make_once(shared / "batch", make) / "run.json").read_text(encoding="utf-8")))


def ask_batch(home: Path) -> BatchRun:
    data = ROOT / "tests" / "data"
    lines = [line for path in sorted(data.glob("questions_*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [json.loads(line) for line in lines][:: len(lines) // BATCH][:BATCH]
    command = [sys.executable, "-m", "assistant", "ask", "--batch", "-"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(home=home), stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)
    assert process.stdin and process.stdout and process.stderr
    results, memory = [], []
    with process:
        try:
            for row in rows:
                process.stdin.write(json.dumps({key: row[key] for key in ("id", "question", "history") if key in row}) + "\n")
                process.stdin.flush()
                results.append(json.loads(process.stdout.readline()))
                memory.append(psutil.Process(process.pid).memory_info().rss)
            process.stdin.close()
            errors = process.stderr.read()
        except BaseException:  # the time limit of a test, too
            process.kill()
            raise
    return BatchRun(rows, results, memory, process.returncode, errors)


@pytest.fixture(scope="session")
def reports() -> dict[str, Report]:
    """One report a language."""
    from tests.exports import LANGUAGES, make_answers, make_report

    return {language: make_report(form, make_answers(form), language) for language, form in LANGUAGES.items()}


@pytest.fixture(scope="session")
def files(reports: dict[str, Report]) -> Files:
    """Those reports as files."""
    from tests.exports import Files

    return Files(reports)
