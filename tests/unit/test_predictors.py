"""The contract of every registered predictor; a new file in `actors/signal/predictors/` is tested by being there."""

import math
import sys
from pathlib import Path

import msgspec
import pytest

from actors.market import interval_of
from actors.messages import Prediction
from actors.signal.aggregator import Aggregator
from actors.signal.features import NAMES, FeatureEngine
from actors.signal.golden import golden_vectors
from actors.signal.models.lstm import load_lstm
from actors.signal.models.meta import Golden
from actors.signal.models.registry import ModelRegistry
from actors.signal.predictor import MarketView, Predictor, PredictorContext, build_predictor, predictors
from actors.signal.predictors.technical import Technical
from actors.signal.stream import SignalStream
from actors.signal.voter import Voter
from config.errors import ConfigError, UnknownPluginError
from config.registry import Registry
from config.signals import PredictorConfig, SignalConfig
from tests.guide_package import install
from tests.unit.lstm_networks import network
from tests.unit.model_files import made_meta, stump
from tests.unit.walks import INSTRUMENT, NAME, START, floats, line, walk

EVERY = list(predictors)
OUTSIDE = {"llm", "http"}
"""They ask services, which a backtest has none of; `test_ai_predictors.py` asks them."""
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


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Promoted models of every kind, and scores of another program."""
    folder = tmp_path_factory.mktemp("kept")
    models, before = ModelRegistry(folder / "models"), START // 1_000_000
    trees = stump(-0.8, 0.6, feature=NAMES.index("rsi_14"), threshold=0.5)
    models.save(made_meta("t", trees, trained_to_ms=before), {"model.json": trees})
    _, raw = network(len(NAMES), 4, 8)
    golden = Golden(features=golden_vectors()[-1], probability=load_lstm(raw).predict(golden_vectors()[-8:]))
    meta = made_meta("n", kind="lstm", trained_to_ms=before)
    models.save(msgspec.structs.replace(meta, golden=golden), {"model.lstm": raw})
    for model_id in ("t", "n"):
        models.promote(model_id)
    rows = [f"{row.ts_open // 1_000_000},{0.9 if i % 2 else -0.4}\n" for i, row in enumerate(walk(600))]
    (folder / f"{NAME}.csv").write_text("ts,score\n" + "".join(rows))
    return models, folder


@pytest.fixture
def full(kept):
    """Builds a predictor by its name with everything that a backtest lets it use."""
    models, folder = kept
    params = {"file": {"folder": str(folder)}}
    context = PredictorContext(instrument_id=NAME, interval="1m", models=models)

    def build(name):
        return build_predictor(PredictorConfig(name=name, params=params.get(name, {})), context)

    return build


@pytest.mark.parametrize("name", EVERY)
class TestEveryPredictorWithAllItMayUse:
    def test_it_votes_within_range_and_says_why(self, name, full):
        predictor = full(name)
        answers = [answer for answer in opinions(predictor, walk(400)) if answer is not None]

        assert predictor.is_able() == bool(answers) == (name not in OUTSIDE)
        for answer in answers:
            assert -1.0 <= answer.score <= 1.0
            assert 0.0 <= answer.confidence <= 1.0
            assert answer.predictor == name
            assert all(reason and reason == reason.strip() and len(reason) < 100 for reason in answer.reasons)
        assert predictor.why or answers

    def test_same_bars_give_the_same_answers_however_often_it_is_asked(self, name, full):
        first, second = full(name), full(name)

        for one, other in zip(views(first, walk(200)), views(second, walk(200)), strict=True):
            assert first.predict(one) == first.predict(one) == second.predict(other)

    def test_it_survives_holes_and_a_flat_market(self, name, full, kept):
        models, folder = kept
        rows = [row for i, row in enumerate(walk(600)) if not (200 <= i < 210 or 300 <= i < 400)]
        params = {"folder": str(folder)} if name == "file" else {}
        config = SignalConfig(predictors=(PredictorConfig(name=name, params=params),))
        context = PredictorContext(instrument_id=NAME, interval="1m", models=models)
        for bars in (rows, line(200)):
            stream = SignalStream(INSTRUMENT, interval_of("1m"), Aggregator.from_config(config, context), len(bars))
            states = {signal.sources[0].state for signal in stream.load(bars, trace_id="t", ts_init=0)}

            assert "failed" not in states
            assert "voted" in states or name in OUTSIDE

    def test_of_another_instrument_it_knows_nothing_that_was_made_for_this_one(self, name, kept):
        models, folder = kept
        params = {"folder": str(folder)} if name == "file" else {}
        context = PredictorContext(instrument_id="ETH-USDT.SIM", interval="1m", models=models)
        built = build_predictor(PredictorConfig(name=name, params=params), context)

        assert built.is_able() == (name == "technical")


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


@pytest.fixture
def _installed(tmp_path, monkeypatch):
    """The package that the guide shows, and a registry that looks for it."""
    monkeypatch.syspath_prepend(install(tmp_path, GUIDE))
    mine: Registry[Predictor] = Registry("predictor", "tests.unit.plain_predictors", predictors._group)
    monkeypatch.setattr("actors.signal.predictor.predictors", mine)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_package"]:
        del sys.modules[name]


@pytest.mark.usefixtures("_installed")
def test_the_package_in_the_docs_works_by_its_entry_point():
    built = build_predictor(PredictorConfig(name="pullback", params={"patience": 0.3}))
    answers = [answer for answer in opinions(built, walk(400)) if answer is not None]

    assert type(built).__module__ == "my_package.pullback"
    assert {answer.score > 0 for answer in answers} == {True, False}
    assert all(-1.0 <= answer.score <= 1.0 and 0.0 <= answer.confidence <= 1.0 for answer in answers)


@pytest.mark.usefixtures("_installed")
def test_a_stream_takes_the_vote_of_somebody_elses_package():
    config = SignalConfig(predictors=(PredictorConfig(name="pullback", weight=0.5),))
    stream = SignalStream(INSTRUMENT, interval_of("1m"), Aggregator.from_config(config), 400)
    signals = stream.load(walk(400), trace_id="t", ts_init=0)

    assert {signal.sources[0].state for signal in signals} == {"warming_up", "voted", "abstained"}


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
