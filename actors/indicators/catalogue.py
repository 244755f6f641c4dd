"""The catalogue: which indicators there are, and what a name such as `bb( 20, 2 )` means."""

import re

import structlog
from msgspec import Struct

from actors.indicators.indicator import Indicator, IndicatorKind, indicators
from actors.indicators.parameter import Parameter, Value
from config.errors import InvalidInputError, NotFoundError
from config.registry import Registry

log = structlog.get_logger(__name__)

MAX_NAME = 100
_FORM = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]{0,39})\s*(?:\(([^()]*)\))?\s*", re.ASCII)
_OWN_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,19}", re.ASCII)
_OUTPUT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}", re.ASCII)


class Wanted(Struct, frozen=True):
    """One indicator with its parameters; equal ones have equal names."""

    name: str
    """Canonical: `NAME(20,2)`."""
    kind: type[Indicator]
    values: tuple[Value, ...]
    """One per parameter."""

    @property
    def memory(self) -> int:
        """After how many bars it does not matter which was the first."""
        return max(1, self.kind.memory(*self.values))

    def make(self) -> Indicator:
        """Return a fresh object that has seen no bar.

        Raises:
            InvalidInputError: If it refuses the parameters.
        """
        try:
            return self.kind(*self.values)
        except Exception as e:
            raise InvalidInputError(f"{self.name} cannot be made: {type(e).__name__}: {e}", path="$.name") from e


class Catalogue:
    """Every indicator by name; those of third parties that are not what they should be are listed as broken."""

    def __init__(self, registry: Registry[Indicator] = indicators) -> None:
        """Look at nothing yet: the engine's are imported when somebody first asks."""
        self._registry = registry
        self._kinds: dict[str, IndicatorKind] = {}
        self._names: dict[str, str] = {}

    def kinds(self) -> tuple[IndicatorKind, ...]:
        """Return what can be asked for, by name."""
        self._load()
        return tuple(self._kinds.values())

    def read(self, text: str) -> Wanted:
        """Return what a name with parameters means; those left out at its end have their defaults.

        Raises:
            NotFoundError: If there is no such indicator.
            InvalidInputError: If the form is wrong, or a parameter.
        """
        self._load()
        form = _FORM.fullmatch(text) if len(text) <= MAX_NAME else None
        if form is None:
            raise InvalidInputError(f"an indicator is NAME(number, …), was {text[:60]!r}", path="$.name")
        name = self._names.get(form[1].upper())
        if name is None:
            raise NotFoundError(f"no indicator {form[1]!r}, `/api/v1/indicators/catalogue` lists them", path="$.name")
        kind, given = self._registry.get(name), (form[2] or "").split(",") if (form[2] or "").strip() else []
        try:
            values = _values(kind.parameters, [one.strip() for one in given])
            kind.check(*values)
        except (InvalidInputError, ValueError) as e:
            raise InvalidInputError(f"{name}: {e}", path="$.name") from e
        return Wanted(_text(name, kind.parameters, values), kind, values)

    def _load(self) -> None:
        if self._kinds:
            return
        for name in self._registry:
            try:
                self._kinds[name] = _kind_of(name, self._registry.get(name))
            except Exception as e:  # plug-in loading: somebody else's class must not stop the node
                self._registry.broken[name] = f"{type(e).__name__}: {e}"
                log.exception("plugin_not_loaded", kind="indicator", plugin=name)
        self._names = {name: name for name in self._kinds}
        for kind in sorted(self._kinds.values(), key=lambda one: one.source):
            for alias in kind.aliases:
                self._names.setdefault(alias.upper(), kind.name)


def _values(parameters: tuple[Parameter, ...], given: list[str]) -> tuple[Value, ...]:
    if len(given) > len(parameters):
        names = ", ".join(one.name for one in parameters) or "none"
        raise InvalidInputError(f"takes {len(parameters)} parameters ({names}), was given {len(given)}")
    read = [one.read(text) for one, text in zip(parameters, given, strict=False)]
    return (*read, *(one.default for one in parameters[len(read) :]))


def _text(name: str, parameters: tuple[Parameter, ...], values: tuple[Value, ...]) -> str:
    shown = len(parameters)
    while shown and parameters[shown - 1].is_optional and values[shown - 1] == parameters[shown - 1].default:
        shown -= 1
    texts = [one.text(value) for one, value in zip(parameters, values, strict=True)]
    return f"{name}({','.join(texts[:shown])})"


def _kind_of(name: str, kind: type[Indicator]) -> IndicatorKind:
    """Return the description of a class, which must be an indicator that is made with its defaults."""
    if not issubclass(kind, Indicator) or not _OWN_NAME.fullmatch(name):
        raise TypeError("must be a subclass of Indicator whose name is capitals, digits and _")
    lines = kind.outputs if kind.lines is None else kind.lines
    if not kind.outputs or not all(_OUTPUT.fullmatch(one) for one in kind.outputs) or not set(lines) <= {*kind.outputs}:
        raise ValueError("outputs must be names, and lines some of them")
    defaults = tuple(one.default for one in kind.parameters)
    if tuple(one.read(one.text(one.default)) for one in kind.parameters) != defaults:
        raise ValueError("every default must be within its bounds")
    kind.check(*defaults)
    if not kind.is_engine:
        kind(*defaults)
    return IndicatorKind(
        name=name,
        aliases=kind.aliases,
        about=(kind.__doc__ or name).strip().partition("\n")[0],
        pane=kind.pane,
        parameters=kind.parameters,
        outputs=kind.outputs,
        lines=lines,
        is_cumulative=kind.is_cumulative,
        source="engine" if kind.is_engine else "plugin",
    )
