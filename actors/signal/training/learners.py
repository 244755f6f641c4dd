"""The kinds of models that can be trained: how each sees an example, learns and answers."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import Struct, structs

from actors.signal.golden import golden_vectors
from actors.signal.models.lstm import load_lstm
from actors.signal.models.trees import load_trees
from actors.signal.training.fitting import fit_gbt, predict_gbt
from actors.signal.training.labels import Floats, Ints
from actors.signal.training.lstm import fit_lstm, predict_lstm
from actors.signal.training.windows import Shown, Windows
from config.training import GbtSection, LstmSection, TrainingSection


class Learner(Struct, frozen=True, kw_only=True):
    """One kind with its parameters."""

    kind: str
    file_name: str
    params: Mapping[str, float | int]
    window: int
    """How many bars an example shows; 1 of what has no bars."""
    see: Callable[[Any, Ints], Shown]
    """Rows of its kind of examples -> what the model is shown, the first axis counting them."""
    fit: Callable[[Any, Ints, Floats, int], bytes]
    """(examples, labels, weights, seed) -> the model's file."""
    predict: Callable[[bytes, Any], Floats]
    """(file, examples) -> raw probabilities."""
    answer: Callable[[bytes], float]
    """The file's raw probability of the golden example, by the very code that the node runs."""


def learner_of(kind: str, section: TrainingSection) -> Learner:
    """Return a kind with its parameters of the configuration."""
    return LEARNERS[kind](section)


def gbt_learner(kind: str, params: GbtSection, golden: Sequence[float]) -> Learner:
    """Return trees that see one vector of any examples; `golden` is the vector of the shipped one."""

    def fit(x: Floats, y: Ints, w: Floats, seed: int) -> bytes:
        return fit_gbt(x, y, w, params, seed)

    return Learner(
        kind=kind,
        file_name="model.json",
        params=structs.asdict(params),
        window=1,
        see=lambda data, rows: data.x(rows),
        fit=fit,
        predict=predict_gbt,
        answer=lambda model: load_trees(model).predict(golden),
    )


def _gbt(section: TrainingSection) -> Learner:
    return gbt_learner("gbt", section.gbt, golden_vectors()[-1])


def _lstm(section: TrainingSection) -> Learner:
    params: LstmSection = section.lstm

    def fit(x: Windows, y: Ints, w: Floats, seed: int) -> bytes:
        return fit_lstm(x, y, w, params, seed)

    return Learner(
        kind="lstm",
        file_name="model.lstm",
        params=structs.asdict(params),
        window=params.window,
        see=lambda data, rows: data.windows(rows, params.window),
        fit=fit,
        predict=predict_lstm,
        answer=lambda model: load_lstm(model).predict(golden_vectors()[-params.window :]),
    )


LEARNERS: Mapping[str, Callable[[TrainingSection], Learner]] = MappingProxyType({"gbt": _gbt, "lstm": _lstm})
"""By name; what the command line offers."""
