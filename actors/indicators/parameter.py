"""What may stand between the parentheses of an indicator's name: numbers and words within bounds."""

import math
import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

from config.errors import InvalidInputError

type Value = int | float | str

ParameterType = Literal["integer", "number", "choice"]
MAX_PERIOD = 1_000
"""Longest period in bars: what a window holds several times, so that values have settled in most of it."""
MAX_DECIMALS = 6
"""Of a number, so that names stay short."""
AVERAGES = ("sma", "ema", "dema", "rma", "hma")
"""The types of moving average that other indicators are made of, by the names of those averages."""
_LONG = dict(zip(("simple", "exponential", "double_exponential", "wilder", "hull"), AVERAGES, strict=True))

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


class Parameter(Struct, frozen=True, kw_only=True):
    """One parameter of an indicator. Also its REST body."""

    name: str
    type: ParameterType
    default: int | float | str
    minimum: float | None = None
    """Least value; null of a choice."""
    maximum: float | None = None
    """Greatest value; null of a choice."""
    choices: tuple[str, ...] = ()
    """The words of a choice; they are read in any case."""
    is_optional: bool = False
    """Whether it is left out of the canonical name while it, and all after it, have their defaults."""
    about: Annotated[str, Meta(description="what it means, for a person")] = ""

    def read(self, text: str) -> Value:
        """Return the value that `text` stands for.

        Raises:
            InvalidInputError: If it is not one, or out of bounds.
        """
        return self._choice(text) if self.type == "choice" else self._number(text)

    def text(self, value: Value) -> str:
        """Return the one text of a value: equal values have equal texts."""
        if isinstance(value, str):
            return value
        return str(int(value)) if value == int(value) else repr(float(value))

    def _choice(self, text: str) -> str:
        word = text.lower()
        word = _LONG.get(word, word) if self.choices == AVERAGES else word
        if word not in self.choices:
            raise InvalidInputError(f"{self.name} must be one of {', '.join(self.choices)}, was {text[:20]!r}")
        return word

    def _number(self, text: str) -> int | float:
        value = float(text) if _NUMBER.fullmatch(text) else math.nan
        is_whole = math.isfinite(value) and value == int(value)
        is_right = is_whole if self.type == "integer" else value == round(value, MAX_DECIMALS)
        if not is_right or not (self.minimum or 0.0) <= value <= (self.maximum or 0.0):
            raise InvalidInputError(f"{self.name} must be {self._range()}, was {text[:20]!r}")
        return int(value) if self.type == "integer" else value

    def _range(self) -> str:
        kind = "a whole number" if self.type == "integer" else f"a number of {MAX_DECIMALS} decimals"
        return f"{kind} from {self.text(self.minimum or 0.0)} to {self.text(self.maximum or 0.0)}"


def period(
    default: int, name: str = "period", *, minimum: int = 1, maximum: int = MAX_PERIOD, about: str = "bars"
) -> Parameter:
    """Return a parameter that counts bars."""
    return Parameter(name=name, type="integer", default=default, minimum=minimum, maximum=maximum, about=about)


def number(
    name: str, default: float, minimum: float, maximum: float, *, is_optional: bool = False, about: str = ""
) -> Parameter:
    """Return a parameter that is any number within bounds."""
    return Parameter(
        name=name,
        type="number",
        default=default,
        minimum=minimum,
        maximum=maximum,
        is_optional=is_optional,
        about=about,
    )


def choice(name: str, default: str, choices: tuple[str, ...], *, about: str = "") -> Parameter:
    """Return a parameter that is one of some words."""
    return Parameter(name=name, type="choice", default=default, choices=choices, is_optional=True, about=about)


def average(default: str, name: str = "ma_type") -> Parameter:
    """Return a parameter that is a type of moving average."""
    return choice(name, default, AVERAGES, about="type of moving average")


def switch(name: str, *, is_on: bool, about: str = "") -> Parameter:
    """Return a parameter that is on or off."""
    return choice(name, "yes" if is_on else "no", ("yes", "no"), about=about)
