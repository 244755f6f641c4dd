"""Adds strategies to a running engine and takes them away again."""

from itertools import count
from typing import Any

from nautilus_trader.common import DataActorConfig
from nautilus_trader.model import StrategyId
from nautilus_trader.trading import Controller, ImportableControllerConfig, ImportableStrategyConfig

from strategies.base import TraderMixin

CONTROLLER = ImportableControllerConfig(f"{__name__}:TraderController", f"{__name__}:ControllerConfig", {})
"""What the engine builds its controller from."""

_handed: dict[str, TraderMixin] = {}
_built: list["TraderController"] = []
_tokens = count()


class ControllerConfig(DataActorConfig):
    """The controller's; it has no fields of its own."""


class TraderController(Controller):
    """The only way to add a strategy while the engine runs; the engine makes it from its path."""

    def __init__(self, config: Any = None) -> None:  # noqa: ANN401  # the engine's
        """Let `built_controller` find it."""
        super().__init__(config)
        _built.append(self)

    def add(self, strategy: TraderMixin) -> None:
        """Attach a strategy that is made already; it is not started."""
        token = str(next(_tokens))
        _handed[token] = strategy
        config = ImportableStrategyConfig(f"{__name__}:handed_over", f"{__name__}:token_of", {"token": token})
        try:
            self.create_strategy_from_config(config, start=False)
        finally:
            _handed.pop(token, None)

    def begin(self, strategy_id: StrategyId) -> None:
        """Start a strategy."""
        self.start_strategy(strategy_id)

    def end(self, strategy_id: StrategyId, *, is_running: bool) -> None:
        """Stop and forget a strategy; its orders and positions stay in the engine's cache."""
        if is_running:
            self.stop_strategy(strategy_id)
        self.remove_strategy(strategy_id)


def built_controller() -> TraderController:
    """Return the controller of the engine that was built last, once.

    Raises:
        RuntimeError: If the engine has built none.
    """
    if not _built:
        raise RuntimeError("the engine has built no controller")
    found = _built.pop()
    _built.clear()
    return found


def token_of(token: str) -> str:
    """Return what the engine takes for the configuration of a strategy."""
    return token


def handed_over(token: str) -> TraderMixin:
    """Return the strategy that the engine takes for newly built."""
    return _handed.pop(token)
