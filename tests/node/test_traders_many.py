"""A hundred traders with ten orders each at the same moment: all end terminal or working, none lost or doubled."""

import asyncio
import shutil
import sqlite3

import pytest

from config.trading import StoreSection, TradingSection
from tests.node.live_world import live
from tests.node.many_orders import EACH, MANY, REFUSED, Sent, check_books, check_told, decided, many_config

pytestmark = pytest.mark.slow


def killed(world, folder):
    """Return a state folder as a kill would leave it now: what the journal has committed, and nothing else."""
    folder.mkdir()
    shutil.copy(world.journal._path.with_name("sim.json"), folder)
    source, target = (sqlite3.connect(path) for path in (world.journal._path, folder / "journal.db"))
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return folder


async def test_a_thousand_orders_at_once_are_all_decided_once(tmp_path):
    async with live(many_config(tmp_path)) as world:
        sent = Sent(world, 5)
        await asyncio.gather(sent.all(world), sent.all(world))  # everything twice: the same id is the same order
        await decided(world)

        assert len(sent.answers) == MANY * EACH
        assert set(sent.codes()) <= REFUSED | {"validation", "order_rejected"}
        assert sent.codes()
        rows, fills = check_books(world, sent, tmp_path)
        statuses = {row[3] for row in rows}
        assert statuses >= {"filled", "canceled", "accepted", "rejected"}
        check_told(world, sent, fills)
        assert await world.traders._compared.run() == 0

        await world.host.rebuild()
        await decided(world)
        check_books(world, sent, tmp_path)
        assert await world.traders._compared.run() == 0


async def test_a_thousand_orders_survive_a_kill_in_the_middle(tmp_path):
    (tmp_path / "first").mkdir()
    often = {"store": StoreSection(checkpoint_fills=1), "trading": TradingSection(compare_every_s=0.05)}
    async with live(many_config(tmp_path / "first", **often)) as world:
        sent = Sent(world, 6)
        sending = asyncio.create_task(sent.all(world))
        await world.until(lambda: len(sent.taken()) > MANY)
        acknowledged = sent.taken()
        folder = killed(world, tmp_path / "second")
        await sending
    sent.answers = acknowledged

    async with live(many_config(folder)) as world:
        await decided(world)
        here = {
            (row.user_id, row.client_order_id)
            for user_id, name in acknowledged
            if (row := await world.traders.order(user_id, name)).order_id == acknowledged[user_id, name]
        }
        assert here == set(acknowledged)
        await sent.all(world)
        await decided(world)
        assert len(sent.answers) == MANY * EACH
        check_books(world, sent, folder)
        assert await world.traders._compared.run() == 0
