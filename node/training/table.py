"""What a person sees of a training on the terminal: a progress bar and tables."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from actors.signal.training.bootstrap import EdgeWord
from actors.signal.training.report import Judgement, Report
from node.backtest.figures import DASH, percent, when
from node.training.job import Word
from node.training.words import edge_text, leak_rows, sample_rows, threshold_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH = 100
_LAST = ("finished", "failed")
"""Stages whose word is said otherwise."""
_TONES = {"yes": "green", "no": "red", "inconclusive": "yellow"}


@contextmanager
def progress_bar(stream: TextIO) -> Iterator[Callable[[Word], None]]:
    """Show how far a training is, when `stream` is a terminal; one line per stage otherwise."""
    if not stream.isatty():
        told: set[str] = set()

        def tell(word: Word) -> None:
            if word.stage not in {*told, *_LAST}:
                told.add(word.stage)
                stream.write(f"train: {word.stage} {word.message}".rstrip() + "\n")
                stream.flush()

        yield tell
        return
    from rich.console import Console  # noqa: PLC0415  # only where somebody looks
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description:16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[message]}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("start", total=1, message="")
        yield lambda word: bar.update(
            task, description=word.stage, completed=word.done, total=word.of, message=word.message
        )


def print_report(report: Report, files: list[Path], seconds: float, stream: TextIO | None = None) -> None:
    """Print a report for a person.

    Args:
        report: What was found.
        files: What was written.
        seconds: How long the command took.
        stream: Where to; standard output by default.
    """
    console = console_of(stream)
    console.print(_headline(report), markup=False)
    console.print(scores_table(report, "ups"))
    console.print(_money(report))
    console.print(leaks_table(report))
    console.print(edge_line(report.edge.word))
    for text in (edge_text(report), threshold_text(report), f"promotion: {report.gate.reason}"):
        console.print(text, markup=False)
    for path in files:
        console.print(f"wrote {path}", markup=False)
    console.print(f"{report.data.bars:,} bars in {seconds:.1f} s")


def console_of(stream: TextIO | None) -> "Console":
    """Return what prints; None: to the standard output."""
    from rich.console import Console  # noqa: PLC0415  # only when a report is printed

    out = stream or sys.stdout
    return Console(file=out, width=None if out.isatty() else WIDTH, highlight=False, soft_wrap=True)


def _headline(report: Report) -> str:
    data = report.data
    span = f"{when(data.first_ms)} {DASH} {when(data.last_ms)} UTC"
    worth = f"{data.examples:,} examples worth {data.effective:,.0f} independent ones"
    return f"\n{report.kind} on {report.instrument_id} {report.interval}: {span}, {data.bars:,} bars, {worth}\n"


def _money(report: Report) -> "Table":
    table = new_table("out of sample, after fees", "model", "buy and hold")
    own, held = report.money, report.held
    won = f"{own.wins:,} ({own.wins / own.trades:.0%})" if own.trades else DASH
    table.add_row("return", percent(own.total_return), percent(held.total_return))
    table.add_row("trades", f"{own.trades:,}", f"{held.trades:,}")
    table.add_row("won", won, "")
    table.add_row("fees", percent(own.fees, is_signed=False), percent(held.fees, is_signed=False))
    return table


def scores_table(report: Judgement, ups: str) -> "Table":
    """Return the scores of each sample and of the baselines; `ups` is what a label of 1 is called."""
    scores = new_table("", "labels", "log-loss", "Brier", "AUC", "right", ups, "miscalibrated")
    for number, row in enumerate(sample_rows(report)):
        scores.add_row(*row, style="bold" if number == 2 else None, end_section=number == 2)  # noqa: PLR2004  # out of sample
    return scores


def edge_line(word: EdgeWord) -> str:
    """Return the verdict in its colour."""
    return f"[bold {_TONES[word]}]edge: {word}[/]"


def leaks_table(report: Judgement) -> "Table":
    """Return how the leak tests went."""
    table = new_table("leak test", "", "found", "expected")
    for name, word, value, expected in leak_rows(report):
        table.add_row(name, f"[{'green' if word == 'passed' else 'red'}]{word}[/]", value, expected)
    return table


def new_table(*names: str) -> "Table":
    """Return an empty table; all columns but the first are numbers."""
    from rich import box  # noqa: PLC0415  # only when a report is printed
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(names):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    return table
