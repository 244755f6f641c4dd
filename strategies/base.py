"""The small base class of strategies: guarded, observed, retired alone, with one gate in front of the engine."""

from collections.abc import Callable
from typing import Any, Self, override

from nautilus_trader.common import Clock
from nautilus_trader.model import ClientOrderId, OrderFilled
from nautilus_trader.portfolio import Portfolio
from nautilus_trader.trading import Strategy

from actors.guard import Fault, Faults
from strategies.acting import hears_signals, noting_signal
from strategies.callbacks import guarded_handler, wrap_callbacks
from strategies.clock import GuardedClock
from strategies.commands import Commands
from strategies.hooks import Hooks
from strategies.portfolio import AccountPortfolio
from strategies.retire import Retirement

Handler = Callable[[Any], None]


class TraderMixin(Commands):
    """Stands in front of a Nautilus strategy class that knows nothing of us.

    `type(name, (TraderMixin, cls), {})` is guarded (an exception retires this strategy alone), tells its observer
    every order and position event, and hands orders to the intent gate before the engine. It sets its state in
    `__new__`, because a foreign `__init__` need not call ours.
    """

    retirement: Retirement
    _heard: object
    _awaits_position: bool
    """The engine tells of a fill first and of the position that it changed next."""
    _canceled: set[ClientOrderId]
    _handlers: list[tuple[str, Handler, Handler]]

    def __new__(cls, config: Any = None, *_args: Any, **_kwargs: Any) -> Self:  # noqa: ANN401  # any engine config
        """Give the engine its config and set up our own state."""
        self = super().__new__(cls, config)  # type: ignore[call-arg]  # the stub tells of `__init__` alone
        self.faults = Faults(str(getattr(config, "strategy_id", None) or cls.__name__), retire=self._begin_retirement)
        self.hooks = Hooks()
        self.retirement = Retirement(cancel=self._cancel_open, is_settled=self._is_settled, leave=self._leave)
        self.is_closed = False
        self._acting_on = None
        self._waiting = {}
        self._commands = 0
        self._heard = None
        self._awaits_position = False
        self._canceled = set()
        self._handlers = []
        return self

    def __init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401  # handed on
        super().__init_subclass__(**kwargs)
        wrap_callbacks(cls)

    def attach(self, hooks: Hooks) -> None:
        """Connect the seams; before the strategy starts."""
        self.hooks = hooks

    @property
    @override
    def clock(self) -> Clock:
        guard = lambda handler: guarded_handler(self, handler)  # noqa: E731  # one line, used once
        return GuardedClock(super().clock, guard)  # type: ignore[return-value]  # the same methods

    @property
    @override
    def portfolio(self) -> Portfolio:
        account_id = self.hooks.account_id
        if account_id is None:
            return super().portfolio
        return AccountPortfolio(super().portfolio, account_id)  # type: ignore[return-value]  # the same methods

    @override
    def subscribe_topic(self, topic: str, handler: Handler, priority: int = 0) -> None:
        guarded = guarded_handler(self, handler)
        if hears_signals(topic):
            guarded = noting_signal(self, guarded)
        self._handlers.append((topic, handler, guarded))
        super().subscribe_topic(topic, guarded, priority)

    @override
    def unsubscribe_topic(self, topic: str, handler: Handler) -> None:
        for entry in [entry for entry in self._handlers if entry[:2] == (topic, handler)]:
            self._handlers.remove(entry)
            super().unsubscribe_topic(topic, entry[2])

    def _hear(self, event: Any, *, is_order: bool) -> None:  # noqa: ANN401  # one of the engine's event classes
        if event is self._heard:
            return
        self._heard = event
        self._awaits_position = is_order and (self._awaits_position or isinstance(event, OrderFilled))
        observer = self.hooks.observer
        if observer is None:
            return
        (observer.on_order if is_order else observer.on_position)(event)

    def _begin_retirement(self, fault: Fault) -> None:
        self.retirement.begin()
        if self.hooks.observer is not None:
            self.hooks.observer.on_fault(fault)

    @override
    def _advance_retirement(self) -> None:
        if self._commands == 0 and not self.retirement.is_over:
            if self.hooks.call_soon is None:
                self.retirement.step()
            else:
                self.hooks.call_soon(self.retirement.step)

    def _cancel_open(self) -> None:
        for order in self.cache.orders_open(strategy_id=self.strategy_id):
            if order.client_order_id not in self._canceled:
                self._canceled.add(order.client_order_id)
                self.cancel_order(order.client_order_id)

    def _is_settled(self) -> bool:
        cache, mine = self.cache, self.strategy_id
        if self._awaits_position or not self.is_running():  # while it starts the engine takes no stop
            return False
        return not (
            cache.orders_open(strategy_id=mine)
            or cache.orders_inflight(strategy_id=mine)
            or cache.positions_open(strategy_id=mine)
        )

    def _leave(self) -> None:
        for topic, handler, _ in self._handlers.copy():
            self.unsubscribe_topic(topic, handler)
        super().clock.cancel_timers()
        self.stop()
        if self.hooks.observer is not None:
            self.hooks.observer.on_retired()


class TraderStrategy(TraderMixin, Strategy):
    """Base of our own strategies: `(config, params)`, where `params` is an instance of `params_type`."""

    params_type: type[Any]
    """A frozen msgspec struct: the fields of `[strategies.params]`."""
