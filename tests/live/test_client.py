"""The Python client and `watch` on a real node: killed, restarted, behind a line that loses bytes."""

import asyncio
import json
import random
import signal
import subprocess
import sys
from contextlib import asynccontextmanager

import pytest
from whisperer_client import Client, GapError, conversation

from tests.bad_line import bad_line
from tests.bridge.client_world import checked
from tests.node_process import PATIENCE_S, ROOT, NodeProcess, free_port

pytestmark = pytest.mark.slow
BTC = "BTC-USDT.SIM"
MINUTE_MS = 60_000
FAST = ("sim.speed=120", "ws.idle_heartbeat_s=0.5")
SLOWER = ("sim.speed=20", "ws.idle_heartbeat_s=0.5")
"""A sixth of that: the trades of an absence of twenty seconds are all kept."""


@pytest.fixture(autouse=True)
def _every_message_is_of_the_contract(monkeypatch):
    monkeypatch.setattr(conversation, "read_head", checked())


class Tail:
    """Reads one iterator to the end and keeps what it gave."""

    def __init__(self, stream):
        self.items = []
        self.gaps = []
        self.stream = stream
        self.task = asyncio.create_task(self._read())

    async def _read(self):
        while True:
            try:
                self.items.append(self._seen(await anext(self.stream)))
            except GapError as e:
                self.gaps.append((len(self.items), e))

    @staticmethod
    def _seen(item):
        return (item.sequence, item.best_bid, item.best_ask) if hasattr(item, "checksum") else item

    async def until(self, count, timeout_s=PATIENCE_S):
        async with asyncio.timeout(timeout_s):
            while len(self.items) < count:
                assert not self.task.done(), self.task.exception()
                await asyncio.sleep(0.02)

    def __len__(self):
        return len(self.items)


@asynccontextmanager
async def reading(**streams):
    """Read iterators until the block ends; what one of them fails with is raised by `until`."""
    heard = {name: Tail(stream) for name, stream in streams.items()}
    try:
        yield heard
    finally:
        await stopped(heard)


def everything(client):
    """Return a context in which every kind of iterator is read."""
    return reading(
        bars=client.bars(BTC, "1m", history=1),
        seconds=client.bars(BTC, "5s", history=1),
        trades=client.trades(BTC),
        signals=client.signals(BTC),
        book=client.order_book(BTC),
        quotes=client.quotes(BTC),
        top=client.book(BTC, depth=3, max_hz=20),
        ema=client.indicators(BTC, "1m", "ema(20)", history=1),
    )


async def more(heard, count=2):
    """Wait until each iterator has given so many items more."""
    wanted = {name: len(tail) + count for name, tail in heard.items()}
    for name, tail in heard.items():
        await tail.until(wanted[name])


async def stopped(heard):
    """Hear no more: what the node tells from here on must not count."""
    for tail in heard.values():
        tail.task.cancel()
    await asyncio.gather(*(tail.task for tail in heard.values()), return_exceptions=True)


def check(heard, held):
    """Hold what was heard against the truth: the history of the node as it is at the end."""
    for name, tail in (("bars", heard["bars"]), ("ema", heard["ema"])):
        opens = [row.t for row in tail.items]
        assert tail.gaps == [], name
        assert opens == [t for t in held if opens[0] <= t <= opens[-1]], name
    seconds = [bar.t for bar in heard["seconds"].items]
    assert seconds == sorted(set(seconds))
    ids = [trade.id for trade in heard["trades"].items]
    assert len(ids) == len(set(ids))
    signals = [one.ts_bar for one in heard["signals"].items]
    assert signals == sorted(set(signals))
    sequences = [book[0] for book in heard["book"].items]
    assert sequences == sorted(sequences)
    assert heard["book"].stream.mismatches == 0


async def test_every_iterator_survives_a_killed_node(tmp_path):
    with NodeProcess(tmp_path, *FAST) as node:
        await asyncio.to_thread(node.ready)
        async with Client(node.url, first_wait_s=0.05) as client, everything(client) as heard:
            await more(heard)
            for _ in range(2):
                await asyncio.to_thread(node.kill)
                await asyncio.to_thread(node.start().ready)
                await more(heard)
            await stopped(heard)
            page = await client.rest.bars(BTC, "1m", limit=1_000)
            check(heard, [bar.t for bar in page.items])
            assert client.connections >= 3


