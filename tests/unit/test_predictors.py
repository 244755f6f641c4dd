"""The contract of every registered predictor; a new file in `actors/signal/predictors/` is tested by being there."""

import math
from pathlib import Path

import pytest

from actors.market import interval_of
from actors.messages import Prediction
from actors.signal.aggregator import Aggregator, Voter
from actors.signal.features import FeatureEngine
from actors.signal.predictor import MarketView, Predictor, build_predictor, predictors
from actors.signal.predictors.technical import Technical
from actors.signal.stream import SignalStream
from config.errors import ConfigError, UnknownPluginError
from config.registry import Registry
from config.signals import PredictorConfig, SignalConfig
from tests.unit.walks import INSTRUMENT, floats, line, walk

EVERY = list(predictors)
GUIDE = Path(__file__).parents[2] / "docs/adding_a_predictor.md"


def views(predictor, rows):
    """Yield the view of every bar after the warm-up, as the stream shows it."""
    engine, view = FeatureEngine(), MarketView("BTC-USDT.SIM", "1m", predictor.lookback)
    for bar in floats(rows):
        view.features, view.ts_event, view.seen = engine.update(bar), bar[0], view.seen + 1
        view.keep(bar)
        if view.seen >= predictor.warmup:
            yield view


def opinions(predictor, rows):
    return [predictor.predict(view) for view in views(predictor, rows)]


@pytest.mark.parametrize("name", EVERY)
class TestEveryPredictor:
    def test_is_built_from_its_name_and_carries_it(self, name):
        built = build_predictor(PredictorConfig(name=name))

        assert isinstance(built, Predictor)
        assert built.name == name

    def test_stays_in_range_and_says_why(self, name):
        for answer in opinions(build_predictor(PredictorConfig(name=name)), walk(400)):
            if answer is not None:
                assert -1.0 <= answer.score <= 1.0
                assert 0.0 <= answer.confidence <= 1.0
                assert answer.predictor == name
                assert all(reason and reason == reason.strip() and len(reason) < 100 for reason in answer.reasons)

    def test_same_bars_give_the_same_answers(self, name):
        first, second = (opinions(build_predictor(PredictorConfig(name=name)), walk(400)) for _ in range(2))

        assert first == second

    def test_asking_twice_changes_nothing(self, name):
        predictor = build_predictor(PredictorConfig(name=name))

        for view in views(predictor, walk(200)):
            assert predictor.predict(view) == predictor.predict(view)

    def test_a_flat_market_gives_no_direction(self, name):
        for answer in opinions(build_predictor(PredictorConfig(name=name)), line(200)):
            assert answer is None or (abs(answer.score) < 0.05 and math.isfinite(answer.confidence))

    def test_it_survives_holes_in_the_bars(self, name):
        rows = [row for i, row in enumerate(walk(600)) if not (200 <= i < 210 or 300 <= i < 400)]
        config = SignalConfig(predictors=(PredictorConfig(name=name),))
        stream = SignalStream(INSTRUMENT, interval_of("1m"), Aggregator.from_config(config), len(rows))
        states = [signal.sources[0].state for signal in stream.load(rows, trace_id="t", ts_init=0)]

        assert len(states) == len(rows)
        assert "failed" not in states

    def test_a_parameter_it_does_not_know_is_an_error_that_names_it(self, name):
        with pytest.raises(ConfigError, match=rf"predictors\.{name}\.params.*no_such_knob"):
            build_predictor(PredictorConfig(name=name, params={"no_such_knob": 1}))


def test_every_predictor_is_told_of_in_the_docs():
    assert [name for name in EVERY if f"`{name}`" not in GUIDE.read_text()] == []


def test_the_example_in_the_docs_works(monkeypatch):
    mine: Registry[Predictor] = Registry("predictor", "actors.signal.predictors")
    monkeypatch.setattr("actors.signal.predictor.predictors", mine)
    code = GUIDE.read_text().split("```python\n")[1].split("```")[0]
    exec(compile(code, str(GUIDE), "exec"), {"__name__": "their_predictor"})
    built = build_predictor(PredictorConfig(name="pullback", params={"patience": 0.3}))
    answers = [answer for answer in opinions(built, walk(400)) if answer is not None]

    assert {answer.score > 0 for answer in answers} == {True, False}
    assert all(-1.0 <= answer.score <= 1.0 and 0.0 <= answer.confidence <= 1.0 for answer in answers)


def test_an_unknown_predictor_is_an_error_that_lists_the_known_ones():
    with pytest.raises(UnknownPluginError, match=r"unknown predictor 'oracle'.*technical"):
        build_predictor(PredictorConfig(name="oracle"))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"trend": 1.5}, "trend"),
        ({"trend": "much"}, "trend"),
        ({"clear_efficiency": 0.0}, "clear_efficiency"),
        ({"trend": 0.0, "momentum": 0.0, "reversion": 0.0}, "above 0"),
    ],
)
def test_wrong_parameters_of_technical_are_told(params, message):
    with pytest.raises(ConfigError, match=message):
        build_predictor(PredictorConfig(name="technical", params=params))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_technical_has_an_opinion_now_and_then_and_is_sure_of_it_sometimes(seed):
    answers = opinions(Technical(), walk(6_000, seed))
    directed = [a for a in answers if abs(a.score) > 0.2]

    assert 0.05 < len(directed) / len(answers) < 0.6
    assert 0.002 < sum(a.confidence > 0.65 for a in directed) / len(answers) < 0.2
    assert 0.2 < sum(a.score > 0 for a in directed) / len(directed) < 0.8


def test_technical_goes_with_a_clear_trend_and_says_so():
    up = opinions(Technical(), line(200, 3_000))[-1]
    down = opinions(Technical(), line(200, -3_000))[-1]

    assert up.score > 0.4
    assert down.score < -0.4
    assert up.confidence > 0.65
    assert any("above EMA 55" in reason for reason in up.reasons)
    assert any("below EMA 55" in reason for reason in down.reasons)
    assert "one direction over 20 bars: up" in up.reasons


def test_technical_weighs_its_terms_as_told():
    trend_only = build_predictor(PredictorConfig(name="technical", params={"momentum": 0.0, "reversion": 0.0}))

    assert opinions(trend_only, walk(200))[-1] != opinions(Technical(), walk(200))[-1]
    assert opinions(trend_only, walk(200))[-1].score * opinions(Technical(), line(200, 3_000))[-1].score != 0.0


def test_a_view_shows_what_a_predictor_asked_for_and_no_more():
    class Reader(Predictor):
        name = "reader"
        lookback = 3

        def predict(self, view):
            bars, vectors = view.bars(3), view.vectors(2)
            assert bars[-1][0] == view.ts_event
            assert vectors[-1] == view.features
            return Prediction("reader", 0.0, float(len(bars) == 3 and len(vectors) == 2 and len(view.bars(99)) == 3))

    assert [a.confidence for a in opinions(Reader(), walk(70))] == [1.0] * 11


def test_a_predictor_that_is_not_able_is_not_asked():
    class Unable(Predictor):
        name = "unable"

        def is_able(self):
            return False

        def predict(self, view):
            raise AssertionError

    view = MarketView("BTC-USDT.SIM", "1m")
    view.seen = 1_000

    voter = Voter(Unable(), 1.0)

    assert voter.ask(view) is None
    assert voter.state == "disabled"
