"""The rules of the store with several processes, killed ones among them."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import ModuleType

import pytest

from assistant.errors import AssistantError
from assistant.i18n import explain
from assistant.models import Answer, StoredAnswer
from assistant.settings import Settings, load_settings
from assistant.storage import Store, open_store

KILLS = 50
KILLS_WHILE_OPENING = 10
NOBODY = 65534


def at(home: Path) -> Settings:
    return load_settings({"RESGUARDO_HOME": str(home)})


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> ForkServerContext:
    """Daemons, so that one that hangs is killed in the end; they must not begin by running what AppTest left as the main module."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "alembic.command", "assistant.storage.store"])
    return context


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(folder)


def open_and_write(home: Path, barrier: Barrier) -> None:
    barrier.wait(60)
    store = open_store(at(home))
    store.start_conversation(str(os.getpid()))


def open_without_rights(home: Path, result: SimpleQueue[str]) -> None:
    import sqlalchemy.dialects.sqlite  # noqa: F401  loaded while its files can still be read

    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        open_store(at(home))
        result.put("opened")
    except AssistantError as error:
        result.put(f"{error.key}: {explain(error, 'en')}")
    except BaseException as error:
        result.put(repr(error))


def write_until_killed(home: Path, acknowledged: Path) -> None:
    store = open_store(at(home))
    log = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    assessments, conversations = store.assessments(), store.conversations()
    assessment = assessments[0] if assessments else store.start_assessment("a", "s", "continuity", 1)
    conversation = conversations[0] if conversations else store.start_conversation("c")
    for n in range(1_000_000):
        question = f"q{n % 7}"
        seen = store.answers(assessment.id).get(question, StoredAnswer(question))
        answer = store.save_answer(assessment.id, replace(seen, note=f"{os.getpid()}-{n}"), seen.version)
        os.write(log, f"answer {question} {answer.version} {answer.note}\n".encode())
        message = store.add_message(conversation.id, Answer(answer.note, "es", False, ""))
        os.write(log, f"message {message.id} {answer.note}\n".encode())


def test_three_processes_open_a_fresh_database_at_once(processes: ForkServerContext, tmp_path: Path) -> None:
    for attempt in range(5):
        barrier = processes.Barrier(3)
        home = tmp_path / f"home{attempt}"
        openers = [processes.Process(target=open_and_write, args=(home, barrier), daemon=True) for _ in range(3)]
        for opener in openers:
            opener.start()
        for opener in openers:
            opener.join(60)
        assert [opener.exitcode for opener in openers] == [0, 0, 0]
        with closing(open_store(at(home))) as store:
            assert {row.title for row in store.conversations()} == {str(opener.pid) for opener in openers}


def test_a_writer_killed_at_any_moment_loses_nothing_acknowledged(processes: ForkServerContext, tmp_path: Path) -> None:
    acknowledged = tmp_path / "acknowledged"
    acknowledged.touch()
    chance = random.Random(20260101)
    for kill in range(KILLS):
        before = acknowledged.stat().st_size
        writer = processes.Process(target=write_until_killed, args=(tmp_path, acknowledged), daemon=True)
        writer.start()
        if kill >= KILLS_WHILE_OPENING:
            wait_for_more(acknowledged, before)
        time.sleep(chance.uniform(0, 0.15))
        writer.kill()
        writer.join(60)
        assert writer.exitcode == -signal.SIGKILL
    with closing(sqlite3.connect(tmp_path / "resguardo.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with closing(open_store(at(tmp_path))) as store:
        check_acknowledged(store, [line.split() for line in acknowledged.read_text().splitlines()])


def wait_for_more(path: Path, size: int) -> None:
    deadline = time.monotonic() + 60
    while path.stat().st_size == size:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def check_acknowledged(store: Store, lines: list[list[str]]) -> None:
    assessments, conversations = store.assessments(), store.conversations()
    (assessment,), (conversation,) = assessments, conversations
    messages = {str(message.id): message.answer.question for message in store.messages(conversation.id)}
    histories = {question: [answer for answer, _ in store.answer_history(assessment.id, question)] for question in store.answers(assessment.id)}
    assert len(lines) > KILLS
    for kind, *values in lines:
        if kind == "message":
            assert messages[values[0]] == values[1]
        else:
            assert histories[values[0]][int(values[1]) - 1].note == values[2]
    for question, answer in store.answers(assessment.id).items():
        assert histories[question][-1] == answer
        assert [past.version for past in histories[question]] == list(range(1, answer.version + 1))


@pytest.mark.parametrize("state", ["fresh", "folder", "file", "missing"])
def test_a_read_only_folder_is_named_with_what_to_do(processes: ForkServerContext, open_folder: Path, state: str) -> None:
    home = open_folder / "home" if state == "missing" else open_folder
    if state in ("folder", "file"):
        open_store(at(home)).close()
    if state == "file":
        (home / "resguardo.db").chmod(0o444)
        home.chmod(0o777)
    else:
        open_folder.chmod(0o555)
    result: SimpleQueue[str] = processes.SimpleQueue()
    child = processes.Process(target=open_without_rights, args=(home, result), daemon=True)
    child.start()
    child.join(60)
    assert child.exitcode == 0 and not result.empty()
    said = result.get()
    assert said.startswith("database_folder: ") and "RESGUARDO_HOME" in said and str(home) in said
