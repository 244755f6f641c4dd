"""Analyses for tests of their store."""

from actors.messages import Signal, SignalSource, Thresholds
from actors.ports.analyses import Analysis, Resolved, Targets
from actors.signal.outcomes.opinions import opinions

BTC = "BTC-USDT.SIM"
MINUTE = 60_000_000_000
FIRST = 1_700_000_040_000_000_000


def analysed(number, *, instrument_id=BTC, interval="1m", score=0.5, targets=None, took=150, **changes):
    """The analysis of bar `number`; one of history has no processing time."""
    ts_bar = FIRST + number * MINUTE
    side = "long" if score > 0.2 else "short" if score < -0.2 else "neutral"
    values = {
        "trace_id": f"{number:032x}",
        "instrument_id": instrument_id,
        "bar_type": f"{instrument_id}-{interval}",
        "interval": interval,
        "signal": side,
        "score": score,
        "probability": (score + 1) / 2,
        "confidence": abs(score),
        "sources": (SignalSource("technical", 0.2, "voted", score, abs(score)), SignalSource("gbt", 0.5, "disabled")),
        "reasons": ("price 0.1 % above EMA 55",),
        "features": (0.1 * number, -1 / 3, 1e-9),
        "feature_schema": "bars-v1",
        "price": "30000.00",
        "backfilled": False,
        "stale": False,
        "degraded": False,
        "ts_bar": ts_bar,
        "ts_event": ts_bar + MINUTE,
        "ts_init": ts_bar + MINUTE,
        "thresholds": Thresholds(long_above=0.6, short_below=0.4, confidence=0.0, quorum=0.5),
    }
    made = Signal(**(values | changes))
    return Analysis(made, opinions(made), targets or Targets(30_300.0, 29_700.0, 24), took)


def resolved(number, *, instrument_id=BTC, interval="1m", label=1, bars=3, **changes):
    """What became of bar `number`."""
    ts_bar = FIRST + number * MINUTE
    values = {
        "outcome": "up" if label else "down",
        "label": label,
        "bars": bars,
        "ts_outcome": ts_bar + (bars + 1) * MINUTE,
        "long_return": 0.008 if label else -0.012,
        "short_return": -0.012 if label else 0.008,
    }
    return Resolved(instrument_id=instrument_id, interval=interval, ts_bar=ts_bar, **(values | changes))
