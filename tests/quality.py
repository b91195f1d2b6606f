"""The project's own questions as `assistant.evaluation` reads them: expected facts become the passages that state them."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


def own_rows(split: str = "test") -> list[dict[str, Any]]:
    """One split of the own questions. A question names facts (F-numbers of facts.csv) or, where its topic rests on no seed fact, a topic."""
    places: dict[str, set[str]] = {}
    with (DATA / "facts.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            places.setdefault(row["fact"], set()).add(row["passage"])
    rows = [json.loads(line) for path in sorted(DATA.glob("questions_*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [_converted(row, places) for row in rows if row["split"] == split]


def _converted(row: dict[str, Any], places: dict[str, set[str]]) -> dict[str, Any]:
    facts = row.pop("facts", None)
    if facts is not None:
        stated = {passage for fact in facts for passage in places.get(fact, ())}
        row["passages"] = sorted(stated | ({row["topic"]} if "topic" in row else set()))
    if row["lang"] == "other":  # answered in the interface's language
        del row["lang"]
    return row


def main() -> None:
    """Print the table of one split: `python -m tests.quality [train|test]`."""
    from assistant.answer import open_assistant
    from assistant.evaluation import evaluate, table
    from assistant.settings import load_settings

    report = evaluate(open_assistant(load_settings()), own_rows(*sys.argv[1:]))
    sys.stdout.write(table(report) + "\n")


if __name__ == "__main__":
    main()
