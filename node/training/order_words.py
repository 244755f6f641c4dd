"""What an order report says, as a person reads it; shared by the terminal and the page."""

from collections.abc import Sequence

from actors.screening.training.report import OrderReport, Part, Taken
from node.backtest.figures import DASH, MINUS

PARTS = ("", "Orders", "Won", "Told", "Executed", "won", "Profit", "of all", "Log-loss", "same answer", "Brier")
"""Heads of `part_rows`."""


def amount(value: float | None) -> str:
    """Return a sum with its sign and commas; a dash for None."""
    return DASH if value is None else f"{value:+,.2f}".replace("-", MINUS)


def share(taken: Taken) -> str:
    """Return how many of some orders have won, as a percentage."""
    return f"{taken.wins / taken.orders:.0%}" if taken.orders else DASH


def part_rows(parts: Sequence[Part]) -> list[list[str]]:
    """Return the orders of each strategy or symbol, out of sample."""
    return [
        [
            part.name,
            f"{part.every.orders:,}",
            share(part.every),
            f"{part.predicted:.0%}",
            f"{part.executed.orders:,}",
            share(part.executed),
            amount(part.executed.profit),
            amount(part.every.profit),
            f"{part.log_loss:.4f}",
            f"{part.same_answer:.4f}",
            f"{part.brier:.4f}",
        ]
        for part in parts
    ]


def taken_rows(report: OrderReport) -> list[list[str]]:
    """Return what the threshold lets through beside all orders: orders, won, profit."""
    shown = (f"above {report.execute_above:g}", report.executed), ("all orders", report.every)
    return [[name, f"{taken.orders:,}", share(taken), amount(taken.profit)] for name, taken in shown]


def order_edge_text(report: OrderReport) -> str:
    """Return the verdict with its intervals."""
    edge = report.edge
    if not report.data.has_profits:
        return f"Edge: {edge.word}, {edge.reason}."
    own, excess = (f"{amount(one.low)} to {amount(one.high)}" for one in (edge.own, edge.excess))
    return (
        f"Edge: {edge.word}, {edge.reason}. With 95\N{NO-BREAK SPACE}% confidence the profit of the orders above "
        f"{report.execute_above:g} lies in {own}, and relative to all orders in {excess}."
    )


def ends_text(report: OrderReport) -> str:
    """Return how much is known of when results were known."""
    data = report.data
    mean = f"Orders are open {data.hours_open:,.1f} hours on average"
    if not data.ends_assumed:
        return f"{mean}."
    lasts = report.section["lasts_h"]
    return f"{mean}; {data.ends_assumed:,} do not say when they ended, for them it is {lasts} hours."


def volatility_text(report: OrderReport) -> str:
    """Return whether a volatility index was known."""
    if report.data.has_volatility:
        return "A volatility index is among the features: a node without `screening.volatility` does not use the model."
    return "No volatility index was known."
