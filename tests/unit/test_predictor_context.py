"""A predictor is opened once with what it may use, and closed once when its stream ends."""

import msgspec
import numpy as np
import pytest

from actors.guard import Faults
from actors.market import interval_of
from actors.messages import Prediction
from actors.signal.aggregator import Aggregator
from actors.signal.listener import Listener, Surroundings
from actors.signal.log import SignalLog
from actors.signal.predictor import MarketView, Predictor, PredictorContext, build_predictor, predictors
from actors.signal.stream import SignalStream
from actors.signal.voter import FAILURES, Voter
from config.errors import ConfigError
from config.registry import Registry
from config.signals import PredictorConfig, SignalConfig
from tests.unit.walks import INSTRUMENT, NAME, START

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


class Odd(Predictor):
    """Does what it is told, however odd that is."""

    name = "odd"
    warmup = 0

    def __init__(self, answer=None, *, on_open=None, on_down=None):
        super().__init__()
        self.answer, self.on_open, self.on_down = answer, on_open, on_down

    def open(self, context):
        if self.on_open is not None:
            raise self.on_open

    def is_down(self):
        if self.on_down is not None:
            raise self.on_down
        return False

    def predict(self, view):
        return self.answer


def verdict(odd, context=CONTEXT):
    """What a stream says with an odd source beside a good one."""
    good = Voter(Odd(Prediction("odd", 0.5, 0.5)), 1.0)
    voters = [Voter(odd, 0.1), good]
    for voter in voters:
        voter.open(context)
    view = MarketView(NAME, "1m")
    view.seen, view.ts_event = 100, START
    return Aggregator(SignalConfig(), voters).verdict(view)


def test_one_that_cannot_be_opened_fails_alone():
    found = verdict(Odd(Prediction("odd", 0.9, 0.9), on_open=OSError("gone")))

    assert [source.state for source in found.sources] == ["failed", "voted"]
    assert found.score == 0.5


def test_one_that_says_that_it_is_configured_wrongly_ends_the_start():
    with pytest.raises(ConfigError, match="no such folder"):
        Voter(Odd(on_open=ConfigError("no such folder")), 1.0).open(CONTEXT)


def test_one_that_cannot_say_whether_it_is_down_degrades_nothing():
    found = verdict(Odd(Prediction("odd", 0.5, 0.5), on_down=OSError("gone")))

    assert not found.degraded
    assert found.score == 0.5


@pytest.mark.parametrize(
    "answer",
    [
        "buy!",
        7,
        Prediction("odd", "up", 0.5),
        Prediction("odd", float("nan"), 0.5),
        Prediction("odd", 0.5, np.float32("nan")),
        Prediction("odd", np.float64(1.7), 0.5),
        Prediction("odd", 0.5, 0.5, (None,)),
        Prediction("odd", 0.5, 0.5, ("x" * 501,)),
        Prediction("odd", 0.5, 0.5, (["not", "a", "text"],)),
        Prediction("odd", 0.5, 0.5, 7),
        Prediction("odd", 0.5, 0.5, ts_known=START + 1),
    ],
    ids=repr,
)
def test_what_is_no_prediction_is_dropped(answer):
    found = verdict(Odd(answer))

    assert [source.state for source in found.sources] == ["failed", "voted"]
    assert found.score == 0.5
    msgspec.json.encode(found)


@pytest.mark.parametrize("number", [np.float32(0.25), np.float64(0.25), np.int64(1), 1, True])
def test_numbers_of_a_library_become_plain_ones(number):
    found = verdict(Odd(Prediction("odd", number, number)))

    assert [source.state for source in found.sources] == ["voted", "voted"]
    assert type(found.score) is float
    assert b"nan" not in msgspec.json.encode(found)


@pytest.mark.parametrize("name", list(predictors))
def test_every_predictor_may_be_closed_at_any_time(name):
    built = build_predictor(PredictorConfig(name=name), CONTEXT)

    built.close()
    built.close()
