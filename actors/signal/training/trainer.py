"""One training from bars to a judged model; plain, so the process around it only reads, tells and writes."""

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from actors.signal.features import NAMES
from actors.signal.models.meta import ModelMeta
from actors.signal.training import splits
from actors.signal.training.compare import Current, against, recipe_section
from actors.signal.training.dataset import Bars, Dataset, dataset
from actors.signal.training.describe import Findings, meta_of, report_of
from actors.signal.training.examine import importances, leak_tests
from actors.signal.training.judge import fitted, judge
from actors.signal.training.learners import learner_of
from actors.signal.training.metrics import quantile_bins
from actors.signal.training.report import Report
from actors.signal.training.wish import Wish

Told = Callable[[str, int, int, str], None]
"""(stage, done, of, message)."""


class Trained(Struct, frozen=True):
    """What came of it."""

    report: Report
    meta: ModelMeta
    """Ready to be saved, but for its files' digests."""
    files: Mapping[str, bytes]
    """The model, and `features.json`: what the features looked like in training, against which drift is measured."""


def train(bars: Bars, wish: Wish, current: Current | None, told: Told) -> Trained:
    """Learn from bars, judge what was learnt, and say whether it may be used.

    Args:
        bars: The history.
        wish: What to make of it.
        current: The promoted model, which a better one replaces.
        told: Hears how far it is.

    Raises:
        InsufficientDataError: If there is too little data.
    """
    section, seed = wish.section, wish.seed
    learner = learner_of(wish.kind, section)
    recipe = None if current is None else learner_of(current.meta.kind, recipe_section(current, section))
    told("features", 0, 1, f"{len(bars):,} bars")
    data = dataset(bars, section.label, window=max(learner.window, 0 if recipe is None else recipe.window))
    cuts = splits.folds(data.end, data.index, count=section.folds, first=section.first, embargo=section.embargo)
    judged = judge(data, learner, cuts, act_on=section.act_on, seed=seed, told=_stage("folds", told))
    tests = leak_tests(data, learner, judged[-1], seed, _stage("leak tests", told))
    beside = None
    if current is not None and recipe is not None:
        beside = against(data, judged, current, recipe, embargo=section.embargo, told=_stage("current model", told))
    told("model", 0, 1, f"{len(data):,} examples")
    final = fitted(data, learner, splits.split(data.end, data.index, embargo=section.embargo), seed)
    useful = importances(data, learner, judged[-1], seed)
    found = Findings(
        data=data,
        learner=learner,
        judged=judged,
        final=final,
        leak_tests=tuple(tests),
        importance=tuple(useful),
        current=beside,
    )
    report = report_of(wish, found)
    told("model", 1, 1, "the model is made")
    files = {learner.file_name: final.model, "features.json": _quantiles(data)}
    return Trained(report, meta_of(wish, found, report), files)


def _stage(name: str, told: Told) -> Callable[[int, int, str], None]:
    return lambda done, of, message: told(name, done, of, message)


def _quantiles(data: Dataset) -> bytes:
    """Return, per feature, the inner edges of ten bins and the share of the examples in each."""
    x = data.vectors[data.index]
    found = {}
    for place, name in enumerate(NAMES):
        edges, shares = quantile_bins(x[:, place])
        found[name] = {"edges": edges.tolist(), "shares": shares.tolist()}
    return msgspec.json.encode(found)
