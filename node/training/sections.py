"""Parts of a training's page that every report has, as HTML text."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from actors.signal.training.metrics import Bin
from actors.signal.training.report import Judgement
from node.backtest import tables, tearsheet
from node.backtest.charts import Series
from node.backtest.figures import MINUS, when
from node.training.plots import Plot, bars
from node.training.words import leak_rows, sample_rows

_STYLES = (Path(tearsheet.__file__).with_name("tearsheet.css"), Path(__file__).with_name("training.css"))
_MOST_FEATURES = 15


def html(title: str, body: Sequence[str], notes: str) -> str:
    """Return the page of these sections."""
    return tearsheet.PAGE.format(
        title=escape(title),
        style="".join(path.read_text(encoding="utf-8") for path in _STYLES),
        body="\n".join(body),
        notes=escape(notes),
    )


def header(kind: str, about: str, told: Sequence[str]) -> str:
    """Return the head of a page: what was trained on what, and what is to be known of that."""
    title = f"{escape(kind)} <span>on {escape(about)}</span>"
    return f"<header><h1>{title}</h1><p>{escape(' · '.join(told))}</p></header>"


def in_words(told: Sequence[str]) -> str:
    """Return a section of sentences."""
    return f'<section class="said"><h2>In words</h2>{"".join(f"<p>{escape(one)}</p>" for one in told)}</section>'


def figures(shown: Sequence[tuple[str, str, str, str]]) -> str:
    """Return the large numbers at the top: name, value, note and class of each."""
    cells = [
        f'<div><dt>{name}</dt><dd class="{css.strip()}">{escape(value)}</dd><dd>{escape(note)}</dd></div>'
        for name, value, note, css in shown
    ]
    return f'<section class="figures"><dl>{"".join(cells)}</dl></section>'


def scores(report: Judgement, ups: str) -> str:
    """Return the scores of each sample and of the baselines; `ups` is what a label of 1 is called."""
    names = ["", "Labels", "Log-loss", "Brier", "AUC", "Accuracy", ups, "Calibration error"]
    note = "smaller log-loss and Brier are better"
    return classed("scores", tables.section("Scores", tables.table(names, sample_rows(report)), note))


def folds(report: Judgement) -> str:
    """Return the log-loss of each fold beside the baselines."""
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


def fold_table(report: Judgement) -> str:
    """Return the folds as a table."""
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


def reliability(report: Judgement, came: str) -> str:
    """Return what was told and what came true; `came` is what a label of 1 is called."""
    plot = Plot((0.0, 1.0), [0.0, 1.0], title="Reliability diagram", x_title="probability that was told")
    plot.line([0.0, 1.0], Series("ideal", [0.0, 1.0]))
    for css, found in (("held", report.reliability_raw), ("own", report.reliability)):
        xs, observed = [item.predicted for item in found], [item.observed for item in found]
        plot.line(xs, Series(css, observed))
        plot.dots(xs, Series(css, observed), _sizes(found), [_bin_text(item) for item in found])
    keys = '<small class="key own">calibrated</small><small class="key held">as the model says it</small>'
    svg = plot.svg(lambda value: f"{value:g}", lambda value: f"{value:.1f}", [0.0, 0.25, 0.5, 0.75, 1.0])
    note = (
        f"How often {came} came true where so much was told, out of sample; the calibration ({report.calibration}) of "
        "each fold was fitted on validation. The larger a dot, the more predictions."
    )
    return tables.section("Reliability and calibration", f'{svg}<p class="note">{note}</p>', keys=keys)


def importance(report: Judgement) -> str:
    """Return what the model really uses."""
    rows = [(item.feature, item.loss, f"{item.loss * 1_000:+.2f}".replace("-", MINUS)) for item in report.importance]
    note = "How much worse the last fold's log-loss is without a feature, in thousandths. Grey: it misled."
    body = f'{bars(rows[:_MOST_FEATURES])}<p class="note">{note}</p>'
    return tables.section("Feature importance", body, f"the first {_MOST_FEATURES} of {len(rows)}")


def leaks(report: Judgement) -> str:
    """Return how the leak tests went."""
    names = ["Test", "", "Found", "Expected"]
    return tables.section("Leak tests", tables.table(names, leak_rows(report), words=2))


def classed(css: str, section: str) -> str:
    """Return a section with a class of the style sheet."""
    return section.replace("<section>", f'<section class="{css}">', 1)


def pair(left: str, right: str) -> str:
    """Return two sections beside each other, where there is room."""
    return f'<div class="pair">{left}{right}</div>'


def text(values: Mapping[str, float | int | str | bool]) -> str:
    """Return settings as one line."""
    return ", ".join(f"{name} {value}" for name, value in sorted(values.items()))


def tone(value: float) -> str:
    """Return the class of a number: good, bad or neither."""
    return "gain" if value > 0 else "loss" if value < 0 else ""


def _sizes(found: Sequence[Bin]) -> list[float]:
    most = max((item.count for item in found), default=1)
    return [3.0 + 7.0 * (item.count / most) ** 0.5 for item in found]


def _bin_text(item: Bin) -> str:
    return f"told {item.predicted:.3f}, came true {item.observed:.3f}, {item.count:,} times"
