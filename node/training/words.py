"""A report's findings as a person reads them; shared by the terminal and the page."""

from math import expm1

from actors.signal.training.bootstrap import Interval
from actors.signal.training.metrics import Scores
from actors.signal.training.report import Judgement, Report
from node.backtest.figures import percent

_SELDOM = 0.05


def sample_rows(report: Judgement) -> list[list[str]]:
    """Return the scores: the three samples, then the baselines on the unseen one."""
    samples = report.samples
    shown = [
        ("training", samples.training),
        ("validation", samples.validation),
        ("out of sample", samples.out_of_sample),
        ("same answer, out of sample", report.baselines["majority"]),
        ("logistic, out of sample", report.baselines["logistic"]),
    ]
    return [[name, *_cells(item)] for name, item in shown]


def edge_text(report: Report) -> str:
    """Return the verdict with its intervals."""
    edge = report.edge
    return (
        f"Edge: {edge.word}, {edge.reason}. With 95\N{NO-BREAK SPACE}% confidence the return after fees lies in "
        f"{_span(edge.own)}, and relative to buy and hold in {_span(edge.excess)}."
    )


def threshold_text(report: Report) -> str:
    """Return how often the node's own thresholds would have been reached."""
    share = percent(report.acted, is_signed=False)
    told = f"{share} of the unseen probabilities lie beyond the thresholds at which the node says long or short"
    if report.acted < _SELDOM:
        return f"{told}, as is right: a calibrated model of a market is seldom sure."
    return f"{told}."


def leak_rows(report: Judgement) -> list[list[str]]:
    """Return the leak tests: name, word, value, expectation."""
    return [
        [test.name.replace("_", " "), "passed" if test.passed else "FAILED", f"{test.value:.3f}", test.expected]
        for test in report.leak_tests
    ]


def _cells(item: Scores) -> list[str]:
    return [
        f"{item.count:,}",
        f"{item.log_loss:.4f}",
        f"{item.brier:.4f}",
        f"{item.auc:.3f}",
        f"{item.accuracy:.1%}",
        f"{item.up_share:.1%}",
        f"{item.calibration_error:.3f}",
    ]


def _span(interval: Interval) -> str:
    return f"{percent(expm1(interval.low))} to {percent(expm1(interval.high))}"