async def test_a_planned_restart_costs_nothing(tmp_path):
    port = free_port()
    with NodeProcess(tmp_path, "sim.speed=10", port=port) as node:
        await asyncio.to_thread(node.ready)
        async with (
            Client(node.url, first_wait_s=0.05) as client,
            reading(trades=client.trades(BTC)) as heard,
        ):
            trades = heard["trades"]
            await trades.until(3)
            await asyncio.to_thread(node.stop)
            await asyncio.to_thread(node.start().ready)
            await trades.until(len(trades) + 3)
            kept = (await client.rest.trades(BTC, limit=1_000)).items

    ids = [one.id for one in trades.items]
    first, last = trades.items[0].ts, trades.items[-1].ts
    assert trades.gaps == []
    assert len(ids) == len(set(ids))
    assert {one.id for one in kept if first < one.ts < last} <= set(ids)


async def bite(line, chance):
    """Do something bad to a line for a moment."""
    fault = chance.choice(["cut", "bytes", "stall", "nothing"])
    if fault == "cut":
        line.cut()
    elif fault == "bytes":
        line.bytes_to_lose += chance.choice([1, 3, 100, 3_000])
    elif fault == "stall":
        line.stall()
    await asyncio.sleep(chance.uniform(0, 0.25))
    line.flow()


async def test_every_iterator_survives_a_line_that_cuts_stalls_and_loses(tmp_path):
    chance = random.Random(7)
    with NodeProcess(tmp_path, *SLOWER) as node:
        await asyncio.to_thread(node.ready)
        async with (
            bad_line(node.port) as line,
            Client(line.url, first_wait_s=0.02, silence_s=1.5, timeout_s=1.0) as client,
            everything(client) as heard,
        ):
            await more(heard)
            for _ in range(8):
                for _ in range(5):
                    await bite(line, chance)
                await heard["trades"].until(
                    len(heard["trades"]) + 1
                )  # the node keeps no more than some seconds of them
            await more(heard)
            await stopped(heard)
            async with Client(node.url) as straight:
                page = await straight.rest.bars(BTC, "1m", limit=1_000)
            check(heard, [bar.t for bar in page.items])
            assert (line.connections > 5, heard["trades"].gaps) == (True, [])


def watch(*arguments, **options):
    command = [sys.executable, "run_node.py", "watch", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.fixture(scope="class")
def watched(tmp_path_factory):
    """A node that several programs watch one after the other."""
    with NodeProcess(tmp_path_factory.mktemp("watched"), "sim.speed=60") as node:
        node.ready()
        yield node


class TestWatch:
    def test_it_prints_json_lines_and_ends_after_so_many(self, watched):
        done = watch("status", "trades:BTC-USDT.SIM", "--url", watched.url, "--count", "9")
        out, err = done.communicate(timeout=PATIENCE_S)

        lines = [json.loads(line) for line in out.splitlines()]
        assert (done.returncode, err, len(lines)) == (0, "", 9)
        assert [line["type"] for line in lines[:2]] == ["snapshot", "snapshot"]
        assert {line["ch"] for line in lines} == {"status", "trades:BTC-USDT.SIM"}

    def test_the_port_is_the_configuration_s(self, watched):
        done = watch("status", "--count", "1", "--set", f"server.port={watched.port}")
        out, _ = done.communicate(timeout=PATIENCE_S)

        assert json.loads(out)["ch"] == "status"

    def test_ctrl_c_and_a_reader_who_goes_are_clean(self, watched):
        first = watch("trades:BTC-USDT.SIM", "--url", watched.url)
        first.stdout.readline()
        first.send_signal(signal.SIGINT)
        _, said = first.communicate(timeout=PATIENCE_S)
        second = watch("trades:BTC-USDT.SIM", "--url", watched.url)
        second.stdout.readline()
        second.stdout.close()
        code = second.wait(PATIENCE_S)

        assert (first.returncode, said) == (130, "")
        assert (code, second.stderr.read()) == (141, "")
        second.stderr.close()

    def test_what_is_wrong_is_one_line(self, watched):
        wrong = watch("bars:NOTHING.SIM:1m", "--url", watched.url)
        _, refused = wrong.communicate(timeout=PATIENCE_S)
        url = f"http://127.0.0.1:{free_port()}"
        nobody = watch("status", "--url", url)
        _, told = nobody.communicate(timeout=PATIENCE_S)

        assert (wrong.returncode, refused.splitlines()[0][:30]) == (2, "whisperer: unknown_instrument:")
        assert nobody.returncode == 1
        assert told.startswith(f"whisperer: nobody answers at {url}/ws (Connection refused); is the node running?")
        assert len(told.splitlines()) == 1
