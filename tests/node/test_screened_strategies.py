"""Orders of strategies, judged by the signals before they are sent where their user has switched that on."""

from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace
from nautilus_trader.model import ClientOrderId

from actors.messages import Thresholds
from actors.ports.journal import AuditSpan, Span
from config.errors import InvalidInputError
from config.trading import TraderSection
from tests.bridge.fakes import signal
from tests.node.live_world import SWAP, config_of, live, strategy

pytestmark = pytest.mark.slow

BOT = strategy("bot", instrument_id=SWAP)


def say(world, score, **changes):
    """Have the newest signal of the perpetual say something; market time may stand still meanwhile."""
    log, ts = world.process._signals.log, world.process._clock.now_ns
    if (newest := log.newest(SWAP)) is not None:
        ts = max(ts, newest.ts_event + 1)
    said = signal(ts, instrument_id=SWAP, score=score)
    log.append(replace(said, ts_event=ts, thresholds=Thresholds(0.6, 0.4, 0.0, 0.5), **changes))


async def switch(world, user_id, **changes):
    return await world.traders.set_screening(user_id, changes, actor=user_id)


async def ended(world, user_id, order_id):
    orders = world.account(user_id).orders
    await world.until(lambda: (row := orders.get(order_id)) is not None and not row.is_working)
    return orders.get(order_id)


async def audited(world, order_id):
    await world.told()
    rows = (await world.journal.audit(AuditSpan(action="order"))).rows
    return [(row.action, msgspec.json.decode(row.detail).get("screening")) for row in rows if row.target == order_id]


async def test_a_switch_holds_back_what_the_signal_is_against_and_nothing_else(tmp_path):
    config = config_of(
        tmp_path, TraderSection(name="anna", strategies=(BOT,)), TraderSection(name="bob", strategies=(BOT,))
    )
    async with live(config) as world:
        mine, theirs = world.running("anna", "bot"), world.running("bob", "bot")
        with pytest.raises(InvalidInputError, match="threshold"):
            await switch(world, "anna", threshold=1.5)
        state = await switch(world, "anna", enabled=True)
        assert state.screening.choice.enabled
        assert not world.traders.trader("bob").screening.choice.enabled

        held = await ended(world, "anna", mine.trade("buy", "2"))  # no signal yet: it abstains and lets go
        assert held.status == "filled"
        [(action, said)] = await audited(world, held.order_id)
        assert (action, said["recommendation"], said["probability"]) == ("order.submit", "EXECUTE", None)
        assert "abstained: no bar of ABCP.SIM has got a signal yet" in said["reasons"][0]

        say(world, -0.5)
        skipped = await ended(world, "anna", mine.trade("buy", "1"))
        assert (skipped.status, world.net("anna", SWAP)) == ("denied", 2)
        assert skipped.reason.startswith(
            "screening: limit 0.6, was 0.25: the 1m signal is short: a buy wins with 25.0%"
        )
        await world.until(lambda: "OrderDenied" in mine.heard)
        [(action, said)] = await audited(world, skipped.order_id)
        assert (action, said["recommendation"], said["probability"]) == ("order.skipped", "SKIP", 0.25)
        [alert] = world.heard.of("AlertRow", "anna")
        assert (alert.kind, alert.level) == ("screening", "warning")
        assert "bot: buy 1 ABCP.SIM was not sent" in alert.message

        assert (await ended(world, "bob", theirs.trade("buy", "1"))).status == "filled"
        await world.filled("anna", instrument_id=SWAP)  # the desk is nobody's strategy
        say(world, 0.5)
        assert (await ended(world, "anna", mine.trade("sell", "1"))).status == "filled"  # it closes
        assert (await ended(world, "anna", mine.trade("sell", "1", reduce_only=True))).status == "filled"
        rest = mine.trade("buy", "1", world.near("0.9", SWAP))
        await world.until(lambda: world.account("anna").orders.get(rest).status == "accepted")
        say(world, -0.5)
        mine.modify_order(ClientOrderId(rest), quantity=mine.cache.instrument(mine.iid).make_qty(3))
        await world.until(lambda: "OrderModifyRejected" in mine.heard)
        assert world.account("anna").orders.get(rest).quantity == Decimal(1)
        mine.cancel_all_orders(mine.iid)
        assert (await ended(world, "anna", rest)).status == "canceled"
        told = world.traders.trader("anna").screening
        assert (told.executed, told.skipped, told.abstained) == (1, 2, 1)
        assert told.last.recommendation == "SKIP"
        assert world.traders.trader("bob").screening.last is None


async def test_it_is_as_its_user_left_it_after_a_start_and_what_was_held_back_stays_so(tmp_path):
    config = config_of(tmp_path, TraderSection(name="anna", strategies=(BOT,)), "bob")
    async with live(config) as world:
        await switch(world, "anna", enabled=True, threshold=0.7)
        await switch(world, "anna", strict=True)
        skipped = await ended(world, "anna", world.running("anna", "bot").trade("buy", "1"))
        assert skipped.status == "denied"
        assert "limit 0.7, was none: abstained: " in skipped.reason
        await world.told()
        assert list(world.journal.load().working) == []  # a kill at any moment leaves it denied, or unknown
        [first, second] = (await world.journal.audit(AuditSpan(user_id="anna", action="trader.screening"))).rows
        assert (first.detail, second.actor) == ('{"changes":{"strict":true}}', "anna")

    async with live(config) as world:
        choice = world.traders.trader("anna").screening.choice
        assert (choice.enabled, choice.threshold, choice.strict) == (True, 0.7, True)
        assert not world.traders.trader("bob").screening.choice.enabled
        assert world.traders.working("anna") == []
        [row] = (await world.traders.orders("anna", Span())).rows
        assert (row.order_id, row.status, row.reason) == (skipped.order_id, "denied", skipped.reason)
        assert (await ended(world, "anna", world.running("anna", "bot").trade("sell", "1"))).status == "denied"
        off = await switch(world, "anna", enabled=False)
        assert (off.screening.choice.enabled, off.screening.choice.threshold) == (False, 0.7)
        assert (await ended(world, "anna", world.running("anna", "bot").trade("sell", "1"))).status == "filled"
