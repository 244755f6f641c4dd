"""What a person sees on the terminal: a progress bar and a table."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from node.backtest.engine import Progress
from node.backtest.figures import DASH, MINUS, money, percent, ratio, when
from node.backtest.results import Performance, Result
from node.backtest.tables import activity

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 100
DRAW_S = 0.1
"""Between two pictures of the progress bar."""


@contextmanager
def progress_bar(stream: TextIO) -> Iterator[Progress]:
    """Show how far a run is, when `stream` is a terminal; nothing otherwise, and nothing stays behind."""
    if not stream.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415  # only where somebody looks
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (TextColumn("backtest"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeRemainingColumn())
    # by itself it would be drawn by a thread, in which garbage of the engine might be freed: that may abort the process
    with Bar(*columns, console=Console(file=stream), transient=True, auto_refresh=False) as bar:
        task, drawn = bar.add_task("rows", total=None), -DRAW_S

        def show(done: int, total: int) -> None:
            nonlocal drawn
            now = time.monotonic()
            is_due = done == total or now - drawn >= DRAW_S
            bar.update(task, completed=done, total=total, refresh=is_due)
            drawn = now if is_due else drawn

        yield show


def print_report(result: Result, files: list[Path], seconds: float, stream: TextIO | None = None) -> None:
    """Print the result for a person.

    Args:
        result: What was found.
        files: What was written.
        seconds: How long the run took; only here, so that the files repeat.
        stream: Where to; standard output by default.
    """
    from rich.console import Console  # noqa: PLC0415  # only when a report is printed

    out = stream or sys.stdout
    console = Console(file=out, width=None if out.isatty() else WIDTH, highlight=False, soft_wrap=True)
    console.print(_headline(result), markup=False)
    console.print(_comparison(result))
    console.print(_activity(result))
    for path in files:
        console.print(f"wrote {path}", markup=False)
    console.print(f"{result.bars:,} bars in {seconds:.1f} s, {result.bars / max(seconds, 1e-9):,.0f} a second")


def _headline(result: Result) -> str:
    names = ", ".join(item.instrument_id for item in result.data)
    holes = sum(item.holes for item in result.data)
    told = f"{names}, {when(result.start)} {DASH} {when(result.end)} UTC, {result.bars:,} bars"
    return f"\n{result.name}: {told}" + (f", {holes:,} holes" if holes else "") + "\n"


def _comparison(result: Result) -> "Table":
    table = _table("", "strategy", "buy and hold")
    own, held = result.strategy, result.buy_and_hold
    for name, tell in (
        ("final equity", lambda told: f"{money(told.final_equity)} {result.currency}"),
        ("PnL after fees", lambda told: _toned(money(told.pnl, is_signed=True))),
        ("return", lambda told: _toned(percent(told.total_return))),
        ("fees", lambda told: money(told.fees)),
        ("Sharpe (365 days)", lambda told: ratio(told.sharpe)),
        ("max drawdown", _drawdown),
    ):
        table.add_row(name, tell(own), tell(held))
    table.add_row("time in the market", percent(result.exposure, is_signed=False), "")
    return table


def _activity(result: Result) -> "Table":
    table = _table("", "")
    for name, text in activity(result):
        table.add_row(name.lower(), text)
    return table


def _table(*names: str) -> "Table":
    from rich import box  # noqa: PLC0415  # only when a report is printed
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, show_header=any(names), pad_edge=False)
    for number, name in enumerate(names):
        table.add_column(name, justify="right" if number and any(names) else "left", no_wrap=True)
    return table


def _drawdown(told: Performance) -> str:
    return f"{money(told.max_drawdown.amount)} ({percent(-told.max_drawdown.share)})"


def _toned(text: str) -> str:
    return f"[red]{text}[/red]" if text.startswith(MINUS) else f"[green]{text}[/green]"
