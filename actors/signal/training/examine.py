"""What a training does to itself: its leak tests, and which features it really uses."""

from collections.abc import Callable

import numpy as np

from actors.signal.training.examples import Examples
from actors.signal.training.judge import Judged, Told
from actors.signal.training.labels import Floats, Ints
from actors.signal.training.leaks import LeakTest, planted_future, same_beginnings, shuffled_labels
from actors.signal.training.learners import Learner
from actors.signal.training.metrics import log_loss
from actors.signal.training.report import Importance
from actors.signal.training.windows import Shown, with_hint, with_mixed

_BEGINNING = 600
"""So many rows are computed again without those after them."""


def leak_tests(data: Examples, learner: Learner, last: Judged, seed: int, told: Told) -> list[LeakTest]:
    """Return how the tests went, on the rows of the last fold."""
    rows = last.fold.fit, last.fold.test
    x = learner.see(data, rows[0]), learner.see(data, rows[1])
    y = data.y[rows[0]], data.y[rows[1]]
    weights = data.weights(rows[0])

    def learn(examples: Shown, labels: Ints) -> Callable[[Shown], Floats]:
        model = learner.fit(examples, labels, weights, seed)
        return lambda others: learner.predict(model, others)

    told(0, 3, "shuffled labels")
    found = [shuffled_labels(x, y, learn, independent=data.effective(rows[1]), seed=seed)]
    told(1, 3, "a planted future")
    future = data.future(rows[0]), data.future(rows[1])
    found.append(planted_future(x, y, future, learn, hint=with_hint, seed=seed))
    told(2, 3, "the same beginnings")
    found.append(same_beginnings(data.beginning, min(_BEGINNING, data.sources)))
    told(3, 3, "leak tests are done")
    return found


def importances(data: Examples, learner: Learner, last: Judged, seed: int) -> list[Importance]:
    """Return how much worse the last fold gets without each feature, the worst first."""
    x, y = learner.see(data, last.fold.test), data.y[last.fold.test]
    apply, model = last.fitted.calibrator.apply, last.fitted.model
    base, draw = log_loss(y, last.test), np.random.default_rng(seed)
    found = []
    for place, name in enumerate(data.schema.names):
        shuffled = with_mixed(x, place, draw.permutation(len(x)))
        loss = log_loss(y, apply(learner.predict(model, shuffled))) - base
        found.append(Importance(feature=name, loss=loss))
    return sorted(found, key=lambda item: -item.loss)
