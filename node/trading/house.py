"""The life of the books: opened, given to each engine, compared, stopped."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import structlog

from actors.memory import trim_memory
from actors.orders import DESK
from actors.ports.host import TradingStateName
from actors.ports.journal import AuditRow, NodeRow
from actors.ports.traders import TraderState
from actors.waiting import until
from config.errors import NodeError
from node.trading.compare import Comparison
from node.trading.core import Core, Surroundings
from node.trading.deadman import DeadMan
from node.trading.engine import EngineTrading
from node.trading.floor import Floor
from node.trading.market import MarketFeed
from node.trading.past import recalled
from node.trading.purge import purge_always
from node.trading.trader import Trader
from node.trading.views import Views

NODE_STATE = "trading_state"
RESTORE_S = 10.0
"""How long a new engine waits for orders that were on their way to the disk."""
DRAIN_S = 1.0
"""How long orders on their way to the disk, and then commands on their way to the venue, may hold up a stop."""
CANCELED_S = 0.5
"""How long a planned stop waits for orders it cancels."""

log = structlog.get_logger(__name__)


class House(Views):
    """Owner of the present books; what acts on them from outside is `NodeTraders`."""

    def __init__(self, around: Surroundings, feed: MarketFeed, fail: Callable[[str], None]) -> None:
        """Open the books that the journal has.

        Args:
            around: What the books stand on.
            feed: Told of the books.
            fail: Has the engine replaced.
        """
        self._around = around
        self._config = around.config
        self._journal = self._books = around.journal
        self._feed = feed
        self._fail = fail
        self._deadman = DeadMan(around.journal, self._on_deadman, around.spawn)
        self._engine: EngineTrading | None = None
        self._comparing: asyncio.Task[Any] | None = None
        self._settings = asyncio.Lock()
        """Held while what is kept of traders changes: each change starts from the one before."""
        self._kills: Counter[str | None] = Counter()
        """By user, None for the node: a release that began before a kill does not undo it."""
        self._liquidating: set[tuple[str, str]] = set()
        self._open_books()

    def present(self) -> Core:
        """Return the present books."""
        return self._core

    async def open(self) -> None:
        """Open the accounts that the configuration names; before the first engine."""
        await self._core.open_configured()
        self._deadman.restore(self._recorded_node)
        self._comparing = self._around.spawn(self._compare_always())
        self._around.spawn(purge_always(lambda: self._engine, self._around.now_ns))

    def missing(self) -> str | None:
        """Return why no orders are taken."""
        return self._core.checks.missing

    def trading_state(self) -> TradingStateName:
        """Return the node's own trading state."""
        return self._core.checks.node_state

    async def engage(self, engine: EngineTrading) -> None:
        """Give the books to an engine that runs, and take orders again."""
        core = self._core
        self._engine = engine
        floor = Floor(engine.controller, engine.cache)
        core.closing.is_restoring = True
        try:
            await self._drain(core)
            await core.recovery.restore(floor, engine.clients)
            self._compared = Comparison(core, self._books, floor, self._fail)
            core.recovery.leave_out(floor, self._compared.misfits())
        except Exception as e:  # whatever it was: nothing is traded on half of the books, the next engine tries again
            log.exception("books_not_restored")
            core.checks.missing = f"the books could not be restored: {e}"
            core.closing.catch_up()
            asyncio.get_running_loop().call_soon(self._fail, core.checks.missing)
            return
        for trader in core.traders.values():  # who came meanwhile
            if (trader.user_id, DESK) not in floor and not trader.is_aside:
                self._attach(floor, engine, trader)
        core.crew.floor = floor
        core.checks.missing = None
        for (user_id, name), _ in list(floor):  # before the venue opens: who does not run hears nothing
            floor.begin(user_id, name)
        core.venue.open()
        core.closing.catch_up()
        for trader in core.traders.values():
            if not trader.is_aside:
                core.closing.cancel_orphans(trader)
        log.info("trading_open", traders=len(core.traders))

    async def _drain(self, core: Core) -> None:
        """Wait for orders that were on their way to the disk: they are in the books, but may yet be refused.

        Raises:
            RuntimeError: If the disk takes too long.
        """
        if not await until(lambda: core.gate.is_idle, RESTORE_S):
            raise RuntimeError("orders are still on their way to the disk")

    async def disengage(self) -> None:
        """Take no orders any more and take the books from the engine, before it is stopped."""
        self._refuse()
        core = self._core
        await until(lambda: core.gate.is_idle, DRAIN_S)
        with suppress(RuntimeError):  # the engine has ended meanwhile
            if (floor := core.crew.floor) is not None and not await floor.landed(DRAIN_S):
                log.warning("commands_lost", reason="the venue has not answered them in time")
        self.leave()

    def leave(self) -> None:
        """Take the books from an engine that is about to stop, or has ended: nothing is sent to it any more."""
        self._refuse()
        self._core.venue.close()
        self._core.crew.leave()
        self._engine = None

    def _refuse(self) -> None:
        if self._core.checks.missing is None:
            self._core.checks.missing = "the engine is being rebuilt"

    async def stop(self) -> None:
        """Take no orders any more; cancel what works if the configuration says so."""
        core = self._core
        core.checks.is_stopping = True
        self._deadman.stop()
        await until(lambda: core.gate.is_idle, DRAIN_S)
        if self._config.trading.on_stop == "cancel":
            for trader in core.traders.values():
                core.closing.withdraw_all(trader, "the node is stopping")
            await until(lambda: not any(len(one.account.orders) for one in core.traders.values()), CANCELED_S)

    def has_books(self) -> bool:
        """Return whether anybody has working orders or open positions."""
        accounts = [trader.account for trader in self._core.traders.values()]
        return any(len(one.orders) or one.ledger.nets for one in accounts)

    async def close_books(self) -> None:
        """End what works and begin a run without orders and positions; between two engines.

        Raises:
            StoreUnavailableError: If that cannot be written; these books go on.
        """
        await self._journal.durable(AuditRow(actor="node", action="books.close", target="node", detail="{}"))
        self._deadman.clear()
        for trader in self._core.traders.values():
            self._core.closing.withdraw_all(trader, "the books were closed")
        await self._journal.settled()
        await self._books.begin_run()

    async def turn_back(self) -> None:
        """Open the books of the journal's run anew, at another market time; between two engines."""
        await self._journal.settled()
        self._open_books()
        await self._core.open_configured()
        if self._around.listener.target is not None:
            self._around.listener.target.reset()

    def _open_books(self) -> None:
        recorded, past = recalled(self._books, self._around.instruments)
        self._recorded_node = recorded.node
        self._core = Core(self._around, recorded, past, liquidate=self._on_liquidation, on_lost=self._compare_soon)
        self._feed.attach(self._core)

    async def _admit(self, user_id: str, actor: str) -> None:
        """Open an account for a new user and let it trade with the present engine."""
        core = self._core
        trader = await core.add(user_id, section=None, actor=actor)
        floor, engine = core.crew.floor, self._engine
        if floor is not None and engine is not None:
            self._attach(floor, engine, trader)
            floor.begin_all(user_id)

    def _attach(self, floor: Floor, engine: EngineTrading, trader: Trader) -> None:
        """Give an engine a trader that it does not know yet."""
        self._core.recovery.attach(floor, trader)
        engine.clients[trader.account_id].report()

    async def _kill(self, user_id: str | None, *, flatten: bool, actor: str) -> Sequence[TraderState]:
        core = self._core
        traders = [self._trader(user_id)] if user_id is not None else list(core.traders.values())
        self._kills[user_id] += 1
        if user_id is None:
            core.checks.node_state = "halted"
            self._journal.write(NodeRow(name=NODE_STATE, value="halted"))  # whatever becomes of the rest
        for trader in traders:
            if user_id is not None:
                trader.own_state = "halted"
                self._journal.write(trader.row())
            core.closing.withdraw_all(trader, "trading was halted")
            core.alerts.send(trader, "trading_state", "critical", "trading is halted: all orders are canceled")
        if flatten:
            outcomes = await asyncio.gather(*(core.closing.flatten(trader) for trader in traders))
            for trader, problems in zip(traders, outcomes, strict=True):
                for problem in problems:
                    core.alerts.send(trader, "trading_state", "critical", f"not closed: {problem}")
        detail = {"flatten": flatten}
        if user_id is None:
            row = NodeRow(name=NODE_STATE, value="halted")
            await core.keep(row, actor=actor, action="node.kill", target="node", detail=detail)
        else:
            async with self._settings:
                await core.keep(traders[0].row(), actor=actor, action="trader.kill", target=user_id, detail=detail)
        return [self._state(trader) for trader in traders]

    async def _set_node_state(self, state: TradingStateName, actor: str) -> None:
        core, kills = self._core, self._kills[None]
        row = NodeRow(name=NODE_STATE, value=state)
        await core.keep(row, actor=actor, action="node.trading_state", target="node", detail={"state": state})
        if self._kills[None] != kills:
            return
        core.checks.node_state = state
        for trader in core.traders.values():
            core.alerts.send(trader, "trading_state", "info", f"trading of the node is {state}")

    async def _do[T](self, work: Callable[..., Coroutine[Any, Any, T]], user_id: str, *args: object) -> T:
        """Do something with a trader that goes on when the one who asked has gone."""
        done: T = await asyncio.shield(self._around.spawn(work(self._trader(user_id), *args)))
        return done

    async def _on_deadman(self, user_id: str) -> None:
        trader = self._core.traders.get(user_id)
        if trader is None:
            return
        self._core.alerts.send(trader, "deadman", "critical", "not heard of you for too long: all orders are canceled")
        await self._core.closing.withdrawn(trader, "dead man's switch")

    def _on_liquidation(self, account_id: str, instrument_id: str) -> None:
        key = account_id, instrument_id
        if key not in self._liquidating:
            self._liquidating.add(key)
            task = self._around.spawn(self._liquidate(account_id, instrument_id))
            task.add_done_callback(lambda _: self._liquidating.discard(key))

    async def _liquidate(self, account_id: str, instrument_id: str) -> None:
        """Close a position that its account cannot carry any more; not giving up until it is flat."""
        core = self._core
        trader = next((one for one in core.traders.values() if one.account_id == account_id), None)
        while (
            trader is not None
            and core is self._core
            and core.accounts.account(account_id).ledger.quantity(instrument_id)
        ):
            try:
                await core.closing.close(trader, instrument_id)
                await asyncio.sleep(1.0)
            except NodeError as e:
                log.warning("liquidation_later", account_id=account_id, instrument_id=instrument_id, reason=str(e))
                await asyncio.sleep(1.0)

    def _compare_soon(self) -> None:
        self._around.spawn(self._compare())

    async def _compare_always(self) -> None:
        while True:
            await asyncio.sleep(self._config.trading.compare_every_s)
            await self._compare()
            await asyncio.to_thread(trim_memory)  # all the rows that were read leave holes

    async def _compare(self) -> None:
        if self._core.crew.floor is not None and self._core.checks.missing is None:
            await self._compared.attempt()
