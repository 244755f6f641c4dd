"""Which model of an instrument, interval and kind is promoted, and which were before."""

from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from actors.signal.models.meta import ModelId

_MOST = 200
"""Changes that are remembered."""


class Promotion(Struct, frozen=True, forbid_unknown_fields=True):
    """One change."""

    id: ModelId
    action: Literal["promote", "rollback"]
    ts_ms: int
    """Wall clock, UNIX milliseconds."""


class Promotions(Struct, frozen=True, forbid_unknown_fields=True):
    """The file `CURRENT`: replaced as a whole, so that the promoted model and the history always agree."""

    id: ModelId | None = None
    history: tuple[Promotion, ...] = ()
    """Oldest first."""

    def changed(self, change: Promotion) -> "Promotions":
        """Return what holds after a change."""
        return Promotions(change.id, (*self.history, change)[-_MOST:])

    @property
    def stack(self) -> list[str]:
        """The promoted model last, before it what a rollback returns to."""
        found: list[str] = []
        for change in self.history:
            if change.action == "rollback" and change.id in found:
                del found[found.index(change.id) + 1 :]
                continue
            if change.id in found:
                found.remove(change.id)
            found.append(change.id)
        return found


_decoder = msgspec.json.Decoder(Promotions)


def decode_promotions(raw: bytes) -> Promotions:
    """Return the content of a file.

    Raises:
        msgspec.MsgspecError: If it is something else.
    """
    return _decoder.decode(raw)


def removable(promotions: Promotions, names: Iterable[str], keep: int) -> list[str]:
    """Return which of the kept models, oldest first, may go.

    The promoted one stays, the `keep` promoted before it and the `keep` newest that never were.
    """
    ordered = list(names)
    stack = [name for name in promotions.stack if name in ordered]
    never = [name for name in ordered if name not in stack]
    wanted = {*never[-keep:], *stack[-1 - keep :]} if keep else set(stack[-1:])
    return [name for name in ordered if name not in wanted]
