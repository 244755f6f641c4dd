"""A predictor is opened once with what it may use, and closed once when its stream ends."""

import pytest

from actors.guard import Faults
from actors.market import interval_of
from actors.messages import Prediction
from actors.signal.aggregator import FAILURES, Aggregator, Voter
from actors.signal.listener import Listener, Surroundings
from actors.signal.log import SignalLog
from actors.signal.predictor import Predictor, PredictorContext, build_predictor, predictors
from actors.signal.stream import SignalStream
from config.registry import Registry
from config.signals import PredictorConfig, SignalConfig
from tests.unit.walks import INSTRUMENT, NAME

CONTEXT = PredictorContext(instrument_id=NAME, interval="1m")


@pytest.fixture
def told(monkeypatch):
    """What every predictor of the name `telling` was told, in order."""
    found, mine = [], Registry("predictor", "actors.signal.predictors")

    @mine.register("telling")
    class Telling(Predictor):
        name = "telling"

        def open(self, context):
            super().open(context)
            found.append(("open", self.context.instrument_id, self.context.interval))

        def close(self):
            found.append(("close", self.context.instrument_id, self.context.interval))

        def predict(self, view):
            return Prediction(self.name, 0.5, 0.5)

    monkeypatch.setattr("actors.signal.predictor.predictors", mine)
    return found


def test_it_is_opened_with_its_stream_and_closed_with_it(told):
    config = SignalConfig(predictors=(PredictorConfig(name="telling"),))
    stream = SignalStream(INSTRUMENT, interval_of("1m"), Aggregator.from_config(config, CONTEXT), 0)
    around = Surroundings(
        bars=None, signals=SignalLog(), publish=print, now=lambda: 0, is_stale=None, faults=Faults("signal"), turns=None
    )
    listener = Listener(stream, around)
    assert told == [("open", NAME, "1m")]

    listener.stop()

    assert told == [("open", NAME, "1m"), ("close", NAME, "1m")]


def test_built_alone_it_is_opened_of_nothing_in_particular(told):
    built = build_predictor(PredictorConfig(name="telling"))

    assert told == [("open", "", "")]
    assert built.context == PredictorContext()


def test_one_that_cannot_be_closed_does_not_keep_the_others_open():
    closed = []

    class Broken(Predictor):
        name = "broken-at-the-end"

        def close(self):
            raise OSError("gone")

        def predict(self, view):
            return None

    class Whole(Broken):
        name = "whole"

        def close(self):
            closed.append(self.name)

    before = FAILURES.labels("broken-at-the-end")._value.get()
    Aggregator(SignalConfig(), [Voter(Broken(), 1.0), Voter(Whole(), 1.0)]).close()

    assert closed == ["whole"]
    assert FAILURES.labels("broken-at-the-end")._value.get() == before + 1


@pytest.mark.parametrize("name", list(predictors))
def test_every_predictor_may_be_closed_at_any_time(name):
    built = build_predictor(PredictorConfig(name=name), CONTEXT)

    built.close()
    built.close()
