"""Resguardo beside a textbook LangChain + Chroma + sentence-transformers pipeline (MiniLM, half as deep), in the same run.

`python -m tests.bench [cold] [warm] [ingest] [start] [growth] [model] [interview] [--runs N] [--check]`; all parts where none
is named. Both sides take turns, so that a busy machine slows both; medians. Exit code 0, with --check 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench_workers import CHUNK, OVERLAP, ROOT, questions

QUESTION = "¿Cada cuánto se prueba el plan de continuidad?"
WORKERS = ("-m", "tests.bench_workers")
ASK = ("-m", "assistant", "ask", QUESTION, "--json")
BLOCK = 20  # questions answered before the other side takes its turn
SIZES = (1_000, 10_000, 50_000)
FIRST_START = 15.0  # seconds from no index to a usable chat, on 2 cores


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `bound` is what the ratio (without a textbook figure: the figure itself) may at most or must at least be."""

    name: str
    unit: str
    ours: float
    textbook: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours against the textbook's."""
        return self.ours / self.textbook if self.textbook else None

    @property
    def held(self) -> bool | None:
        """Whether the bound holds, None without one."""
        value = self.ours if self.ratio is None else self.ratio
        if self.at_most is not None:
            return value <= self.at_most
        return None if self.at_least is None else value >= self.at_least


@dataclass(frozen=True, slots=True)
class Process:
    """What a finished process printed, took and held at its peak."""

    output: str
    seconds: float
    peak: float  # MB


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the runs live: a home with the guide's index, the textbook's store, and scratch space."""

    scratch: Path
    runs: int

    @property
    def home(self) -> Path:
        """Resguardo's data folder, engine and index made."""
        return self.scratch / "home"

    @property
    def store(self) -> str:
        """The textbook's Chroma folder."""
        return str(self.scratch / "textbook")

    def fresh(self, name: str, engine: bool = True) -> Path:
        """An empty data folder; with the engine already made where wanted."""
        folder = self.scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if engine:
            shutil.copytree(self.home / "engine", folder / "engine")
        return folder


