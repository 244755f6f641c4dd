"""The candidate beside the promoted model, on the same rows; and whether it may take its place."""

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Struct

from actors.signal.models.calibration import calibrated
from actors.signal.models.meta import ModelMeta
from actors.signal.training.examples import Examples
from actors.signal.training.judge import Judged, Told, joined, judge, judged_rows
from actors.signal.training.leaks import LeakTest
from actors.signal.training.learners import Learner
from actors.signal.training.metrics import Scores, log_loss
from actors.signal.training.report import Against, Gate
from config.training import TrainingSection

LEAST_UNSEEN = 500
"""So many rows later than its training, and a model is compared as it stands."""


class Current(Struct, frozen=True):
    """The promoted model."""

    meta: ModelMeta
    model: bytes
    """Its file."""


def against(
    data: Examples, judged: Sequence[Judged], current: Current, recipe: Learner, *, embargo: int, told: Told
) -> Against:
    """Compare the candidate's out-of-sample probabilities with the promoted model's.

    A model knows the answers of the time it was trained on. So it is asked about later rows alone; where there are
    too few, or it was trained on other features, its recipe is fitted anew on the candidate's folds.

    Args:
        data: All examples.
        judged: The candidate's folds.
        current: The promoted model.
        recipe: How that was made: its kind, with its own parameters.
        embargo: Slots between what it has seen and what it is asked.
        told: Hears how far it is.
    """
    rows, told_p = judged_rows(judged), joined(judged, "test")
    limit = current.meta.trained_to_ms * 1_000_000 + embargo * data.origin.slot_ns
    unseen = data.ts[rows] >= limit
    if unseen.sum() >= LEAST_UNSEEN and current.meta.schema_hash == data.schema.hash:
        raw = recipe.predict(current.model, recipe.see(data, rows[unseen]))
        own = np.array([calibrated(float(p), current.meta.calibration) for p in raw])
        how, rows, told_p = "as it stands", rows[unseen], told_p[unseen]
    else:
        seed = current.meta.params.get("seed", 0)
        again = judge(data, recipe, [item.fold for item in judged], act_on=1.0, seed=int(seed or 0), told=told)
        how, own = "its recipe", joined(again, "test")
    y = data.y[rows]
    return Against(id=current.meta.id, how=how, rows=len(rows), current=log_loss(y, own), candidate=log_loss(y, told_p))


def recipe_section(current: Current, section: TrainingSection) -> TrainingSection:
    """Return `section` with the parameters that the promoted model was made with, as far as they are still allowed."""
    kind = current.meta.kind
    return msgspec.structs.replace(section, **{kind: recipe_params(current, getattr(section, kind))})


def recipe_params[P: Struct](current: Current, own: P) -> P:
    """Return the parameters that the promoted model was made with, `own` where they are not allowed any more."""
    known = {name: value for name, value in current.meta.params.items() if name in type(own).__struct_fields__}
    try:
        return msgspec.convert(known, type(own))
    except msgspec.ValidationError:
        return own


def gate(out_of_sample: Scores, majority: Scores, current: Against | None, leak_tests: Sequence[LeakTest]) -> Gate:
    """Return whether a candidate may be promoted, and why."""
    failed = [test.name for test in leak_tests if not test.passed]
    if failed:
        return Gate(is_promotable=False, reason=f"leak test failed: {', '.join(failed)}")
    own, constant = out_of_sample.log_loss, majority.log_loss
    if own >= constant:
        text = f"out-of-sample log-loss {own:.5f} is not better than {constant:.5f} of always the same answer"
        return Gate(is_promotable=False, reason=text)
    if current is not None and current.candidate >= current.current:
        text = (
            f"log-loss {current.candidate:.5f} is not better than {current.current:.5f} of {current.id} ({current.how})"
        )
        return Gate(is_promotable=False, reason=text)
    beaten = "always the same answer" if current is None else f"that and than {current.id}"
    return Gate(
        is_promotable=True, reason=f"out-of-sample log-loss {own:.5f} is better than {constant:.5f} of {beaten}"
    )
