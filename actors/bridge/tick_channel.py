"""What the channels of ticks share: one instrument, a source that may not have them, and where the rows stand."""

import re
from typing import ClassVar, override

from actors.bridge.channel import Channel
from actors.bridge.context import Context
from actors.ports import Place, TickKind, TickStream
from config.errors import UnknownChannelError

DEFAULT_DEPTH, MAX_DEPTH = 20, 200
_DEPTH = re.compile(r"[1-9][0-9]{0,2}")


class TickChannel(Channel):
    """Trades, quotes or a book of one instrument; held while somebody listens."""

    stream: ClassVar[TickStream]
    tick_kind: ClassVar[TickKind]
    """What the source must have."""

    def __init__(self, context: Context, params: tuple[str, ...], owner: str) -> None:
        """Check the instrument."""
        super().__init__(context, params, owner)
        if len(params) != 1:
            raise UnknownChannelError(f"a channel of {self.stream} is {' or '.join(self.forms)}")
        self.instrument_id = params[0]
        self.ticks = context.ticks
        kinds = self.ticks.kinds(self.instrument_id)
        self._has_source = self.tick_kind in kinds and context.config.features.real_time_data
        self._reader = f"channel {id(self)}"
        self._place: Place | None = None

    @override
    def start(self) -> None:
        if self._has_source:
            self.ticks.hold(self.instrument_id, self.stream, self._reader)

    @override
    def stop(self) -> None:
        self.ticks.release(self.instrument_id, self.stream, self._reader)

    @override
    def restarted(self) -> None:
        self._place = None

    @override
    def has_source(self) -> bool:
        return self._has_source

    @override
    def is_ready(self) -> bool:
        return not self._has_source or self.ticks.is_ready(self.instrument_id, self.stream)

    @override
    def take(self) -> list[bytes] | None:
        last = self._place
        if last is None:
            return []
        now = self._place = self.ticks.place(self.instrument_id, self.stream)
        if now.generation != last.generation:
            return None
        return [] if self.kind == "latest" else self.ticks.since(self.instrument_id, self.stream, last)

    @override
    def snapshot(self) -> list[bytes]:
        if not self._has_source:
            return []
        self._place = self.ticks.place(self.instrument_id, self.stream)
        return self.items()

    def items(self) -> list[bytes]:
        """Return what a snapshot holds of a source that has it."""
        newest = self.newest()
        return [] if newest is None else [newest]


def split_depth(params: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """Return the parameters of a channel without its depth, and the depth.

    Raises:
        UnknownChannelError: If there is one that no book can have.
    """
    if len(params) < 2:  # noqa: PLR2004  # instrument and depth
        return params, DEFAULT_DEPTH
    *rest, text = params
    if not _DEPTH.fullmatch(text) or int(text) > MAX_DEPTH:
        raise UnknownChannelError(f"depth must be 1..{MAX_DEPTH}, was {text[:20]!r}")
    return tuple(rest), int(text)
