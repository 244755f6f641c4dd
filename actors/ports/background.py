"""Where predictors do what takes time."""

from collections.abc import Coroutine
from typing import Any, Protocol

from actors.signal.outside.service import Service


class Background(Protocol):
    """Runs beside the bars; there is none in a backtest, where nothing may take time."""

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` on the owner loop until it is done or the node ends; `name` tells logs whose it is."""

    def wall_s(self) -> float:
        """Return the wall clock, UNIX seconds."""

    def service(self, name: str) -> Service | None:
        """Return an AI service by its name in the configuration; None when there is none."""
