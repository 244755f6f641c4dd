"""A training's report -> one HTML page without scripts or anything from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from actors.signal.training.metrics import Bin
from actors.signal.training.report import Report
from node.backtest import tables, tearsheet
from node.backtest.charts import Chart, Series
from node.backtest.figures import DASH, MINUS, percent, when
from node.training.plots import Plot, bars
from node.training.words import edge_text, leak_rows, sample_rows, threshold_text

_STYLES = (Path(tearsheet.__file__).with_name("tearsheet.css"), Path(__file__).with_name("training.css"))
_MOST_FEATURES = 15
_NOTES = (
    "Training, validation and out of sample are never mixed: a model learns from the first, is calibrated on the "
    "second, and is judged by the third, which came later and which nothing of it has seen. Between them lie the "
    "length of a label and the embargo. Money: all of it follows each opinion beyond the threshold, one at a time, "
    "to the barrier or the end of its time, with the taker fee both times; a bar that touches both barriers counts as "
    "the stop. The edge is the 95 % interval of 2,000 draws of blocks of bars."
)


def page(report: Report) -> str:
    """Return the page of `report` as HTML text."""
    pairs = _pair(_reliability(report), _folds(report)), _pair(_sweep(report), _importance(report))
    body = [_header(report), _figures(report), _said(report), _equity(report), _scores(report)]
    body += [pairs[0], _fold_table(report), pairs[1], _leaks(report), _data(report)]
    return tearsheet.PAGE.format(
        title=escape(f"Training of {report.kind} on {report.instrument_id} {report.interval}"),
        style="".join(path.read_text(encoding="utf-8") for path in _STYLES),
        body="\n".join(body),
        notes=escape(_NOTES),
    )


def _header(report: Report) -> str:
    told = [
        f"{when(report.data.first_ms)} {DASH} {when(report.data.last_ms)} UTC",
        f"{report.data.bars:,} bars",
        f"{report.data.examples:,} examples, worth {report.data.effective:,.0f} independent ones",
        f"seed {report.seed}",
    ]
    title = f"{escape(report.kind)} <span>on {escape(report.instrument_id)} {report.interval}</span>"
    return f"<header><h1>{title}</h1><p>{escape(' · '.join(told))}</p></header>"


def _figures(report: Report) -> str:
    own, constant = report.samples.out_of_sample, report.baselines["majority"]
    money, word = report.money, report.edge.word
    won = f"{money.wins / money.trades:.0%} won" if money.trades else "never sure enough"
    figures = [
        ("Edge", word, report.edge.reason, {"yes": "gain", "no": "loss"}.get(word, "") + " word"),
        ("Return after fees", percent(money.total_return), f"buy and hold {percent(report.held.total_return)}",
         _tone(money.total_return)),
        ("Log-loss, unseen", f"{own.log_loss:.4f}", f"always the same answer {constant.log_loss:.4f}",
         _tone(constant.log_loss - own.log_loss)),
        ("AUC, unseen", f"{own.auc:.3f}", f"0.5 is chance; in training {report.samples.training.auc:.3f}", ""),
        ("Trades", f"{money.trades:,}", won, ""),
        ("May be promoted", "yes" if report.gate.is_promotable else "no", "see below", "word"),
    ]  # fmt: skip  # one figure after the other
    cells = [
        f'<div><dt>{name}</dt><dd class="{css.strip()}">{escape(value)}</dd><dd>{escape(note)}</dd></div>'
        for name, value, note, css in figures
    ]
    return f'<section class="figures"><dl>{"".join(cells)}</dl></section>'


def _said(report: Report) -> str:
    said = [edge_text(report), f"Promotion: {report.gate.reason}.", threshold_text(report)]
    return f'<section class="said"><h2>In words</h2>{"".join(f"<p>{escape(text)}</p>" for text in said)}</section>'


def _equity(report: Report) -> str:
    own, held = [point.model for point in report.equity], [point.held for point in report.equity]
    chart = Chart([point.ts for point in report.equity], own + held, height=320, title="Worth of 1, out of sample")
    chart.line(Series("held", held))
    chart.line(Series("own", own))
    keys = '<small class="key own">model</small><small class="key held">buy and hold</small>'
    return tables.section("Worth of 1 after fees, out of sample", chart.svg(lambda value: f"{value:g}"), keys=keys)


def _scores(report: Report) -> str:
    names = ["", "Labels", "Log-loss", "Brier", "AUC", "Accuracy", "Ups", "Calibration error"]
    note = "smaller log-loss and Brier are better"
    return _classed("scores", tables.section("Scores", tables.table(names, sample_rows(report)), note))


def _folds(report: Report) -> str:
    count, parts = len(report.folds), report.folds
    shown: Sequence[tuple[str, list[float]]] = [
        ("logistic", [fold.logistic.log_loss for fold in parts]),
        ("held", [fold.majority.log_loss for fold in parts]),
        ("own", [fold.out_of_sample.log_loss for fold in parts]),
    ]
    xs, title = [float(number + 1) for number in range(count)], "Log-loss of each fold, out of sample"
    plot = Plot((0.5, count + 0.5), [value for _, values in shown for value in values], title=title, x_title="fold")
    for css, values in shown:
        labels = [f"fold {number + 1}: {value:.4f}" for number, value in enumerate(values)]
        plot.line(xs, Series(css, values))
        plot.dots(xs, Series(css, values), [5.0] * count, labels)
    keys = "".join(
        f'<small class="key {css}">{name}</small>'
        for css, name in (("own", "model"), ("held", "same answer"), ("logistic", "logistic"))
    )
    svg = plot.svg(lambda value: f"{value:.0f}", lambda value: f"{value:.3f}", xs)
    return tables.section(title, svg, keys=keys)


def _fold_table(report: Report) -> str:
    names = ["Fold", "Judged from", "to", "Learnt", "Judged", "Log-loss", "same answer", "AUC in training", "AUC"]
    rows = [
        [
            f"{number}",
            when(fold.judged_from_ms),
            when(fold.judged_to_ms),
            f"{fold.training.count:,}",
            f"{fold.out_of_sample.count:,}",
            f"{fold.out_of_sample.log_loss:.4f}",
            f"{fold.majority.log_loss:.4f}",
            f"{fold.training.auc:.3f}",
            f"{fold.out_of_sample.auc:.3f}",
        ]
        for number, fold in enumerate(report.folds, 1)
    ]
    return tables.section("Folds", tables.table(names, rows, words=3), "each learns from all that came before it")


def _reliability(report: Report) -> str:
    plot = Plot((0.0, 1.0), [0.0, 1.0], title="Reliability diagram", x_title="probability that was told")
    plot.line([0.0, 1.0], Series("ideal", [0.0, 1.0]))
    for css, found in (("held", report.reliability_raw), ("own", report.reliability)):
        xs, observed = [item.predicted for item in found], [item.observed for item in found]
        plot.line(xs, Series(css, observed))
        plot.dots(xs, Series(css, observed), _sizes(found), [_bin_text(item) for item in found])
    keys = '<small class="key own">calibrated</small><small class="key held">as the model says it</small>'
    svg = plot.svg(lambda value: f"{value:g}", lambda value: f"{value:.1f}", [0.0, 0.25, 0.5, 0.75, 1.0])
    note = (
        f"How often up came true where so much was told, out of sample; the calibration ({report.calibration}) of each "
        "fold was fitted on validation. The larger a dot, the more predictions."
    )
    return tables.section("Reliability and calibration", f'{svg}<p class="note">{note}</p>', keys=keys)


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


def _importance(report: Report) -> str:
    rows = [(item.feature, item.loss, f"{item.loss * 1_000:+.2f}".replace("-", MINUS)) for item in report.importance]
    note = "How much worse the last fold's log-loss is without a feature, in thousandths. Grey: it misled."
    body = f'{bars(rows[:_MOST_FEATURES])}<p class="note">{note}</p>'
    return tables.section("Feature importance", body, f"the first {_MOST_FEATURES} of {len(rows)}")


def _leaks(report: Report) -> str:
    names = ["Test", "", "Found", "Expected"]
    return tables.section("Leak tests", tables.table(names, leak_rows(report), words=2))


def _data(report: Report) -> str:
    source = report.data
    rows = [
        ["Bars", f"{source.source}, {source.bars:,}, {source.holes:,} holes, SHA-256 begins {source.sha256[:16]}"],
        ["Label", _text(report.label)],
        ["Judged", _text(report.section)],
        [report.kind, _text(report.params)],
        ["Features", report.feature_schema],
        ["Model", f"SHA-256 begins {report.model_sha256[:16]}, {report.calibration}"],
        ["Made", f"{when(report.times.created_ms)} UTC, {report.times.seconds:.1f} s, whisperer {report.version}"],
    ]
    return _classed("made", tables.section("What it was made from", tables.table(["", ""], rows, words=2)))


def _classed(css: str, section: str) -> str:
    return section.replace("<section>", f'<section class="{css}">', 1)


def _pair(left: str, right: str) -> str:
    return f'<div class="pair">{left}{right}</div>'


def _text(values: Mapping[str, float | int | str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(values.items()))


def _tone(value: float) -> str:
    return "gain" if value > 0 else "loss" if value < 0 else ""


def _sizes(found: Sequence[Bin]) -> list[float]:
    most = max((item.count for item in found), default=1)
    return [3.0 + 7.0 * (item.count / most) ** 0.5 for item in found]


def _bin_text(item: Bin) -> str:
    return f"told {item.predicted:.3f}, came true {item.observed:.3f}, {item.count:,} times"
