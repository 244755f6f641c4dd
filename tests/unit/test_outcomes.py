"""Predictions are judged by the bars that follow: barriers, time, holes, restarts; the same as in training."""

import asyncio
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from actors.market import BarRow, interval_of
from actors.ports.analyses import OpenAnalysis, Span, Targets
from actors.signal.features import NAMES
from actors.signal.outcomes.opinions import opinions
from actors.signal.outcomes.recorder import Recorder
from actors.signal.outcomes.tracker import GRACE, Tracker
from actors.signal.training.labels import OUTCOMES, label
from actors.store.analyses.store import AnalysisStore
from config.analyses import AnalysesSection
from config.training import Barriers
from tests.analysis_rows import BTC, FIRST, MINUTE, analysed
from tests.bridge.fakes import FakeBars
from tests.journal_rows import query

ONE = interval_of("1m")
FEATURES = tuple(0.01 if name == "atr_share" else 0.5 for name in NAMES)


def row(number, high=30_100, low=29_900, close=30_000):
    return BarRow(FIRST + number * MINUTE, 3_000_000, int(high * 100), int(low * 100), int(close * 100), 1_000)


def opened(number=0, *, upper=30_300.0, lower=29_700.0, horizon=3, stances=None, backfilled=False):
    ts_bar = FIRST + number * MINUTE
    return OpenAnalysis(
        ts_bar=ts_bar,
        ts_event=ts_bar + MINUTE,
        close=30_000.0,
        targets=Targets(upper, lower, horizon),
        is_backfilled=backfilled,
        stances=stances or {"signal": "up"},
    )


def tracker(*analyses, fee=0.001):
    made = Tracker(BTC, ONE, 2, fee)
    made.watch(analyses)
    return made


def outcome_of(made, *rows):
    found = [resolved for one in rows for _, resolved in made.close(one)]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("rows", "outcome", "label", "bars"),
    [
        ([row(1, high=30_300)], "up", 1, 1),
        ([row(1), row(2, low=29_700)], "down", 0, 2),
        ([row(1, high=30_300, low=29_700)], "both", 0, 1),
        ([row(1), row(2), row(3, close=30_001)], "time", 1, 3),
        ([row(1), row(2), row(3, close=30_000)], "time", 0, 3),
        ([row(1), row(2), row(3, high=30_300)], "up", 1, 3),
    ],
)
def test_what_comes_first_decides(rows, outcome, label, bars):
    found = outcome_of(tracker(opened()), *rows)

    assert (found.outcome, found.label, found.bars) == (outcome, label, bars)
    assert found.ts_outcome == FIRST + (bars + 1) * MINUTE


def test_fees_of_both_trades_are_taken_off():
    found = outcome_of(tracker(opened(), fee=0.001), row(1, high=30_300))

    assert found.long_return == pytest.approx(0.01 - 0.001 * 2.01)
    assert found.short_return == pytest.approx(-0.01 - 0.001 * 2.01)


def test_a_bar_that_touches_both_is_the_stop_of_either_side():
    found = outcome_of(tracker(opened(), fee=0.0), row(1, high=30_300, low=29_700))

    assert (found.long_return, found.short_return) == pytest.approx((-0.01, -0.01))


def test_it_is_open_until_then_and_earlier_bars_say_nothing():
    made = tracker(opened())

    assert outcome_of(made, row(0, high=40_000), row(1), row(2)) is None
    assert len(made) == 1


def test_a_gap_makes_it_unresolved_when_it_is_not_filled_in_and_says_so():
    made = tracker(opened())

    assert outcome_of(made, row(1), *[row(number, high=40_000) for number in range(3, 4 + GRACE)]) is None
    found = outcome_of(made, row(4 + GRACE))
    assert (found.outcome, found.label, found.long_return) == ("unresolved", None, None)
    assert found.reason == f"bars are missing from {(FIRST + 2 * MINUTE) // 1_000_000} on"


def test_a_gap_that_is_filled_in_decides():
    made = tracker(opened())
    assert outcome_of(made, row(1), row(3)) is None

    ((_, found),) = made.settle([row(0), row(1), row(2, high=30_300), row(3)])
    assert (found.outcome, found.bars) == ("up", 2)


@settings(max_examples=40, deadline=None)
@given(
    moves=st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 60), st.integers(0, 60)), min_size=5, max_size=60),
    up=st.sampled_from([0.5, 1.0, 2.0]),
    down=st.sampled_from([0.5, 1.0, 3.0]),
    horizon=st.integers(1, 12),
    hole=st.integers(0, 80),
)
def test_live_outcomes_are_the_labels_of_training(moves, up, down, horizon, hole):
    barriers = Barriers(up=up, down=down, horizon=horizon, unit="percent")
    close, rows = 30_000, []
    for number, (move, above, below) in enumerate(moves):
        close += move * 10
        rows.append(row(number + (number >= hole), close + above * 10, close - below * 10, close))
    bars = tuple(np.array([getattr(one, name) / 100.0 for one in rows]) for name in ("high", "low", "close"))
    is_next = np.array([True, *[b.ts_open - a.ts_open == MINUTE for a, b in pairwise(rows)]])
    labels = label(barriers, bars, np.zeros(len(rows)), is_next)

    made, found = tracker(), {}
    for one in rows:
        found |= {analysis.ts_bar: outcome for analysis, outcome in made.close(one)}
        price = one.close / 100.0
        targets = Targets(*barriers.prices(price, 0.0), horizon)
        analysis = OpenAnalysis(
            ts_bar=one.ts_open,
            ts_event=one.ts_open + MINUTE,
            close=price,
            targets=targets,
            is_backfilled=False,
            stances={},
        )
        made.watch([analysis])

    known = {one.ts_open: at for at, one in enumerate(rows) if labels.is_known[at]}
    resolved = {ts: outcome for ts, outcome in found.items() if outcome.label is not None}
    assert resolved.keys() == known.keys()
    for ts, at in known.items():
        assert (resolved[ts].label, resolved[ts].outcome) == (labels.y[at], OUTCOMES[labels.outcome[at]])


