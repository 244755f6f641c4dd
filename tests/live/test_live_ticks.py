"""Trades, quotes and books of real nodes over real sockets: what is streamed is what REST shows, on a bad line too."""

import asyncio
import json
import urllib.error

import aiohttp
import pytest

from tests.contract_check import hear
from tests.node_process import PATIENCE_S, NodeProcess
from tests.tick_books import WireBook

pytestmark = pytest.mark.slow

BTC = "BTC-USDT.SIM"
TRADES, QUOTES, BOOK, DELTAS = (f"{kind}:{BTC}" for kind in ("trades", "quotes", "book", "book_delta"))
QUICK = ("sim.speed=60", "sim.start=2026-01-01T00:00:00Z")


class Listener:
    """A client that keeps the book itself and remembers what it was at every step."""

    def __init__(self, ws, url, session):
        self.ws, self.url, self.session = ws, url, session
        self.book = None
        self.epochs = []
        self.seqs = []
        self.was = {}
        self.newest = {}
        self.trades = set()

    async def next(self):
        told = await hear(self.ws)
        if told.get("ch") == DELTAS:
            self._take(told)
        elif "ch" in told:
            self.newest[told["ch"]] = told
            if told["type"] != "snapshot":
                assert told["data"]["ts"] <= told["ts"], "told before it happened"
        if told.get("ch") == TRADES:
            self.trades |= {row["id"] for row in (told["data"] if told["type"] == "snapshot" else [told["data"]])}
        return told

    def _take(self, told):
        if told["type"] == "snapshot":
            self.epochs.append(told["epoch"])
            self.seqs = [told["seq"]]
            self.book = WireBook(told["data"][0])
        else:
            assert told["seq"] == self.seqs[-1] + 1
            self.seqs.append(told["seq"])
            self.book.take(told["data"])
        self.was[self.book.sequence] = self.book.top(200)

    async def until(self, reached):
        async with asyncio.timeout(PATIENCE_S):
            while not reached():
                await self.next()

    async def rest(self, path):
        async with self.session.get(f"{self.url}/api/v1/{path}") as answered:
            return answered.status, await answered.json(content_type=None)

    async def is_as_rest_shows(self):
        """Compare the own book with the node's at the step that the node names."""
        status, shown = await self.rest(f"book?instrument_id={BTC}&depth=200")
        if status == 503:
            return False
        await self.until(lambda: self.book is not None and self.book.sequence >= shown["sequence"])
        known = self.was.get(shown["sequence"])
        return known is not None and known == [shown["bids"], shown["asks"]]


async def listening(node, *channels):
    session = aiohttp.ClientSession()
    ws = await session.ws_connect(f"{node.url}/ws")
    await ws.send_json({"op": "subscribe", "id": 1, "ch": list(channels)})
    return Listener(ws, node.url, session)


async def test_the_streamed_book_is_the_one_that_rest_shows(tmp_path):
    with NodeProcess(tmp_path, *QUICK) as node:
        node.ready()
        client = await listening(node, DELTAS, BOOK, TRADES, QUOTES)
        async with client.session:
            for _ in range(3):
                before = len(client.was)
                await client.until(lambda least=before + 100: len(client.was) > least)
                assert await client.is_as_rest_shows()
            shown = client.newest[BOOK]["data"]
            await client.until(lambda: client.book.sequence >= shown["sequence"])  # its own steps may come later
            assert client.was[shown["sequence"]][0][:20] == shown["bids"]
            _, page = await client.rest(f"trades?instrument_id={BTC}&limit=1000")
            _, quotes = await client.rest(f"quotes?instrument_id={BTC}")
            quote = quotes["items"][0]
            await client.until(lambda: page["items"][0]["id"] in client.trades)

        assert len(client.epochs) == 1
        assert page["items"] == sorted(page["items"], key=lambda item: -int(item["ts_ns"]))
        assert len(page["items"]) >= 100
        assert float(quote["bid"]) < float(quote["ask"])
        assert not any("book_broken" in line for line in node.lines)


async def test_on_a_line_that_loses_steps_the_book_is_rebuilt_and_never_wrong(tmp_path):
    faults = ("sim.faults.drop.probability=0.01", 'sim.faults.drop.kinds=["book"]')
    with NodeProcess(tmp_path, *QUICK, *faults) as node:
        node.ready()
        client = await listening(node, DELTAS)
        async with client.session:
            await client.until(lambda: len(client.epochs) >= 4)
            async with asyncio.timeout(PATIENCE_S):
                while not await client.is_as_rest_shows():
                    await client.next()
            async with client.session.get(f"{node.url}/metrics") as answered:
                metrics = await answered.text()

        node.said("book_broken")  # not every one is logged, all are counted
        broken = [event for event in node.events() if event["event"] == "book_broken"]
        assert all("came" in event["reason"] for event in broken)
        assert len(set(client.epochs)) == len(client.epochs)
        assert 'whisperer_book_breaks_total{reason="sequence"}' in metrics


async def test_without_live_data_the_channels_are_empty_and_rest_answers(tmp_path):
    with NodeProcess(tmp_path, *QUICK, "features.real_time_data=false") as node:
        node.ready()
        client = await listening(node, DELTAS, TRADES)
        async with client.session:
            told = [await hear(client.ws) for _ in range(4)]
            status, page = await client.rest(f"trades?instrument_id={BTC}")

    assert [(one["ch"], one["source"], one["data"]) for one in told[2:]] == [(DELTAS, "none", []), (TRADES, "none", [])]
    assert (status, len(page["items"])) == (200, 100)


def test_a_recording_of_bars_says_that_it_has_no_ticks(tmp_path):
    with NodeProcess(tmp_path, config="config/replay.toml") as node:
        node.ready()
        items = node.get("/api/v1/instruments")["items"]
        codes = []
        for kind in ("trades", "quotes", "book"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                node.get(f"/api/v1/{kind}?instrument_id={items[0]['instrument_id']}")
            codes.append((refused.value.code, json.load(refused.value)["code"]))

    assert {item["instrument_id"]: item["ticks"] for item in items} == {items[0]["instrument_id"]: []}
    assert codes == [(404, "not_found")] * 3
