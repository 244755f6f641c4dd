"""A training on orders -> one HTML page without scripts or anything from elsewhere."""

from actors.screening.training.report import OrderReport
from node.backtest import tables
from node.backtest.charts import Chart, Series
from node.backtest.figures import DASH, when
from node.training import sections
from node.training.order_words import (
    PARTS,
    amount,
    ends_text,
    order_edge_text,
    part_rows,
    share,
    taken_rows,
    volatility_text,
)

_NOTES = (
    "Training, validation and out of sample are never mixed: a model learns from the first, is calibrated on the "
    "second, and is judged by the third, which came later and which nothing of it has seen. An order from before is "
    "left out when its result came later than the first that is judged, or within the embargo. The same answer is the "
    "strategy's own share of wins: what one knows without a model. Profits are those of the file, after fees. The edge "
    "is the 95 % interval of 2,000 draws of blocks of orders that follow one another."
)


def order_page(report: OrderReport) -> str:
    """Return the page of `report` as HTML text."""
    body = [
        _header(report),
        _figures(report),
        _said(report),
        _equity(report),
        sections.scores(report, "Won"),
        tables.section("Strategies, out of sample", tables.table(PARTS, part_rows(report.strategies))),
        tables.section("Symbols, out of sample", tables.table(PARTS, part_rows(report.symbols))),
        sections.pair(sections.reliability(report, "a win"), sections.folds(report)),
        sections.fold_table(report),
        sections.pair(_sweep(report), sections.importance(report)),
        sections.leaks(report),
        _data(report),
    ]
    return sections.html(f"Training of {report.kind} on {report.data.orders:,} orders", body, _NOTES)


def _header(report: OrderReport) -> str:
    data = report.data
    told = [
        f"{when(data.first_ms)} {DASH} {when(data.last_ms)} UTC",
        f"{data.orders:,} orders, worth {data.effective:,.0f} that are never open together",
        f"{data.won:.0%} won",
        f"seed {report.seed}",
    ]
    return sections.header(report.kind, "past orders", told)


def _figures(report: OrderReport) -> str:
    own, constant = report.samples.out_of_sample, report.baselines["majority"]
    executed, every, word = report.executed, report.every, report.edge.word
    return sections.figures(
        [
            ("Edge", word, report.edge.reason, {"yes": "gain", "no": "loss"}.get(word, "") + " word"),
            ("Profit, executed", amount(executed.profit), f"all orders {amount(every.profit)}",
             sections.tone(executed.profit or 0.0)),
            ("Log-loss, unseen", f"{own.log_loss:.4f}", f"the strategy's share of wins {constant.log_loss:.4f}",
             sections.tone(constant.log_loss - own.log_loss)),
            ("AUC, unseen", f"{own.auc:.3f}", f"in training {report.samples.training.auc:.3f}", ""),
            ("Executed", f"{executed.orders:,}", f"{share(executed)} won; of all {every.orders:,} {share(every)}", ""),
            ("May be promoted", "yes" if report.gate.is_promotable else "no", "see below", "word"),
        ]
    )  # fmt: skip  # one figure after the other


def _said(report: OrderReport) -> str:
    gate = f"Promotion: {report.gate.reason}."
    said = [order_edge_text(report), gate, ends_text(report), volatility_text(report)]
    return sections.in_words(said)


def _equity(report: OrderReport) -> str:
    if not report.equity:
        return ""
    own, every = [point.model for point in report.equity], [point.every for point in report.equity]
    chart = Chart([point.ts for point in report.equity], own + every, height=320, title="Profit, out of sample")
    chart.line(Series("held", every))
    chart.line(Series("own", own))
    keys = '<small class="key own">executed</small><small class="key held">all orders</small>'
    return tables.section("Sum of profits, out of sample", chart.svg(lambda value: f"{value:,g}"), keys=keys)


def _sweep(report: OrderReport) -> str:
    rows = [
        [f"{point.probability:.2f}", f"{point.executed.orders:,}", share(point.executed), amount(point.executed.profit)]
        for point in report.sweep
    ]
    note = '<p class="note">To look at, not to choose from: the best of many thresholds is luck.</p>'
    body = tables.table(["Above", "Orders", "Won", "Profit"], [*rows, *taken_rows(report)]) + note
    return tables.section("Threshold sweep", body, "out of sample")


def _data(report: OrderReport) -> str:
    data = report.data
    rows = [
        ["Orders", f"{data.source}, {data.orders:,}, SHA-256 begins {data.sha256[:16]}"],
        ["Judged", sections.text(report.section)],
        [report.kind, sections.text(report.params)],
        ["Features", report.feature_schema + ("" if report.session is None else f", session {report.session}")],
        ["Model", f"SHA-256 begins {report.model_sha256[:16]}, {report.calibration}"],
        ["Made", f"{when(report.times.created_ms)} UTC, {report.times.seconds:.1f} s, whisperer {report.version}"],
    ]
    return sections.classed("made", tables.section("What it was made from", tables.table(["", ""], rows, words=2)))
