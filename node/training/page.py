"""A training's report -> one HTML page without scripts or anything from elsewhere."""

from actors.signal.training.report import Report
from node.backtest import tables
from node.backtest.charts import Chart, Series
from node.backtest.figures import DASH, MINUS, percent, when
from node.training import sections
from node.training.plots import Plot
from node.training.words import edge_text, threshold_text

_NOTES = (
    "Training, validation and out of sample are never mixed: a model learns from the first, is calibrated on the "
    "second, and is judged by the third, which came later and which nothing of it has seen. Between them lie the "
    "length of a label and the embargo. Money: all of it follows each opinion beyond the threshold, one at a time, "
    "to the barrier or the end of its time, with the taker fee both times; a bar that touches both barriers counts as "
    "the stop. The edge is the 95 % interval of 2,000 draws of blocks of bars."
)


def page(report: Report) -> str:
    """Return the page of `report` as HTML text."""
    pairs = (
        sections.pair(sections.reliability(report, "up"), sections.folds(report)),
        sections.pair(_sweep(report), sections.importance(report)),
    )
    body = [_header(report), _figures(report), _said(report), _equity(report), sections.scores(report, "Ups")]
    body += [pairs[0], sections.fold_table(report), pairs[1], sections.leaks(report), _data(report)]
    return sections.html(f"Training of {report.kind} on {report.instrument_id} {report.interval}", body, _NOTES)


def _header(report: Report) -> str:
    told = [
        f"{when(report.data.first_ms)} {DASH} {when(report.data.last_ms)} UTC",
        f"{report.data.bars:,} bars",
        f"{report.data.examples:,} examples, worth {report.data.effective:,.0f} independent ones",
        f"seed {report.seed}",
    ]
    return sections.header(report.kind, f"{report.instrument_id} {report.interval}", told)


def _figures(report: Report) -> str:
    own, constant = report.samples.out_of_sample, report.baselines["majority"]
    money, word = report.money, report.edge.word
    won = f"{money.wins / money.trades:.0%} won" if money.trades else "never sure enough"
    figures = [
        ("Edge", word, report.edge.reason, {"yes": "gain", "no": "loss"}.get(word, "") + " word"),
        ("Return after fees", percent(money.total_return), f"buy and hold {percent(report.held.total_return)}",
         sections.tone(money.total_return)),
        ("Log-loss, unseen", f"{own.log_loss:.4f}", f"always the same answer {constant.log_loss:.4f}",
         sections.tone(constant.log_loss - own.log_loss)),
        ("AUC, unseen", f"{own.auc:.3f}", f"0.5 is chance; in training {report.samples.training.auc:.3f}", ""),
        ("Trades", f"{money.trades:,}", won, ""),
        ("May be promoted", "yes" if report.gate.is_promotable else "no", "see below", "word"),
    ]  # fmt: skip  # one figure after the other
    return sections.figures(figures)


def _said(report: Report) -> str:
    said = [edge_text(report), f"Promotion: {report.gate.reason}.", threshold_text(report)]
    return sections.in_words(said)


def _equity(report: Report) -> str:
    own, held = [point.model for point in report.equity], [point.held for point in report.equity]
    chart = Chart([point.ts for point in report.equity], own + held, height=320, title="Worth of 1, out of sample")
    chart.line(Series("held", held))
    chart.line(Series("own", own))
    keys = '<small class="key own">model</small><small class="key held">buy and hold</small>'
    return tables.section("Worth of 1 after fees, out of sample", chart.svg(lambda value: f"{value:g}"), keys=keys)


def _sweep(report: Report) -> str:
    points = report.sweep
    xs, returns = [point.probability for point in points], [point.total_return for point in points]
    plot = Plot(
        (xs[0], xs[-1]),
        [*returns, 0.0],
        title="Return after fees by threshold",
        x_title="probability from which it would have traded",
    )
    plot.line(xs, Series("own", returns))
    labels = [
        f"{point.probability:.2f}: {percent(point.total_return)}, {point.trades:,} trades, {point.wins:,} won"
        for point in points
    ]
    plot.dots(xs, Series("own", returns), [4.0] * len(points), labels)
    svg = plot.svg(lambda value: f"{value:.2f}", lambda value: f"{value * 100:g} %".replace("-", MINUS), xs[::5])
    trades = ", ".join(f"{point.trades:,} at {point.probability:.2f}" for point in points[::5])
    note = f"Trades: {trades}. To look at, not to choose from: the best of many thresholds is luck."
    return tables.section("Threshold sweep", f'{svg}<p class="note">{note}</p>', "return after fees, out of sample")


def _data(report: Report) -> str:
    source = report.data
    rows = [
        ["Bars", f"{source.source}, {source.bars:,}, {source.holes:,} holes, SHA-256 begins {source.sha256[:16]}"],
        ["Label", sections.text(report.label)],
        ["Judged", sections.text(report.section)],
        [report.kind, sections.text(report.params)],
        ["Features", report.feature_schema],
        ["Model", f"SHA-256 begins {report.model_sha256[:16]}, {report.calibration}"],
        ["Made", f"{when(report.times.created_ms)} UTC, {report.times.seconds:.1f} s, whisperer {report.version}"],
    ]
    return sections.classed("made", tables.section("What it was made from", tables.table(["", ""], rows, words=2)))
