"""One training from bars to a judged model; plain, so the process around it only reads, tells and writes."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from actors.signal.models.meta import ModelMeta
from actors.signal.training.compare import Current, against, recipe_section
from actors.signal.training.dataset import Bars, dataset
from actors.signal.training.describe import Findings
from actors.signal.training.describe_bars import bar_meta, bar_report
from actors.signal.training.examine import importances, leak_tests
from actors.signal.training.examples import Examples
from actors.signal.training.judge import fitted, judge
from actors.signal.training.labels import Floats
from actors.signal.training.learners import Learner, learner_of
from actors.signal.training.metrics import quantile_bins
from actors.signal.training.report import Judgement, Report
from actors.signal.training.splits import folds, split
from actors.signal.training.wish import Wish

Told = Callable[[str, int, int, str], None]
"""(stage, done, of, message)."""


class Trained[R: Judgement](Struct, frozen=True):
    """What came of it."""

    report: R
    meta: ModelMeta
    """Ready to be saved, but for its files' digests."""
    files: Mapping[str, bytes]
    """The model, and `features.json`: what the features looked like in training, against which drift is measured."""


class Plan(Struct, frozen=True, kw_only=True):
    """How a recipe is judged."""

    folds: int
    first: float
    """Share of the examples before the first fold."""
    embargo: int
    """Slots between what a model has seen and what it is judged by, beside the length of the labels."""
    act_on: float
    """Share of the validation's opinions, the strongest, that sets the threshold of trading."""
    seed: int


def train(bars: Bars, wish: Wish, current: Current | None, told: Told) -> Trained[Report]:
    """Learn from bars, judge what was learnt, and say whether it may be used.

    Args:
        bars: The history.
        wish: What to make of it.
        current: The promoted model, which a better one replaces.
        told: Hears how far it is.

    Raises:
        InsufficientDataError: If there is too little data.
    """
    section = wish.section
    learner = learner_of(wish.kind, section)
    recipe = None if current is None else learner_of(current.meta.kind, recipe_section(current, section))
    told("features", 0, 1, f"{len(bars):,} bars")
    data = dataset(bars, section.label, window=max(learner.window, 0 if recipe is None else recipe.window))
    plan = Plan(
        folds=section.folds, first=section.first, embargo=section.embargo, act_on=section.act_on, seed=wish.seed
    )
    beside = None if current is None or recipe is None else (current, recipe)
    found = study(data, learner, plan, beside, told)
    report = bar_report(wish, data, found)
    told("model", 1, 1, "the model is made")
    return Trained(report, bar_meta(found, report), files_of(found))


def study(data: Examples, learner: Learner, plan: Plan, beside: tuple[Current, Learner] | None, told: Told) -> Findings:
    """Judge a recipe walking forward, examine it, and make the model of all examples.

    Args:
        data: All examples.
        learner: The recipe.
        plan: How it is judged.
        beside: The promoted model with its own recipe; None: there is none.
        told: Hears how far it is.

    Raises:
        InsufficientDataError: If there is too little data.
    """
    cuts = folds(data.end, data.index, count=plan.folds, first=plan.first, embargo=plan.embargo)
    judged = judge(data, learner, cuts, act_on=plan.act_on, seed=plan.seed, told=_stage("folds", told))
    tests = leak_tests(data, learner, judged[-1], plan.seed, _stage("leak tests", told))
    compared = None
    if beside is not None:
        compared = against(data, judged, *beside, embargo=plan.embargo, told=_stage("current model", told))
    told("model", 0, 1, f"{len(data):,} examples")
    final = fitted(data, learner, split(data.end, data.index, embargo=plan.embargo), plan.seed)
    return Findings(
        data=data,
        learner=learner,
        judged=judged,
        final=final,
        leak_tests=tuple(tests),
        importance=tuple(importances(data, learner, judged[-1], plan.seed)),
        current=compared,
    )


def files_of(found: Findings) -> Mapping[str, bytes]:
    """Return the files of the model that is saved."""
    x = found.data.x(np.arange(len(found.data)))
    return {found.learner.file_name: found.final.model, "features.json": _quantiles(found.data.schema.names, x)}


def _stage(name: str, told: Told) -> Callable[[int, int, str], None]:
    return lambda done, of, message: told(name, done, of, message)


def _quantiles(names: Sequence[str], x: Floats) -> bytes:
    """Return, per feature, the inner edges of ten bins and the share of the examples in each."""
    found = {}
    for place, name in enumerate(names):
        edges, shares = quantile_bins(x[:, place])
        found[name] = {"edges": edges.tolist(), "shares": shares.tolist()}
    return msgspec.json.encode(found)
