"""The assistant on the command line: ask, search, assess, eval, calibrate. Exit codes: 0 ok, 1 nothing found, 2 bad input."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from assistant.errors import AssistantError
from assistant.i18n import FIRST, explain, in_language, languages, tr
from assistant.settings import Settings, load_settings

OK, NOTHING, BAD = 0, 1, 2


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    language = _language_of(argv)
    try:
        settings = load_settings()
        language = language or settings.language
        args = build_parser(language).parse_args(argv)
        return int(args.run(args, settings, language))
    except AssistantError as error:
        print(explain(error, language or FIRST), file=sys.stderr)
        return BAD
    except BrokenPipeError:
        return OK


def build_parser(language: str) -> argparse.ArgumentParser:
    """The parser with its help in the user's language."""
    parser = argparse.ArgumentParser("python -m assistant", description=tr("cli.assistant", language))
    commands = parser.add_subparsers(required=True, metavar="ask | search | assess | eval | calibrate")
    ask = _command(commands, "ask", run_ask, language)
    search = _command(commands, "search", run_search, language)
    search.add_argument("--top", type=_positive, default=5, help=tr("cli.top", language))
    for command in (ask, search):
        command.add_argument("question", nargs="?", help=tr("cli.question", language))
        command.add_argument("--batch", metavar="FILE", help=tr("cli.batch", language))
        command.add_argument("--json", action="store_true", help=tr("cli.json", language))
    assess = _command(commands, "assess", run_assess, language)
    assess.add_argument("questionnaire", help=tr("cli.questionnaire", language))
    assess.add_argument("--answers", type=Path, required=True, metavar="FILE.yaml", help=tr("cli.answers", language))
    assess.add_argument("--export", type=Path, metavar="OUT", help=tr("cli.export", language))
    assess.add_argument("--date", type=_day, metavar="YYYY-MM-DD", help=tr("cli.date", language))
    evaluate = _command(commands, "eval", run_eval, language)
    evaluate.add_argument("files", nargs="+", help=tr("cli.files", language))
    evaluate.add_argument("--floors", type=Path, help=tr("cli.floors", language))
    evaluate.add_argument("--json", action="store_true", help=tr("cli.json", language))
    fit = _command(commands, "calibrate", run_calibrate, language)
    fit.add_argument("files", nargs="+", help=tr("cli.files", language))
    fit.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    return parser


def run_ask(args: argparse.Namespace, settings: Settings, language: str) -> int:
    """Answer one question or a batch."""
    from assistant.answer import open_assistant
    from assistant.batch import answer_row, open_lines, run_batch
    from assistant.wire import answer_json

    if args.batch:
        with open_lines(args.batch) as lines:
            assistant = open_assistant(settings)
            return OK if run_batch(lines, sys.stdout, language, lambda row: answer_row(assistant, row, language)) else BAD
    _need_question(args, language)
    answer = open_assistant(settings).ask(args.question, (), language)
    if args.json:
        print(json.dumps(answer_json(answer), ensure_ascii=False, indent=2))
        return OK if answer.found else NOTHING
    if answer.notice:
        print(tr(f"notices.{answer.notice}", answer.language), file=sys.stderr)
    print(answer.text)
    if answer.citations:
        print(f"\n{tr('cli.sources', answer.language)}:")
    for citation in answer.citations:
        passage = citation.passage
        place = in_language(f"{passage.document} › {passage.section}", passage.language, answer.language)
        print(f"[{citation.n}] {place} ({passage.id})")
    return OK if answer.found else NOTHING


def run_search(args: argparse.Namespace, settings: Settings, language: str) -> int:
    """Passages for one question or a batch."""
    from assistant.answer import open_assistant
    from assistant.batch import open_lines, run_batch, search_row
    from assistant.language import detect_language
    from assistant.wire import search_json

    if args.batch:
        with open_lines(args.batch) as lines:
            assistant = open_assistant(settings)
            return OK if run_batch(lines, sys.stdout, language, lambda row: search_row(assistant, row, args.top, language)) else BAD
    _need_question(args, language)
    search = open_assistant(settings).retriever.search(args.question, (), detect_language(args.question, (), language))
    found = search_json(search, args.top)
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        places = [in_language(f"{r['document']} › {r['section']}", r["language"], search.language) for r in found["results"]]
        shown = [f"{place} ({r['passage_id']})\n{r['text']}" for place, r in zip(places, found["results"], strict=True)]
        print("\n\n".join(shown) or tr("cli.no_results", language))
    return OK if found["results"] else NOTHING


def run_assess(args: argparse.Namespace, settings: Settings, language: str) -> int:
    """Score an answers file; print the summary or write the report."""
    from assistant.assess import assess, check_format, export_report, summary

    if args.export:
        check_format(args.export)
    report = assess(settings, args.questionnaire, args.answers, language, args.date or date.today())
    print("\n".join(summary(report)))
    if args.export:
        export_report(report, args.export)
        print(tr("assess.exported", language, path=args.export))
    return OK


def run_eval(args: argparse.Namespace, settings: Settings, language: str) -> int:
    """The quality table; with floors, whether it holds them."""
    from assistant.answer import open_assistant
    from assistant.batch import read_rows
    from assistant.evaluation import below_floors, evaluate, read_floors, table

    floors = read_floors(args.floors) if args.floors else {}
    report = evaluate(open_assistant(settings), read_rows(args.files))
    print(json.dumps(report, ensure_ascii=False) if args.json else table(report))
    failed = below_floors(report, floors)
    for name, value, floor in failed:
        print(tr("cli.below", language, name=name, value=value, floor=floor), file=sys.stderr)
    return NOTHING if failed else OK


def run_calibrate(args: argparse.Namespace, settings: Settings, language: str) -> int:
    """Fit the gate to the embedding model in use and keep it in the data folder."""
    from assistant.batch import read_rows
    from assistant.calibrate import calibrate, read_labelled
    from assistant.embeddings import open_embeddings
    from assistant.index import IndexStore
    from assistant.retrieval import GuideRetriever
    from assistant.weights import save_weights

    rows = [row for row in read_rows(args.files) if row["lang"] in languages()]
    retriever = GuideRetriever(store=IndexStore(settings.home), embeddings=open_embeddings(settings))
    weights = calibrate(retriever, read_labelled(rows))
    path = save_weights(weights, args.out or settings.home / "calibration")
    print(tr("cli.saved", language, path=path, questions=weights.calibrated_on))
    return OK


def _command(commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: object, language: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=tr(f"cli.{name}", language), description=tr(f"cli.{name}", language))
    parser.add_argument("--lang", choices=languages(), help=tr("cli.lang", language))
    parser.set_defaults(run=run)
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(text)
    return value


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(text) from error


def _need_question(args: argparse.Namespace, language: str) -> None:
    if args.question is None:
        print(tr("cli.nothing", language), file=sys.stderr)
        raise SystemExit(BAD)


def _language_of(argv: list[str]) -> str | None:
    """The --lang value, before parsing, so that the help itself speaks it."""
    for i, word in enumerate(argv):
        value = word.partition("=")[2] if word.startswith("--lang=") else argv[i + 1] if word == "--lang" and i + 1 < len(argv) else ""
        if value in languages():
            return value
    return None


if __name__ == "__main__":
    raise SystemExit(main())
