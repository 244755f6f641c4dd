"""What a person sees of a training on orders on the terminal."""

from pathlib import Path
from typing import TextIO

from actors.screening.training.report import OrderReport
from node.backtest.figures import DASH, when
from node.training.order_words import PARTS, ends_text, order_edge_text, part_rows, taken_rows, volatility_text
from node.training.table import console_of, edge_line, leaks_table, new_table, scores_table

_SHOWN = (0, 1, 2, 4, 5, 6, 8, 9)
"""Columns of the page's tables that there is room for."""


def print_order_report(report: OrderReport, files: list[Path], seconds: float, stream: TextIO | None = None) -> None:
    """Print a report for a person.

    Args:
        report: What was found.
        files: What was written.
        seconds: How long the command took.
        stream: Where to; standard output by default.
    """
    console, data = console_of(stream), report.data
    span = f"{when(data.first_ms)} {DASH} {when(data.last_ms)} UTC"
    worth = f"{data.orders:,} orders worth {data.effective:,.0f} that are never open together"
    console.print(f"\n{report.kind} on {data.source}: {span}, {worth}\n", markup=False)
    console.print(scores_table(report, "won"))
    money = new_table("out of sample, after fees", "orders", "won", "profit")
    for row in taken_rows(report):
        money.add_row(*row)
    console.print(money)
    parts = new_table(*(PARTS[column].lower() for column in _SHOWN))
    for row in part_rows((*report.strategies, *report.symbols)):
        parts.add_row(*(row[column] for column in _SHOWN))
    console.print(parts)
    console.print(leaks_table(report))
    console.print(edge_line(report.edge.word))
    told = order_edge_text(report), ends_text(report), volatility_text(report), f"promotion: {report.gate.reason}"
    for text in (*told, *(f"wrote {path}" for path in files)):
        console.print(text, markup=False)
    console.print(f"{data.orders:,} orders in {seconds:.1f} s")
