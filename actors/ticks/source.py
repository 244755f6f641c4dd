"""What the ticks need of the engine, and of a loop; the shell and asyncio give it."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Protocol

from actors.ports import TickKind


class Timer(Protocol):
    """A call that can be taken back."""

    def cancel(self) -> None:
        """Take it back."""


type Later = Callable[[float, Callable[[], None]], Timer]
"""Calls a function after so many seconds."""


def call_later(delay_s: float, callback: Callable[[], None]) -> Timer:
    """Call on the running loop, without the trace id of whoever was the occasion."""
    return asyncio.get_running_loop().call_later(delay_s, callback, context=Context())


class Source(Protocol):
    """The shell of one built node."""

    def start_ticks(self, instrument_id: str, kind: TickKind) -> None:
        """Have the engine send them; of a book a snapshot comes first."""

    def stop_ticks(self, instrument_id: str, kind: TickKind) -> None:
        """Have it send them no more."""

    def renew_book(self, instrument_id: str) -> None:
        """Have the engine send a book from a fresh snapshot on, whoever else hears it."""

    def ask_trades(self, instrument_id: str, limit: int) -> None:
        """Ask for the newest trades."""

    def tell(self, instrument_id: str, kind: TickKind, *, is_ready: bool) -> None:
        """Publish that something has changed, or is there at last."""
