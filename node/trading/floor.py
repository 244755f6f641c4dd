"""The strategies of one built engine: who of them is there, and who acts for one that is not."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from nautilus_trader.model import ClientOrderId, StrategyId

from actors.orders import DESK
from actors.waiting import until
from config.trading import StrategyConfigSection
from node.trading.controller import TraderController
from node.trading.cycles import Cycles
from strategies.base import TraderMixin
from strategies.desk import Desk
from strategies.hooks import Hooks
from strategies.load import load_strategy

Key = tuple[str, str]
"""(user id, name of the instance); the desk's name is `desk`."""


def tag_of(user_id: str, name: str) -> str:
    """Return what ends the ids of a strategy and tells it from all others; the engine allows no hyphens in it."""
    return f"{user_id}.{name}".replace("-", "~")


class Floor:
    """Strategies attached to one engine; thrown away with it."""

    def __init__(self, controller: TraderController, cache: Any) -> None:  # noqa: ANN401  # the engine's cache
        """Take the floor of an engine that runs."""
        self._controller = controller
        self.cache = cache
        self.cycles = Cycles(cache)
        self._strategies: dict[Key, TraderMixin] = {}
        self._dropped: set[StrategyId] = set()

    def __iter__(self) -> Iterator[tuple[Key, TraderMixin]]:
        return iter(self._strategies.items())

    def __contains__(self, key: Key) -> bool:
        return key in self._strategies

    def get(self, user_id: str, name: str) -> TraderMixin | None:
        """Return a strategy that is there."""
        return self._strategies.get((user_id, name))

    def desk(self, user_id: str) -> Desk:
        """Return a trader's desk."""
        desk = self._strategies[user_id, DESK]
        assert isinstance(desk, Desk)  # noqa: S101  # only desks are called so
        return desk

    def carrier(self, user_id: str, name: str) -> TraderMixin:
        """Return who sends the orders of a strategy: itself, or the desk when it is not there."""
        return self._strategies.get((user_id, name)) or self._strategies[user_id, DESK]

    def add_desk(self, user_id: str, hooks: Hooks) -> Desk:
        """Attach a trader's desk; it is not started."""
        desk = Desk(tag_of(user_id, DESK))
        self._add((user_id, DESK), desk, hooks)
        return desk

    def add(self, user_id: str, name: str, section: StrategyConfigSection, hooks: Hooks) -> TraderMixin:
        """Make and attach a strategy; it is not started.

        Raises:
            ConfigError: If there is no such strategy, or its parameters are wrong.
        """
        strategy = load_strategy(section, tag=tag_of(user_id, name), unique_ids=True)
        self._add((user_id, name), strategy, hooks)
        return strategy

    def begin(self, user_id: str, name: str) -> None:
        """Start a strategy: from here on it hears the market and its orders."""
        self._controller.begin(self._strategies[user_id, name].strategy_id)

    def begin_all(self, user_id: str) -> None:
        """Start everything of one trader."""
        for owner, name in list(self._strategies):
            if owner == user_id:
                self.begin(owner, name)

    def stop(self, user_id: str, name: str) -> TraderMixin:
        """Stop a strategy that has no orders any more; it hears nothing from here on."""
        strategy = self._strategies[user_id, name]
        if strategy.is_running():
            self._controller.stop_strategy(strategy.strategy_id)
        return strategy

    def remove(self, user_id: str, name: str) -> None:
        """Forget a stopped strategy."""
        strategy = self._strategies.pop((user_id, name))
        self._controller.remove_strategy(strategy.strategy_id)

    def drop(self, user_id: str) -> None:
        """Leave out a trader none of whose strategies has been started: nobody waits for its orders any more."""
        for key in [key for key in self._strategies if key[0] == user_id]:
            strategy = self._strategies.pop(key)
            strategy.is_closed = True
            self._dropped.add(strategy.strategy_id)

    def has(self, order_id: str) -> bool:
        """Return whether the engine knows an order."""
        return self.cache.order(ClientOrderId(order_id)) is not None

    async def idle(self, strategy: TraderMixin, timeout_s: float) -> bool:
        """Return True when nothing of a strategy is on its way or works; False when that takes too long."""
        return await until(lambda: not (strategy.has_waiting or self._open(strategy)), timeout_s)

    async def landed(self, timeout_s: float) -> bool:
        """Return True when everything sent to the venue has been answered; False when that takes too long."""
        return await until(lambda: not self._unanswered(), timeout_s)

    async def answered(self, order_id: str, timeout_s: float, *, is_gone: Callable[[], bool]) -> bool:
        """Return True when an order has ended in the engine, or that `is_gone`; False when that takes too long."""
        name = ClientOrderId(order_id)

        def has_ended() -> bool:
            order = None if is_gone() else self.cache.order(name)
            return is_gone() or (order is not None and bool(order.is_closed))

        return await until(has_ended, timeout_s)

    def late(self) -> Counter[str]:
        """Return how many orders of each user have not been answered."""
        owners = {strategy.strategy_id: user_id for (user_id, _), strategy in self._strategies.items()}
        return Counter(owners[order.strategy_id] for order in self._unanswered() if order.strategy_id in owners)

    def _unanswered(self) -> list[Any]:
        unsent = (order for order in self.cache.orders() if order.status.name == "INITIALIZED")
        every = [*self.cache.orders_inflight(), *unsent]
        return [order for order in every if order.strategy_id not in self._dropped]

    def _open(self, strategy: TraderMixin) -> bool:
        mine = strategy.strategy_id
        return bool(self.cache.orders_open(strategy_id=mine) or self.cache.orders_inflight(strategy_id=mine))

    def _add(self, key: Key, strategy: TraderMixin, hooks: Hooks) -> None:
        strategy.attach(hooks)
        self._controller.add(strategy)
        self._strategies[key] = strategy
