"""Edge yes, no, inconclusive; and the leak tests, each where it passes and where it must not."""

import numpy as np
import pytest

from actors.signal.training.baselines import fit_logistic
from actors.signal.training.bootstrap import edge, interval
from actors.signal.training.labels import label
from actors.signal.training.leaks import planted_future, same_beginnings, shuffled_labels
from actors.signal.training.trading import Money, follow, hold
from actors.signal.training.windows import with_hint
from config.training import Barriers

DRAW = np.random.default_rng(11)
NOISE = DRAW.normal(0.0, 0.001, 3_000)


def money(returns, trades=200):
    return Money(np.asarray(returns), trades, 0, 0.0)


HELD = money(DRAW.normal(0.0, 0.001, 3_000), 1)


def verdict(own, held=HELD):
    return edge(own, held, block=50, seed=1)


def test_edge_yes_needs_money_and_more_than_holding():
    assert verdict(money(NOISE + 0.0004)).word == "yes"


def test_edge_no_when_it_loses_or_holding_is_better():
    assert verdict(money(NOISE - 0.0004)).word == "no"
    assert verdict(money(NOISE), money(NOISE + 0.0004, 1)).word == "no"


@pytest.mark.parametrize(
    ("own", "held"),
    [
        (money(NOISE), HELD),
        (money(NOISE + 0.0004, trades=12), HELD),
        (money(np.zeros(3_000), trades=0), money(NOISE - 0.0004, 1)),
        (money(NOISE), money(NOISE - 0.0006, 1)),
    ],
    ids=["luck", "few trades", "no trades in a falling market", "absent from a falling market"],
)
def test_edge_is_inconclusive_otherwise(own, held):
    assert verdict(own, held).word == "inconclusive"


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    draw, hits = np.random.default_rng(4), 0
    for seed in range(100):
        found = interval(draw.normal(0.001, 0.01, 400), block=10, seed=seed)
        hits += found.low <= 0.4 <= found.high
    assert 88 <= hits <= 100


def market(count=400, seed=2):
    draw = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(draw.normal(0, 0.004, count)))
    high, low = close * (1 + draw.random(count) * 0.003), close * (1 - draw.random(count) * 0.003)
    return label(Barriers(horizon=6), (high, low, close), np.full(count, 0.005)), close


def test_following_the_answers_earns_and_fees_take_their_part():
    labels, close = market()
    rows = np.arange(0, 380)
    told = np.where(labels.y[rows] == 1, 0.9, 0.1)
    free, paid = (follow(told, rows, labels, close, fee=fee, threshold=0.1) for fee in (0.0, 0.001))

    assert free.total > 0.5
    assert paid.trades == free.trades > 30
    assert free.returns.sum() - paid.returns.sum() == pytest.approx(paid.fees, rel=0.02)
    assert follow(1.0 - told, rows, labels, close, fee=0.0, threshold=0.1).total < 0.0


def test_nothing_is_traded_below_the_threshold_and_one_at_a_time():
    labels, close = market()
    rows = np.arange(0, 380)

    assert follow(np.full(380, 0.55), rows, labels, close, fee=0.001, threshold=0.1).trades == 0
    every = follow(np.full(380, 0.7), rows, labels, close, fee=0.0, threshold=0.1)
    assert every.trades <= 380
    entries, at = [], -1
    for row in rows:
        if row >= at and labels.end[row] <= 379:
            entries.append(row)
            at = labels.end[row]
    assert every.trades == len(entries)


def test_holding_is_the_way_of_the_price_less_two_fees():
    _, close = market()
    rows = np.arange(10, 300)

    assert hold(rows, close, 0.0).total == pytest.approx(close[299] / close[10] - 1.0)
    assert hold(rows, close, 0.001).total == pytest.approx(close[299] / close[10] * 0.999**2 - 1.0)


def learn(x, y):
    return fit_logistic(x, y, np.ones(len(y)), ridge=1.0).predict


def sample(count=1_500):
    draw = np.random.default_rng(9)
    x, future = draw.normal(0, 1, (count, 5)), draw.normal(0, 0.01, count)
    half = count // 2
    y = (future > 0).astype(np.int64)
    return (x[:half], x[half:]), (y[:half], y[half:]), (future[:half], future[half:])


def test_shuffled_labels_teach_nothing():
    x, y, _ = sample()
    assert shuffled_labels(x, y, learn, independent=750, seed=1).passed


def test_a_training_that_knows_the_answers_is_found_by_shuffled_labels():
    x, y, _ = sample()
    found = shuffled_labels(x, y, lambda _x, _y: lambda _rows: y[1].astype(float), independent=750, seed=1)

    assert not found.passed
    assert found.value == 1.0


def test_a_planted_future_is_found():
    x, y, future = sample()

    assert planted_future(x, y, future, learn, hint=with_hint, seed=1).passed
    blind = planted_future(x, y, future, lambda _rows, _labels: lambda other: other[:, 0], hint=with_hint, seed=1)
    assert not blind.passed


def test_features_that_look_ahead_are_found():
    close = DRAW.normal(100, 1, 90)

    assert same_beginnings(lambda n: [(close[i], close[: i + 1].max()) for i in range(n)], 90).passed
    assert not same_beginnings(lambda n: [(close[i] - close[:n].mean(),) for i in range(n)], 90).passed