def run(arguments: Sequence[str], home: Path) -> Process:
    """One Python process from start to exit."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen((sys.executable, *arguments), env=environment(home), cwd=ROOT, stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise SystemExit(f"{' '.join(arguments)}: exit code {process.returncode}\n{errors.read().decode()[-2000:]}")
    return Process(output, time.perf_counter() - started, usage.ru_maxrss / 1024)


def environment(home: Path) -> dict[str, str]:
    """No telemetry and no look-ups on the network for either side."""
    return os.environ | {"RESGUARDO_HOME": str(home), "ANONYMIZED_TELEMETRY": "False", "HF_HUB_OFFLINE": "1"}


@contextmanager
def served(arguments: Sequence[str], home: Path) -> Iterator[Callable[[Sequence[str]], dict[str, Any]]]:
    """A process that answers lists of questions until the block ends."""
    command = (sys.executable, *WORKERS, *arguments)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment(home), cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        inlet, outlet = process.stdin, process.stdout
        assert inlet and outlet

        def ask(block: Sequence[str]) -> dict[str, Any]:
            inlet.write(json.dumps(list(block)) + "\n")
            inlet.flush()
            answered: dict[str, Any] = json.loads(outlet.readline())
            return answered

        yield ask
        inlet.close()


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return float(statistics.median(values))


def p95(values: Sequence[float]) -> float:
    """The value that 95 % do not exceed."""
    return float(statistics.quantiles(values, n=20, method="inclusive")[-1])


def prepare(bench: Bench) -> None:
    """Both indexes, before any measured run."""
    run(("-m", "ingest"), bench.home)
    run((*WORKERS, "textbook_ingest", bench.store), bench.home)


def cold(bench: Bench) -> list[Row]:
    """A fresh process, start to exit, with its index ready; one unmeasured turn fills the disk cache."""
    turns = [(run(ASK, bench.home), run((*WORKERS, "textbook_ask", bench.store, QUESTION), bench.home)) for _ in range(bench.runs + 1)]
    ours, textbook = zip(*turns[1:], strict=True)
    assert json.loads(ours[0].output)["citations"]
    seconds = [median([p.seconds for p in side]) for side in (ours, textbook)]
    peaks = [median([p.peak for p in side]) for side in (ours, textbook)]
    return [
        Row("cold start to the first cited answer / first passages", "s", seconds[0], seconds[1], at_most=0.40),
        Row("its peak memory", "MB", peaks[0], peaks[1], at_most=0.80),
    ]


def warm(bench: Bench) -> list[Row]:
    """A whole answer against the textbook's retrieval alone, in alternating blocks; the first block of each side warms up.

    The bound is on the quietest block of each side: torch's threads wait for each other in a loop, so another busy process slows them a lot.
    """
    with served(("warm",), bench.home) as ours, served(("textbook_warm", bench.store), bench.home) as textbook:
        turns = [(ours(block), textbook(block)) for block in blocks(bench.runs * 2 + 1)]
    times = [[turn[side]["times"] for turn in turns[1:]] for side in (0, 1)]
    middle = [[median(block) for block in blocks] for blocks in times]
    tail = [p95([ms for block in blocks for ms in block]) for blocks in times]
    return [
        Row("warm p50, quietest block: whole answer / retrieval alone", "ms", min(middle[0]), min(middle[1]), at_most=1.2),
        Row("warm p50, all blocks", "ms", median(middle[0]), median(middle[1])),
        Row("warm p95, all blocks", "ms", tail[0], tail[1]),
        Row("resident memory, warm", "MB", turns[-1][0]["resident"], turns[-1][1]["resident"]),
    ]


def blocks(count: int) -> list[list[str]]:
    """Lists of BLOCK questions, no question twice before all have had their turn."""
    supply = itertools.cycle(questions())
    return [list(itertools.islice(supply, BLOCK)) for _ in range(count)]


def ingest(bench: Bench) -> list[Row]:
    """From Markdown on disk to a searchable index, engine and model loaded, nothing shipped or cached; ours once more with its questions."""
    rates: dict[str, list[float]] = {"ours": [], "textbook": [], "whole": []}
    for _ in range(bench.runs // 2 + 1):
        rates["ours"].append(rate(run((*WORKERS, "ingest", "without"), bench.fresh("ingest"))))
        rates["textbook"].append(rate(run((*WORKERS, "textbook_ingest", str(bench.fresh("chunks", engine=False))), bench.home)))
        rates["whole"].append(rate(run((*WORKERS, "ingest", "with"), bench.fresh("ingest"))))
    textbook = median(rates["textbook"])
    return [
        Row("ingest: sections with their sentence vectors / chunks", "per s", median(rates["ours"]), textbook, at_least=1.2),
        Row("ingest with the 4-6 questions of each section", "per s", median(rates["whole"]), textbook),
    ]


def rate(process: Process) -> float:
    """Passages a second."""
    counted = json.loads(process.output.splitlines()[-1])
    return float(counted["passages"] / counted["seconds"])


def start(bench: Bench) -> list[Row]:
    """`python -m ingest` in an empty data folder, engine to be made: both languages, all sections, sentences and questions."""
    shipped = [run(("-m", "ingest"), bench.fresh("start", engine=False)).seconds for _ in range(bench.runs // 2 + 1)]
    embedded = run((*WORKERS, "first_start"), bench.fresh("start", engine=False)).seconds
    return [
        Row("first start from no index, shipped vectors", "s", median(shipped), at_most=FIRST_START),
        Row("first start, everything embedded here", "s", embedded),
    ]


def growth(bench: Bench) -> list[Row]:
    """Whole answers as the index grows: the guide, then perturbed copies of its sections."""
    rows = []
    for size in SIZES:
        home = bench.fresh(f"home-{size}")
        run((*WORKERS, "grow", str(size)), home)
        with served(("warm",), home) as ask:
            turns = [ask(block) for block in blocks(bench.runs + 1)]
        rows.append(Row(f"warm p50 at {size:,} passages", "ms", median([ms for turn in turns[1:] for ms in turn["times"]])))
        rows.append(Row(f"resident memory at {size:,} passages", "MB", turns[-1]["resident"]))
    return rows


def model(bench: Bench) -> list[Row]:
    """What the optional language model adds; no textbook figure."""
    from tests.bench_model import measures

    return [Row(name, unit, figure) for name, unit, figure in measures(bench.home)]


def interview(bench: Bench) -> list[Row]:
    """An answer of the guided questionnaires: saved and the next card found, and the same from click to paint; no textbook figure."""
    from tests.bench_interview import BOUND, measures

    return [
        Row(name, unit, figure, at_most=BOUND if name.startswith("click") and name.endswith("p50") else None)
        for name, unit, figure in measures(bench.home)
    ]


PARTS = {part.__name__: part for part in (cold, warm, ingest, start, growth, model, interview)}


def line(row: Row) -> str:
    """A row as text."""
    numbers = [f"{row.ours:.4g} {row.unit}", f"{row.textbook:.4g} {row.unit}" if row.textbook else "", f"{row.ratio:.2f}" if row.ratio else ""]
    bound = f"<= {row.at_most:g}" if row.at_most is not None else f">= {row.at_least:g}" if row.at_least is not None else ""
    verdict = {True: "held", False: "MISSED", None: ""}[row.held]
    return f"{row.name:56}" + "".join(f"{cell:>13}" for cell in (*numbers, bound, verdict)).rstrip()


def main() -> int:
    """Run the parts and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--runs", type=int, default=5, help="measured turns of each side (default 5)")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a bound is missed")
    args = parser.parse_args()
    if set(args.parts) - PARTS.keys():
        parser.error(f"parts are {', '.join(PARTS)}")
    print(f"Textbook: all-MiniLM-L6-v2, chunks of {CHUNK} characters ({OVERLAP} shared) of the Spanish guide. Load {os.getloadavg()[0]:.1f}.")
    print(f"{'':56}" + "".join(f"{head:>13}" for head in ("Resguardo", "textbook", "ratio", "bound")))
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch), args.runs)
        prepare(bench)
        for name in args.parts or PARTS:
            for row in PARTS[name](bench):
                rows.append(row)
                print(line(row), flush=True)
    return int(args.check and any(row.held is False for row in rows))


if __name__ == "__main__":
    raise SystemExit(main())
