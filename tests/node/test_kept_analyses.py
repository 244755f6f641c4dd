"""A node whose file of analyses cannot be opened: it runs, says so, and writes what waited once it can."""

import asyncio

import msgspec
import pytest

from actors.ports.analyses import Span
from actors.store.analyses.store import FILE_NAME
from config.signals import SignalConfig
from tests.node.live_world import NAME, PATIENCE_S, config_of, live


async def until(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # it depends on threads
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_signals_go_on_and_wait_for_the_file(tmp_path):
    blocked = tmp_path / FILE_NAME
    blocked.mkdir()
    streams = (SignalConfig(instruments=(NAME,), backfill=10),)
    config = msgspec.structs.replace(config_of(tmp_path, speed=200.0), signals=streams)

    async with live(config) as world:
        store, kept = world.process._signals.analyses.store, world.process._signals.log
        await until(lambda: len(kept.recent(NAME, "1m", 100)) > 12)
        assert any("analyses: " in reason for reason in world.process._view.degraded())
        waiting = {one.ts_bar for one in kept.recent(NAME, "1m", 100)}

        blocked.rmdir()
        await until(lambda: store.trouble is None)
        await store.settled()
        written, _ = await store.signals(Span(instrument_id=NAME), 1_000)
        assert waiting <= {one.ts_bar for one in written}
        assert not any("analyses: " in reason for reason in world.process._view.degraded())


async def test_switched_off_nothing_is_kept(tmp_path):
    off = msgspec.convert({"enabled": False}, type(config_of(tmp_path).analyses))
    config = msgspec.structs.replace(config_of(tmp_path), analyses=off)

    async with live(config) as world:
        assert world.process._signals.analyses.store is None

    assert not (tmp_path / FILE_NAME).exists()
