"""How many bars a training needs, told before it begins."""

from bisect import bisect_left

from actors.signal.features import WARMUP
from config.training import TrainedKind, TrainingSection

LEAST = 50
"""Fewer rows to fit, to validate or to judge by say nothing."""
FIT = 0.8
"""Share of what came before a part that is judged which a model learns from; the rest validates."""
_MOST = 10_000_000


def least_bars(section: TrainingSection, kind: TrainedKind) -> int:
    """Return with how many bars, without a hole, there is enough to learn from and to judge by.

    The longest case is meant: every label lasts its whole horizon. So fewer may do, and as many always do.
    """
    lasts = section.label.horizon
    window = section.lstm.window if kind == "lstm" else 1
    examples = bisect_left(range(_MOST), True, key=lambda count: _is_enough(count, section))
    return examples + WARMUP + window - 2 + lasts


def _is_enough(count: int, section: TrainingSection) -> bool:
    gap = section.label.horizon + section.embargo
    begin = int(count * section.first)
    judged = (count - begin) // section.folds
    return judged >= LEAST and _fits(begin - gap, gap) and _fits(count, gap)


def _fits(count: int, gap: int) -> bool:
    """Return whether so many rows are enough to fit and to validate."""
    cut = int(count * FIT)
    return cut - gap >= LEAST and count - cut >= LEAST
