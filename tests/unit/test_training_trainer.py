"""A whole training on little data: reproducible, honest of a walk, able to learn what can be learnt."""

import numpy as np
import pytest
from msgspec import structs

from actors.signal.features import NAMES, WARMUP, vectors_of
from actors.signal.models.calibration import calibrated, check_calibration
from actors.signal.models.trees import load_trees
from actors.signal.training.compare import Current, gate
from actors.signal.training.dataset import dataset, features
from actors.signal.training.fitting import fit_gbt, predict_gbt
from actors.signal.training.leaks import LeakTest
from actors.signal.training.trainer import train
from actors.signal.training.wish import Wish
from config.training_errors import InsufficientDataError
from tests.unit.training_bars import SMALL, bars, waves

WISH = Wish(kind="gbt", seed=3, section=SMALL, created_ms=1_000)


def silent(*_):
    pass


@pytest.fixture(scope="module")
def walked():
    return train(bars(), WISH, None, silent)


@pytest.fixture(scope="module")
def learned():
    return train(waves(), WISH, None, silent)


def test_the_same_training_gives_the_same_bytes(walked):
    again = train(bars(), structs.replace(WISH, created_ms=2_000), None, silent)

    assert again.files == walked.files
    assert structs.replace(again.report, times=walked.report.times) == walked.report


@pytest.mark.slow
def test_another_seed_is_another_model(walked):
    assert train(bars(), structs.replace(WISH, seed=4), None, silent).files != walked.files


def test_a_random_walk_has_no_edge(walked):
    assert walked.report.edge.word != "yes"
    assert not walked.meta.is_promotable
    assert walked.meta.reason == walked.report.gate.reason


@pytest.mark.slow
def test_what_can_be_learnt_is_learnt_and_may_be_promoted(learned):
    samples = learned.report.samples

    assert samples.out_of_sample.auc > 0.75
    assert samples.out_of_sample.log_loss < learned.report.baselines["majority"].log_loss
    assert learned.report.edge.word == "yes"
    assert learned.meta.is_promotable


@pytest.mark.parametrize("kind", ["gbt", "lstm"])
def test_of_a_market_that_does_not_move_nothing_can_be_learnt(kind):
    still = bars()
    prices = dict.fromkeys(("open", "high", "low", "close"), np.full(len(still), 100.0))
    with pytest.raises(InsufficientDataError, match=r"all \d+ labels to learn from are the same"):
        train(structs.replace(still, **prices), structs.replace(WISH, kind=kind), None, silent)


def test_the_three_samples_stay_apart(learned):
    first = learned.report.folds[0]

    assert first.fit_to_ms < first.judged_from_ms
    assert learned.meta.scores["training"]["auc"] == learned.report.samples.training.auc
    assert learned.meta.scores["out_of_sample"]["auc"] == learned.report.samples.out_of_sample.auc
    assert learned.report.samples.training.count > learned.report.samples.validation.count


def test_the_metadata_holds_what_the_node_will_compute(learned):
    model = load_trees(learned.files["model.json"])

    assert model.predict(learned.meta.golden.features) == learned.meta.golden.probability
    check_calibration(learned.meta.calibration)
    assert 0.0 < calibrated(0.5, learned.meta.calibration) < 1.0


@pytest.mark.slow
def test_a_better_current_model_stays(learned):
    current = Current(learned.meta, learned.files["model.json"])
    stages = []
    again = train(waves(), WISH, current, lambda *told: stages.append(told[0]))

    assert again.report.current.how == "its recipe"
    assert again.meta.against == structs.asdict(again.report.current)
    assert again.report.current.candidate == pytest.approx(again.report.current.current)
    assert not again.meta.is_promotable
    assert learned.meta.id in again.meta.reason
    assert list(dict.fromkeys(stages)) == ["features", "folds", "leak tests", "current model", "model"]


@pytest.mark.slow
def test_a_current_model_is_judged_as_it_stands_by_what_it_has_not_seen(learned):
    early = structs.replace(learned.meta, trained_to_ms=learned.meta.trained_from_ms)
    again = train(waves(), WISH, Current(early, learned.files["model.json"]), silent)

    assert again.report.current.how == "as it stands"
    assert again.report.current.rows == again.report.samples.out_of_sample.count


def test_a_leak_keeps_a_model_from_promotion(learned):
    good, bad = learned.report.samples.out_of_sample, learned.report.baselines["majority"]
    leak = LeakTest(name="shuffled_labels", passed=False, value=0.9, expected="")

    assert gate(good, bad, None, [leak]).reason == "leak test failed: shuffled_labels"
    assert not gate(good, bad, None, [leak]).is_promotable


def test_the_trees_of_the_node_answer_as_the_library_does():
    draw = np.random.default_rng(1)
    x = draw.normal(0, 1, (400, 6))
    y = (x[:, 0] + x[:, 1] ** 2 > 0.5).astype(np.int64)
    model = fit_gbt(x, y, np.ones(400), SMALL.gbt, 1)
    walker = load_trees(model)

    assert [walker.predict(row) for row in x[:50].tolist()] == pytest.approx(predict_gbt(model, x[:50]), abs=1e-6)
    assert fit_gbt(x, y, np.ones(400), SMALL.gbt, 1) == model


def test_examples_have_the_features_of_the_live_engine():
    history = bars(200)
    data = dataset(history, SMALL.label)

    assert data.vectors.tolist() == [list(vector) for vector in vectors_of(history.rows(), history.interval)]
    assert data.vectors.shape == (200, len(NAMES))
    assert data.index.min() >= WARMUP - 1
    assert data.end.max() < 200
    assert data.windows(np.array([5]), 3)[:].tolist() == [data.vectors[data.index[5] - 2 : data.index[5] + 1].tolist()]


def test_features_begin_anew_after_a_long_hole():
    whole = bars(300).rows()
    cut = bars(rows=whole[:100] + whole[200:])
    vectors, seen = features(cut)

    assert vectors[100:].tolist() == features(bars(rows=whole[200:]))[0].tolist()
    assert seen[99:102].tolist() == [100, 1, 2]
    assert cut.is_next().sum() == len(cut) - 1


def test_every_kind_that_may_be_asked_for_can_be_learnt():
    from actors.signal.training.learners import LEARNERS
    from node.training.job import KINDS

    assert set(KINDS) == set(LEARNERS)
