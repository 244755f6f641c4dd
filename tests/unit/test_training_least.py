"""How many bars a training needs, held against what a training then finds."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.signal.features import WARMUP
from actors.signal.training import splits
from actors.signal.training.least import least_bars
from config.training import LstmSection, TrainingSection
from config.training_errors import InsufficientDataError

DEFAULT = TrainingSection()


@dataclass
class Rows:
    """The examples of bars without a hole, each of whose labels lasts its whole horizon."""

    index: np.ndarray
    end: np.ndarray


def rows(bars, section, window=1):
    lasts = section.label.horizon
    index = np.arange(WARMUP + window - 2, bars - lasts)
    return Rows(index, index + lasts)


def learn(found, section):
    splits.folds(found.end, found.index, count=section.folds, first=section.first, embargo=section.embargo)
    splits.split(found.end, found.index, embargo=section.embargo)


def test_by_default_some_hundreds_of_candles_are_enough():
    assert (least_bars(DEFAULT, "gbt"), least_bars(DEFAULT, "lstm")) == (818, 849)


@pytest.mark.parametrize("kind", ["gbt", "lstm"])
def test_as_many_are_enough_and_a_few_less_are_not(kind):
    window = DEFAULT.lstm.window if kind == "lstm" else 1
    least = least_bars(DEFAULT, kind)

    learn(rows(least, DEFAULT, window), DEFAULT)
    with pytest.raises(InsufficientDataError):
        learn(rows(least - 5, DEFAULT, window), DEFAULT)


@pytest.mark.property
@given(
    folds=st.integers(2, 20),
    first=st.floats(0.1, 0.9),
    embargo=st.integers(0, 300),
    horizon=st.integers(1, 300),
    window=st.integers(2, 128),
    more=st.integers(0, 2_000),
)
def test_whatever_is_set_as_many_and_more_are_enough(folds, first, embargo, horizon, window, more):
    section = replace(
        DEFAULT,
        folds=folds,
        first=first,
        embargo=embargo,
        label=replace(DEFAULT.label, horizon=horizon),
        lstm=LstmSection(window=window),
    )
    learn(rows(least_bars(section, "lstm") + more, section, window), section)
