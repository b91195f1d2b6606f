"""`python -m ingest`: bring the guide's index up to date, with a progress bar."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from assistant.errors import AssistantError
from assistant.i18n import FIRST, explain, languages, tr
from assistant.settings import Settings, load_settings


def main(argv: list[str] | None = None) -> int:
    """Run the ingest; returns the exit code: 0 ok, 2 bad input."""
    language = FIRST
    try:
        settings = load_settings()
        language = settings.language
        parser = argparse.ArgumentParser("python -m ingest", description=tr("ingest.description", language))
        parser.add_argument("--lang", choices=languages(), default=language, help=tr("cli.lang", language))
        parser.add_argument("--seed", action="store_true", help=tr("ingest.seed", language))
        args = parser.parse_args(argv)
        language = args.lang
        run(settings, language)
        if args.seed:
            from ingest.build import ship_vectors

            print(ship_vectors(settings))
        return 0
    except AssistantError as error:
        print(explain(error, language), file=sys.stderr)
        return 2


def run(settings: Settings, language: str) -> None:
    """Ingest with progress on standard error and the counts on standard output."""
    from assistant.embeddings import open_embeddings
    from ingest.build import update_index
    from ingest.selfcheck import weak_languages

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(tr("ingest.engine", language), total=None)
        embeddings = open_embeddings(settings)
        for code, (right, pairs) in weak_languages(embeddings).items():
            console.print(tr("ingest.weak_model", language, model=embeddings.name, code=code, right=right, pairs=pairs), style="yellow")
        bar.update(task, description=tr("ingest.embedding", language))
        changes = update_index(
            settings,
            embeddings,
            lambda done, total: bar.update(task, description=tr("ingest.embedding", language), completed=done, total=total),
            on_wait=lambda: console.print(tr("ingest.waiting", language)),
        )
    counts = {name: getattr(changes, name) for name in ("added", "updated", "unchanged", "removed")}
    print(tr("ingest.done", language, **counts))


if __name__ == "__main__":
    raise SystemExit(main())
