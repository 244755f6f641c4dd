"""The engine's indicators behind our `Indicator`, and the bars they take; with the shell the only place with both."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any, ClassVar, override

import nautilus_trader.indicators as engine
from nautilus_trader.model import Bar, BarType

from actors.engine import Scale
from actors.indicators.indicator import Indicator, Pane, indicators
from actors.indicators.parameter import AVERAGES, Parameter, Value
from actors.market import BarRow, Instrument, Interval, bar_type_of

MODES = ("percentage", "fraction", "ratio", "ratio_percent", "log")
D_METHODS = ("ratio", "moving_average")
_WORDS: Mapping[tuple[str, ...], tuple[Any, ...]] = MappingProxyType(
    {
        AVERAGES: (
            engine.MovingAverageType.Simple,
            engine.MovingAverageType.Exponential,
            engine.MovingAverageType.DoubleExponential,
            engine.MovingAverageType.Wilder,
            engine.MovingAverageType.Hull,
        ),
        MODES: (
            engine.RateOfChangeMode.Percentage,
            engine.RateOfChangeMode.Fraction,
            engine.RateOfChangeMode.Ratio,
            engine.RateOfChangeMode.RatioPercent,
            engine.RateOfChangeMode.Log,
        ),
        D_METHODS: (engine.StochasticsDMethod.Ratio, engine.StochasticsDMethod.MovingAverage),
        ("yes", "no"): (True, False),
    }
)
Memory = Callable[..., int]


class EngineIndicator(Indicator):
    """One of the engine's; its parameters carry the names of the constructor's arguments, its outputs of properties."""

    is_engine = True
    engine_class: ClassVar[type[Any]]
    flags: ClassVar[tuple[str, ...]] = ()
    """Per output the property that says whether it has a value; none: `initialized` says it for all."""

    def __init__(self, *values: Value) -> None:
        """Make the engine's object.

        Raises:
            ValueError: If it refuses the parameters.
        """
        named = zip(self.parameters, values, strict=True)
        arguments = {one.name: _argument(one, value) for one, value in named}
        self._engine = type(self).engine_class(**arguments)
        self.handle_bar = self._engine.handle_bar  # type: ignore[method-assign]  # one call less, once a bar
        self._read: Callable[[Any], Any] = attrgetter(*self.outputs)
        self._flags = attrgetter(*self.flags) if self.flags else None
        self._nothing = (None,) * len(self.outputs)
        self._is_initialized = False

    @override
    def handle_bar(self, bar: Bar) -> None:
        self._engine.handle_bar(bar)

    @override
    def values(self) -> tuple[float | None, ...]:
        if self._flags is not None:
            has = self._flags(self._engine)
            return tuple(value if one else None for one, value in zip(has, self.read(), strict=True))
        if not self._is_initialized:
            if not self._engine.initialized:
                return self._nothing
            self._is_initialized = True
        return self.read()

    def read(self) -> tuple[float, ...]:
        """Return the values of the outputs as they are."""
        found = self._read(self._engine)
        return found if isinstance(found, tuple) else (found,)


def register(
    name: str,
    engine_name: str,
    about: str,
    *parameters: Parameter,
    base: type[EngineIndicator] = EngineIndicator,
    aliases: tuple[str, ...] = (),
    pane: Pane = "own",
    outputs: tuple[str, ...] = ("value",),
    lines: tuple[str, ...] | None = None,
    flags: tuple[str, ...] = (),
    memory: Memory | None = None,
    check: Callable[..., None] | None = None,
    is_cumulative: bool = False,
) -> None:
    """File an indicator of the engine under a name; the fields are those of `Indicator` and `EngineIndicator`."""
    fields: dict[str, Any] = {
        "__doc__": about,
        "engine_class": getattr(engine, engine_name),
        "aliases": (*aliases, engine_name),
        "parameters": parameters,
        "pane": pane,
        "outputs": outputs,
        "lines": lines,
        "flags": flags,
        "is_cumulative": is_cumulative,
    }
    if memory is not None:
        fields["memory"] = staticmethod(memory)
    if check is not None:
        fields["check"] = staticmethod(check)
    indicators.register(name)(type(engine_name, (base,), fields))


def bar_maker(instrument: Instrument, interval: Interval) -> Callable[[BarRow], Bar]:
    """Return what makes engine bars of exact rows, stamped with their close."""
    scale, bar_type = Scale(instrument), BarType.from_str(bar_type_of(instrument.instrument_id, interval.name))
    make, close = scale.bar, interval.close
    return lambda row: make(bar_type, row, close(row.ts_open))


def _argument(parameter: Parameter, value: Value) -> Any:  # noqa: ANN401  # what the engine's constructor wants
    words = _WORDS.get(parameter.choices)
    return value if words is None else words[parameter.choices.index(str(value))]
