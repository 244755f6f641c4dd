"""Weights, splits, metrics, calibration and baselines against scikit-learn or the plain definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.signal.training.baselines import fit_logistic, majority
from actors.signal.training.calibrate import Isotonic, Platt, calibrate, fit_isotonic, fit_platt
from actors.signal.training.metrics import auc, drift, log_loss, psi, quantile_bins, reliability, scores
from actors.signal.training.splits import LEAST, folds, split
from actors.signal.training.weights import effective, uniqueness, weights
from config.training_errors import InsufficientDataError

NOTHING_SHARED = np.arange(0, 600, 2)


def noisy(count, seed=3, slope=1.0):
    draw = np.random.default_rng(seed)
    odds = draw.normal(0.0, 1.0, count)
    y = (draw.random(count) < 1.0 / (1.0 + np.exp(-slope * odds))).astype(np.int64)
    return np.round(1.0 / (1.0 + np.exp(-odds)), 3), y, draw.random(count) + 0.1


def test_labels_of_their_own_count_whole():
    assert uniqueness(NOTHING_SHARED, NOTHING_SHARED + 2) == pytest.approx(np.ones(300))
    assert effective(NOTHING_SHARED, NOTHING_SHARED + 2) == pytest.approx(300)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), min_size=1, max_size=30))
def test_uniqueness_is_the_mean_share_of_each_bar(spans):
    start = np.array([first for first, _ in spans])
    end = start + np.array([length for _, length in spans])
    found = uniqueness(start, end)

    for i in range(len(spans)):
        shares = [1.0 / ((start < bar) & (bar <= end)).sum() for bar in range(start[i] + 1, end[i] + 1)]
        assert found[i] == pytest.approx(np.mean(shares))
    assert weights(start, end).mean() == pytest.approx(1.0)


def test_folds_expand_and_let_nothing_through():
    index = np.arange(100, 3_100)
    end = index + 24
    found = folds(end, index, count=5, first=0.4, embargo=12)

    assert np.concatenate([fold.test for fold in found]).tolist() == list(range(1_200, 3_000))
    for fold in found:
        assert end[fold.fit].max() + 12 < index[fold.validation].min()
        assert end[fold.validation].max() + 12 < index[fold.test].min()
    assert [len(fold.fit) for fold in found] == sorted(len(fold.fit) for fold in found)


def test_too_little_data_is_said():
    with pytest.raises(InsufficientDataError, match=f"expected at least {LEAST} rows"):
        folds(np.arange(120) + 5, np.arange(120))
    with pytest.raises(InsufficientDataError, match="to fit"):
        split(np.arange(60) + 500, np.arange(60))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_scores_are_those_of_scikit_learn(seed):
    from sklearn import metrics

    p, y, w = noisy(400, seed)
    found = scores(y, p, w)

    assert found.auc == pytest.approx(metrics.roc_auc_score(y, p))
    assert found.log_loss == pytest.approx(metrics.log_loss(y, np.clip(p, 1e-7, 1 - 1e-7), sample_weight=w))
    assert found.brier == pytest.approx(metrics.brier_score_loss(y, p, sample_weight=w))
    assert found.accuracy == pytest.approx(metrics.accuracy_score(y, p > 0.5))


def test_one_sure_mistake_is_not_infinitely_bad():
    assert log_loss(np.array([1, 0]), np.array([0.0, 0.0])) < 10.0
    assert auc(np.ones(5, np.int64), np.linspace(0, 1, 5)) == 0.5


@pytest.mark.slow
def test_reliability_holds_every_prediction_once():
    from sklearn.calibration import calibration_curve

    p, y, _ = noisy(500)
    p = p + 0.0001  # off the edges, which they count to the bin below
    bins = reliability(y, p)
    observed, predicted = calibration_curve(y, p, n_bins=10)

    assert sum(item.count for item in bins) == 500
    assert [item.observed for item in bins] == pytest.approx(observed)
    assert [item.predicted for item in bins] == pytest.approx(predicted)


def test_drift_is_small_at_home_and_large_abroad():
    draw = np.random.default_rng(1)
    here, same, other = draw.normal(0, 1, 4_000), draw.normal(0, 1, 4_000), draw.normal(1, 1, 4_000)

    assert psi(here, same) < 0.02
    assert psi(here, other) > 0.25
    assert drift(*quantile_bins(here), here) == 0.0
    assert psi(np.zeros(100), np.zeros(50)) == 0.0


@pytest.mark.slow
def test_platt_is_scikit_learns():
    from sklearn.calibration import _SigmoidCalibration

    p, y, w = noisy(800, slope=0.4)
    odds = np.log(p / (1 - p))
    for weight in (None, w):
        own, theirs = fit_platt(p, y, weight), _SigmoidCalibration().fit(odds, y, weight)
        assert own.apply(p) == pytest.approx(theirs.predict(odds), abs=2e-4)


@pytest.mark.slow
def test_isotonic_is_scikit_learns():
    from sklearn.isotonic import IsotonicRegression

    p, y, w = noisy(800)
    theirs = IsotonicRegression(y_min=0.01, y_max=0.99, out_of_bounds="clip").fit(p, y, sample_weight=w)
    other = np.linspace(0, 1, 501)

    assert fit_isotonic(p, y, w).apply(other) == pytest.approx(theirs.predict(other), abs=1e-9)


def test_isotonic_needs_much_data_and_must_be_better():
    many, few = np.arange(0, 12_000, 2), np.arange(0, 1_200, 2)
    p, _, _ = noisy(6_000)
    chance = np.random.default_rng(5).random(6_000)
    steps = (chance < (p > 0.7) * 0.8 + 0.1).astype(np.int64)
    straight = (chance < p).astype(np.int64)

    assert isinstance(calibrate(p, steps, many, many + 1), Isotonic)
    assert isinstance(calibrate(p, straight, many, many + 1), Platt)
    assert isinstance(calibrate(p[:600], steps[:600], few, few + 1), Platt)


@pytest.mark.slow
def test_logistic_is_scikit_learns():
    from sklearn.linear_model import LogisticRegression

    draw = np.random.default_rng(2)
    x = draw.normal(3.0, 2.0, (600, 4))
    y = (draw.random(600) < 1 / (1 + np.exp(-(x[:, 0] - x[:, 1])))).astype(np.int64)
    w = draw.random(600) + 0.5
    own = fit_logistic(x, y, w, ridge=20.0)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = LogisticRegression(C=1 / 20.0, tol=1e-10, max_iter=1_000).fit(scaled, y, sample_weight=w)

    assert own.predict(x) == pytest.approx(theirs.predict_proba(scaled)[:, 1], abs=1e-5)
    assert majority(y, w) == pytest.approx((y * w).sum() / w.sum())
