"""What Prometheus hears of predictions; the first three names are those of the designs, labels included."""

from collections import Counter as Counts
from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

from actors.ports.analyses import OpenAnalysis, Opinion, Resolved

PREDICTIONS = Counter(
    "predictions_total",
    "Predictions: of closed bars by who made them, of orders by their strategies",
    ["strategy", "symbol"],
)
ACCURACY = Gauge(
    "prediction_accuracy",
    "Share of the resolved predictions that were right: of bars since the start, of orders all that are kept",
    ["strategy"],
)
LATENCY = Histogram(
    "prediction_latency_seconds",
    "From a closed bar to its signal, or from the arrival of orders to their verdicts",
    ["kind"],
    buckets=(0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1.0),
)
_of_bars = LATENCY.labels("bar")
CONFIDENCE = Histogram(
    "whisperer_prediction_confidence",
    "Confidence of predictions that have one",
    ["strategy"],
    buckets=tuple(tenth / 10 for tenth in range(1, 11)),
)
OUTCOMES = Counter(
    "whisperer_prediction_outcomes",
    "What predictions of live bars, and of orders, turned out to be",
    ["strategy", "outcome"],
)


class Figures:
    """Counts what is predicted and what comes true; of live bars alone."""

    def __init__(self) -> None:
        """Start at zero."""
        self._known: Counts[str] = Counts()
        self._right: Counts[str] = Counts()

    def predicted(self, symbol: str, opinions: Iterable[Opinion], took_s: float) -> None:
        """Count what was said of one bar."""
        _of_bars.observe(took_s)
        for opinion in opinions:
            if opinion.probability is not None and opinion.confidence is not None:
                PREDICTIONS.labels(opinion.predictor, symbol).inc()
                CONFIDENCE.labels(opinion.predictor).observe(opinion.confidence)

    def resolved(self, analysis: OpenAnalysis, outcome: Resolved) -> None:
        """Count what came of it."""
        if analysis.is_backfilled:
            return
        for predictor, stance in analysis.stances.items():
            if outcome.label is None or stance not in {"up", "down"}:
                what: str = "unresolved" if outcome.label is None else stance
            else:
                is_right = (stance == "up") == (outcome.label == 1)
                what = "right" if is_right else "wrong"
                self._known[predictor] += 1
                self._right[predictor] += is_right
                ACCURACY.labels(predictor).set(self._right[predictor] / self._known[predictor])
            OUTCOMES.labels(predictor, what).inc()
