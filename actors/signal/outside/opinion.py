"""What a service says of one bar, checked: words of others that must not lie."""

import math
import unicodedata
from typing import Literal

from msgspec import Struct

Side = Literal["long", "short", "neutral"]
MAX_REASONING = 500
"""Characters of a reasoning that are kept."""


class LieError(Exception):
    """An answer that cannot be believed; the message says why, in words that may be shown."""


class Usage(Struct, frozen=True):
    """Tokens that one answer cost."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt_tokens + self.completion_tokens


class Opinion(Struct, frozen=True, kw_only=True):
    """An answer that holds."""

    score: float
    """-1..1."""
    confidence: float
    """0..1."""
    reasoning: str = ""
    """One line of plain text."""
    model: str = ""
    """Which model said so, as the service calls it."""
    usage: Usage | None = None
    """None: the service does not say."""


def checked(share: float, name: str, *, most: float = 1.0) -> float:
    """Return a number of an answer that is in 0..`most`, scaled to 0..1.

    Raises:
        LieError: If it is not: NaN, 1.7, -3.
    """
    if not (math.isfinite(share) and 0.0 <= share <= most):
        raise LieError(f"{name} must be 0..{most:g}, was {share!r}"[:100])
    return share / most


def directed(side: str, confidence: float) -> float:
    """Return the score of a side that somebody is so sure of.

    Raises:
        LieError: If there is no such side.
    """
    signs = {"long": 1.0, "short": -1.0, "neutral": 0.0}
    if side not in signs:
        raise LieError(f"signal must be long, short or neutral, was {plain(side, 20)!r}")
    return signs[side] * confidence


def plain(text: str, most: int = MAX_REASONING) -> str:
    """Return text of others as one line without control characters, cut where it is too long."""
    shown = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[: 4 * most])
    line = " ".join(shown.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
