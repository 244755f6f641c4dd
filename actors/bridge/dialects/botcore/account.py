"""`/api/account`, `/api/status`, `/api/bot/*`: the user's account and trader."""

from typing import ClassVar, Literal, override

from msgspec import Struct

from actors.bridge.desk import Desk
from actors.bridge.dialects.botcore.answers import BotcoreRoute, wall_text
from actors.bridge.dialects.botcore.position_list import HeldShort, held_short
from actors.bridge.rest.route import Answer, Call, NoQuery, json_answer, routes
from actors.bridge.words import bot_status, number, percent
from actors.ports import TradingStateName
from config.errors import NotFoundError, NotReadyError, StoreUnavailableError


class BotcoreBalance(Struct, frozen=True, kw_only=True):
    """One currency."""

    free: float
    locked: float
    total: float


class BotcoreAccount(Struct, frozen=True, kw_only=True):
    """The account at this moment."""

    balance: dict[str, BotcoreBalance]
    total_balance_usdt: float
    """Equity, in the account's main currency."""
    total_pnl: float
    """Realized and unrealized, fees taken off."""
    total_pnl_percentage: float
    positions_count: int
    can_trade: bool
    positions: tuple[HeldShort, ...]


class BotcoreStatus(Struct, frozen=True, kw_only=True):
    """How the bot does."""

    status: str
    """`running`, `stopped` or `error`."""
    uptime: float
    """Seconds."""
    active_positions: int
    total_trades: int
    total_pnl: float


class BotSwitched(Struct, frozen=True, kw_only=True):
    """The bot was started or stopped."""

    success: Literal[True] = True
    message: str
    status: str
    timestamp: str


@routes.register("GET /api/account")
class BotcoreGetAccount(BotcoreRoute[NoQuery]):
    """Tell balances, worth and open positions."""

    reply: ClassVar[type[Struct]] = BotcoreAccount
    problems = (NotFoundError, NotReadyError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk = self.desk(call)
        account, state = desk.traders.account(desk.user_id), desk.traders.trader(desk.user_id)
        positions = desk.positions()
        pnl = number(account.realized_pnl + account.unrealized_pnl - account.fees)
        equity = number(account.equity)
        return json_answer(
            BotcoreAccount(
                balance={
                    row.currency: BotcoreBalance(
                        free=number(row.free), locked=number(row.locked), total=number(row.total)
                    )
                    for row in desk.balances()
                },
                total_balance_usdt=equity,
                total_pnl=pnl,
                total_pnl_percentage=percent(pnl, equity - pnl),
                positions_count=len(positions),
                can_trade=state.trading_state == "active" and state.state in {"running", "degraded"},
                positions=tuple(held_short(row, self.context.symbols) for row in positions),
            )
        )


@routes.register("GET /api/status")
class BotcoreGetStatus(BotcoreRoute[NoQuery]):
    """Tell whether the bot runs, and what it has made."""

    reply: ClassVar[type[Struct]] = BotcoreStatus
    problems = (NotFoundError, NotReadyError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk = self.desk(call)
        tally = await self.context.tallies.of(desk.traders, desk.user_id)
        account = desk.traders.account(desk.user_id)
        return json_answer(
            BotcoreStatus(
                status=_status(desk),
                uptime=self.context.host.uptime_s,
                active_positions=len(desk.positions()),
                total_trades=tally.count,
                total_pnl=number(account.realized_pnl + account.unrealized_pnl),
            )
        )


class _Switch(BotcoreRoute[NoQuery]):
    """Sets the user's trading state."""

    reply: ClassVar[type[Struct]] = BotSwitched
    problems = (NotFoundError, NotReadyError, StoreUnavailableError)
    to: ClassVar[TradingStateName]
    told: ClassVar[str]

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk = self.desk(call)
        await desk.traders.set_trading_state(desk.user_id, self.to, actor=desk.user_id)
        return json_answer(BotSwitched(message=self.told, status=_status(desk), timestamp=wall_text()))


@routes.register("POST /api/bot/start")
class StartBot(_Switch):
    """Let the user's trader trade."""

    to = "active"
    told = "Bot started"


@routes.register("POST /api/bot/stop")
class StopBot(_Switch):
    """Halt the user's trader: nothing new is sent, by nobody; what is open stays."""

    to = "halted"
    told = "Bot stopped"


def _status(desk: Desk) -> str:
    state = desk.traders.trader(desk.user_id)
    return bot_status(state.state, state.trading_state)
