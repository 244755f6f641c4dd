"""The promoted trees vote, a newly promoted model from the next bar on; what does not fit is refused, and says so."""

import msgspec
import pytest
import structlog

from actors.market import interval_of
from actors.signal.aggregator import Aggregator
from actors.signal.features import NAMES
from actors.signal.golden import golden
from actors.signal.models.calibration import sigmoid
from actors.signal.models.meta import Calibration, Golden
from actors.signal.models.registry import ModelRegistry
from actors.signal.predictor import PredictorContext
from actors.signal.stream import SignalStream
from config.signals import PredictorConfig, SignalConfig
from tests.unit.model_files import made_meta, stump
from tests.unit.walks import INSTRUMENT, NAME, START, walk

UP, DOWN = stump(2.0, 2.0), stump(-2.0, -2.0)
SPLIT = stump(-1.0, 1.0, feature=NAMES.index("return_1"))
BEFORE = START // 1_000_000


@pytest.fixture
def registry(tmp_path):
    return ModelRegistry(tmp_path / "models")


def promoted(registry, model_id, raw, **changed):
    known = {"trained_to_ms": BEFORE} | changed
    registry.save(made_meta(model_id, raw, **known), {"model.json": raw})
    return registry.promote(model_id)


def stream(registry, *, weight=1.0, beside=(), **params):
    config = SignalConfig(predictors=(PredictorConfig(name="gbt", weight=weight, params=params), *beside))
    context = PredictorContext(instrument_id=NAME, interval="1m", models=registry)
    made = SignalStream(INSTRUMENT, interval_of("1m"), Aggregator.from_config(config, context), 1_000)
    made.load((), trace_id="t", ts_init=0)
    return made


def close(made, row):
    return made.close(row, "t", 0)


def source(signal):
    return signal.sources[0]


def test_the_promoted_model_votes_with_its_probability(registry):
    promoted(registry, "a", UP)
    made = stream(registry)
    signals = [close(made, row) for row in walk(70)]

    assert [source(signal).state for signal in signals] == ["warming_up"] * 59 + ["voted"] * 11
    assert signals[-1].probability == pytest.approx(sigmoid(2.0))
    assert signals[-1].confidence == pytest.approx(2 * sigmoid(2.0) - 1)
    assert signals[-1].signal == "long"
    assert "model a" in signals[-1].reasons[0]


def test_it_answers_from_the_features_of_the_bar(registry):
    promoted(registry, "a", SPLIT)
    made = stream(registry)
    signals = [close(made, row) for row in walk(200)][60:]

    assert all((signal.score > 0) == (signal.features[NAMES.index("return_1")] >= 0) for signal in signals)
    assert {signal.score > 0 for signal in signals} == {True, False}


def test_calibration_is_applied(registry):
    promoted(registry, "a", UP, calibration=Calibration(kind="platt", a=0.5, b=-0.25))
    made = stream(registry)

    assert [close(made, row) for row in walk(60)][-1].probability == pytest.approx(sigmoid(0.75))


def test_a_newly_promoted_model_is_used_from_the_next_bar_and_so_is_the_one_before(registry):
    promoted(registry, "a", UP)
    made, rows = stream(registry), walk(66)
    scores = [close(made, row).score for row in rows[:61]]
    promoted(registry, "b", DOWN)
    scores.append(close(made, rows[61]).score)
    registry.rollback(NAME, "1m", "gbt")
    scores.append(close(made, rows[62]).score)
    promoted(ModelRegistry(registry.folder), "c", DOWN)
    scores.append(close(made, rows[63]).score)

    assert [score > 0 for score in scores[-5:]] == [True, True, False, True, False]


def test_without_a_model_it_has_no_weight(registry):
    made = stream(registry, beside=(PredictorConfig(name="technical", weight=0.1),))
    signal = [close(made, row) for row in walk(61)][-1]

    assert source(signal).state == "disabled"
    assert signal.sources[1].state == "voted"
    assert signal.score == signal.sources[1].score
    assert source([close(stream(None), row) for row in walk(1)][-1]).state == "disabled"


def test_a_model_that_came_while_it_ran_is_taken(registry):
    made, rows = stream(registry), walk(62)
    states = [source(close(made, row)).state for row in rows[:61]]
    promoted(registry, "a", UP)

    assert set(states) == {"disabled"}
    assert source(close(made, rows[61])).state == "voted"


def test_it_abstains_on_what_the_model_has_learnt_from(registry):
    rows = walk(80)
    ends = rows[70].ts_open // 1_000_000
    promoted(registry, "a", UP, trained_to_ms=ends)
    made, frank = stream(registry), stream(registry, in_sample=True)
    states = [source(close(made, row)).state for row in rows]

    assert states[59:] == ["abstained"] * 11 + ["voted"] * 10
    assert [source(close(frank, row)).state for row in rows][59:] == ["voted"] * 21


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"feature_schema": "bars-v1"}, "trained on bars-v1"),
        ({"schema_hash": "0" * 16}, "trained on"),
        ({"feature_names": NAMES[::-1]}, "trained on"),
        ({"reference": "VIX.SIM"}, "VIX"),
        ({"session": "09:30-16:00 America/New_York"}, "09:30"),
        ({"golden": Golden(features=(*golden()[:-1], golden()[-1] + 1e-3), probability=0.5)}, "other numbers here"),
        ({"golden": Golden(features=golden()[:-1], probability=0.5)}, "other numbers here"),
        ({"golden": Golden(features=golden(), probability=0.6)}, "0.6 in training"),
        ({"calibration": Calibration(kind="platt", a=-1.0)}, "negative"),
    ],
)
def test_a_model_of_other_features_is_refused_and_told_once(registry, changed, reason):
    promoted(registry, "a", UP, **changed)
    with structlog.testing.capture_logs() as logs:
        made = stream(registry)
        states = {source(close(made, row)).state for row in walk(70)}

    told = [line for line in logs if line["event"] == "model_refused"]
    assert states == {"disabled"}
    assert len(told) == 1
    assert reason in told[0]["reason"]
    assert told[0]["model"] == "a"


@pytest.mark.parametrize(
    "raw", [b"{}", stump(0.1, 0.2, features=7), stump(0.1, 1e9)], ids=["empty", "features", "giant"]
)
def test_a_file_that_is_no_model_of_these_features_is_refused(registry, raw):
    registry.save(made_meta("a", None), {"model.json": raw})
    registry.promote("a")
    made = stream(registry)

    assert {source(close(made, row)).state for row in walk(61)} == {"disabled"}


def test_after_a_refused_one_a_good_one_is_taken(registry):
    promoted(registry, "a", UP)
    made, rows = stream(registry), walk(70)
    for row in rows[:61]:
        close(made, row)
    promoted(registry, "b", DOWN, feature_schema="bars-v9")

    assert source(close(made, rows[61])).state == "disabled"
    promoted(registry, "c", DOWN)
    assert close(made, rows[62]).score < 0.0


def test_a_file_changed_on_the_disk_is_not_used(registry):
    meta = promoted(registry, "a", UP)
    (registry.folder / NAME / "1m/gbt" / meta.id / "model.json").write_bytes(DOWN)
    made = stream(ModelRegistry(registry.folder))

    assert {source(close(made, row)).state for row in walk(61)} == {"disabled"}


def test_the_same_bars_and_models_give_the_same_signals(registry):
    promoted(registry, "a", SPLIT)
    runs = []
    for _ in range(2):
        made = stream(ModelRegistry(registry.folder))
        runs.append([msgspec.structs.replace(close(made, row), trace_id="") for row in walk(150)])

    assert runs[0] == runs[1]
