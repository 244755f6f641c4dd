"""What an indicator is: a class with a name and parameters that is handed bars and tells numbers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from msgspec import Struct

from actors.indicators.parameter import Parameter, Value
from config.registry import Registry

Pane = Literal["price", "own"]
_DECAY = 16
"""Periods after which the slowest of the averages, Wilder's, has forgotten all but e^-16 of what it began with."""
_SPARE = 50


class Indicator(ABC):
    """One computation over the bars of one instrument and interval; made anew for each.

    The same bars give the same values: no wall clock, no chance. What it raises retires it alone.
    """

    aliases: ClassVar[tuple[str, ...]] = ()
    """Other names, in any case."""
    pane: ClassVar[Pane] = "own"
    """`price`: its values are prices and may be drawn over the bars; `own`: they have a scale of their own."""
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    """In the order of the name and of the constructor."""
    outputs: ClassVar[tuple[str, ...]] = ("value",)
    """Names of its values."""
    lines: ClassVar[tuple[str, ...] | None] = None
    """The outputs worth a line in the pane; None: all of them."""
    is_cumulative: ClassVar[bool] = False
    """Whether it sums up from the first bar it ever saw, so that its values depend on which that was."""
    is_engine: ClassVar[bool] = False
    """Whether the engine computes it."""

    @classmethod  # noqa: B027  # most parameters always fit together
    def check(cls, *values: Value) -> None:
        """Do nothing when the parameters, each within its bounds, fit together.

        Raises:
            ValueError: If they do not; the message says why.
        """

    @classmethod
    def memory(cls, *values: Value) -> int:
        """Return after how many bars it does not matter any more which bar was the first."""
        return _DECAY * sum(value for value in values if isinstance(value, int)) + _SPARE

    @abstractmethod
    def handle_bar(self, bar: Any) -> None:  # noqa: ANN401  # plain parts do not import the engine
        """Take the next closed bar, an engine `Bar` (`bar.close` is a `Price`, `float(bar.close)` a number)."""

    @abstractmethod
    def values(self) -> Sequence[float | None]:
        """Return the values after the last bar, in the order of `outputs`; None where there is none yet."""


class IndicatorKind(Struct, frozen=True, kw_only=True):
    """One indicator that can be asked for. Also its REST body."""

    name: str
    """Asked for as `NAME(parameters)`, for example `BB(20,2)`."""
    aliases: tuple[str, ...]
    """Other names; names are read in any case."""
    about: str
    """One sentence for a person."""
    pane: Pane
    """`price`: may be drawn over the bars; `own`: has a scale of its own."""
    parameters: tuple[Parameter, ...]
    """In the order of the name; those left out have their defaults."""
    outputs: tuple[str, ...]
    """The keys of `values`."""
    lines: tuple[str, ...]
    """The outputs worth a line in the pane."""
    is_cumulative: bool
    """Whether it sums up from the first bar of the window: there are no values before, and others after a restart."""
    source: Literal["engine", "plugin"]


indicators: Registry[Indicator] = Registry("indicator", "actors.indicators.kinds", "whisperer.indicators")
"""Name in capitals -> indicator."""