def test_sources_that_could_not_answer_are_no_predictions():
    said = [(one.predictor, one.stance, one.probability) for one in opinions(analysed(1, score=-0.5).signal)]

    assert said == [("signal", "down", 0.25), ("technical", "down", 0.25)]


def test_an_abstention_says_nothing():
    said = opinions(analysed(1, score=0.0, confidence=0.0).signal)[0]

    assert (said.predictor, said.stance, said.probability) == ("signal", "abstained", None)


@pytest.fixture
async def store(tmp_path):
    store = AnalysisStore(tmp_path / "analytics.db", AnalysesSection())
    store.start()
    yield store
    await store.close()


class World:
    """A recorder over a real store, and its tasks."""

    def __init__(self, store, bars=None):
        self.bars = bars or FakeBars()
        self.tasks = []
        self.recorder = Recorder(store, self.bars, Barriers(horizon=3), self._spawn)

    def _spawn(self, work):
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    def load(self, rows, signals=()):
        self.bars.put(BTC, "1m", rows)
        for _ in self.recorder.load(BTC, "1m", rows, signals):
            pass

    def close(self, number, **candle):
        made = analysed(number, features=FEATURES).signal
        self.recorder.close(made, row(number, **candle), 150_000)


def outcomes(path):
    return query(
        path, "SELECT (ts_bar - ?) / 60000000000, outcome, label FROM analyses ORDER BY ts_bar".replace("?", str(FIRST))
    )


async def test_signals_are_stored_with_what_decides_and_what_came_of_it(store, tmp_path):
    world = World(store)
    world.load([row(0)], [analysed(0, features=FEATURES, backfilled=True).signal])
    world.close(1)
    world.close(2, high=31_000)
    await store.settled()

    path = tmp_path / "analytics.db"
    assert outcomes(path) == [(0, "up", 1), (1, "up", 1), (2, None, None)]
    assert query(path, "SELECT upper, lower, horizon, processing_us FROM analyses WHERE outcome IS NULL") == [
        (30_600.0, 29_400.0, 3, 150)
    ]
    assert query(path, "SELECT processing_us, backfilled FROM analyses WHERE backfilled") == [(None, 1)]


async def test_what_an_earlier_process_left_open_is_resolved_from_history(store, tmp_path):
    first = World(store)
    first.load([row(-1)])
    first.close(0)
    await store.settled()

    later = World(store)
    later.bars.put(BTC, "1m", [row(number, low=29_000 if number == 2 else 29_900) for number in range(40)])
    window = later.bars.closed[BTC, "1m"][20:]
    later.bars.rows = lambda *_: window  # the window reaches less far back than history
    for _ in later.recorder.load(BTC, "1m", window, []):
        pass
    await asyncio.gather(*later.tasks)
    await store.settled()

    assert outcomes(tmp_path / "analytics.db") == [(0, "down", 0)]


async def test_after_a_restart_it_goes_on_where_the_window_ends(store, tmp_path):
    first = World(store)
    first.load([row(-1)])
    first.close(0)
    await store.settled()

    later = World(store)
    later.load([row(0), row(1)])
    await asyncio.gather(*later.tasks)
    later.close(2, high=31_000)
    await store.settled()

    assert outcomes(tmp_path / "analytics.db")[0] == (0, "up", 1)


async def test_signals_without_features_are_kept_and_not_judged(store, tmp_path):
    world = World(store)
    world.load([row(0)])
    world.recorder.close(analysed(1, features=()).signal, row(1), 1_000)
    await store.settled()

    assert query(tmp_path / "analytics.db", "SELECT upper, outcome FROM analyses") == [(None, None)]
    found = await store.tallies(Span(), None, MINUTE)
    assert {one.state for one in found} == {"unjudged"}


async def test_prometheus_hears_the_names_of_the_designs(store):
    def value(name, **labels):
        return REGISTRY.get_sample_value(name, labels) or 0.0

    labels = {"strategy": "technical", "symbol": BTC}
    before = value("predictions_total", **labels), value("prediction_latency_seconds_count", kind="bar")
    world = World(store)
    world.load([row(0)])
    world.close(1)
    world.close(2, high=31_000)

    assert value("predictions_total", **labels) == before[0] + 2
    assert value("prediction_latency_seconds_count", kind="bar") == before[1] + 2
    assert value("prediction_accuracy", strategy="technical") == 1.0
    assert value("whisperer_prediction_confidence_count", strategy="technical") >= 2
