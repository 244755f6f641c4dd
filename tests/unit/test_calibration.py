import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.signal.models.calibration import (
    apply_isotonic,
    apply_platt,
    calibrated,
    check_calibration,
    logit,
    sigmoid,
)
from actors.signal.models.meta import Calibration
from config.signal_errors import ModelError

PROBABILITIES = st.floats(0.0, 1.0)


def test_platt_of_the_identity_changes_nothing():
    assert [apply_platt(p, 1.0, 0.0) for p in (0.1, 0.5, 0.93)] == pytest.approx([0.1, 0.5, 0.93])


def test_platt_holds_back_and_shifts():
    assert 0.5 < apply_platt(0.8, 0.4, 0.0) < 0.8
    assert apply_platt(0.5, 1.0, 1.0) == pytest.approx(1 / (1 + math.exp(-1)))


@given(PROBABILITIES)
@settings(max_examples=50)
def test_logit_and_sigmoid_are_each_others_inverse(p):
    assert sigmoid(logit(p)) == pytest.approx(p, abs=2e-6)


@pytest.mark.parametrize("margin", [-1e300, -800.0, 0.0, 800.0, 1e300])
def test_sigmoid_bears_any_margin(margin):
    assert 0.0 <= sigmoid(margin) <= 1.0


@pytest.mark.slow
def test_isotonic_agrees_with_a_library():
    from sklearn.isotonic import IsotonicRegression

    x, y = [0.2, 0.35, 0.5, 0.51, 0.8], [0.0, 1.0, 0.0, 1.0, 1.0]
    fitted = IsotonicRegression(out_of_bounds="clip").fit(x, y)
    points = tuple(fitted.X_thresholds_), tuple(fitted.y_thresholds_)
    asked = [i / 97 for i in range(98)]

    assert [apply_isotonic(p, *points) for p in asked] == pytest.approx(list(fitted.predict(asked)), abs=1e-9)


@given(
    p=PROBABILITIES,
    points=st.lists(st.tuples(PROBABILITIES, PROBABILITIES), min_size=1, max_size=9, unique_by=lambda point: point[0]),
    a=st.floats(0.0, 50.0),
    b=st.floats(-50.0, 50.0),
)
@settings(max_examples=50)
def test_what_passes_the_check_gives_probabilities(p, points, a, b):
    x = tuple(sorted(point[0] for point in points))
    y = tuple(sorted(point[1] for point in points))
    for made in (Calibration(kind="isotonic", x=x, y=y), Calibration(kind="platt", a=a, b=b), Calibration()):
        check_calibration(made)

        assert 0.0 <= calibrated(p, made) <= 1.0


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (Calibration(kind="platt", a=-1.0), "negative"),
        (Calibration(kind="platt", a=math.nan), "negative"),
        (Calibration(kind="isotonic"), "not empty"),
        (Calibration(kind="isotonic", x=(0.1, 0.2), y=(0.1,)), "equally long"),
        (Calibration(kind="isotonic", x=(0.2, 0.2), y=(0.1, 0.2)), "grow"),
        (Calibration(kind="isotonic", x=(0.1, 0.2), y=(0.3, 0.2)), "fall"),
        (Calibration(kind="isotonic", x=(0.1, 0.2), y=(0.3, 1.2)), "0..1"),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(made, message):
    with pytest.raises(ModelError, match=message):
        check_calibration(made)
