"""A user is made while twenty others trade: how soon the first order fills, and that nobody else misses anything."""

import asyncio
import os
import statistics
import time

import aiohttp
import pytest
import uvloop

from tests.live.people import PASSWORD, SWAP, TEAM, first_admin
from tests.node_process import NodeProcess

pytestmark = pytest.mark.bench
OTHERS, NEW, PAUSE_S = 20, 10, 0.25
SOON_S = 1.0
TRADES = f"trades:{SWAP}"
SETTINGS = (
    "log.level=warning",
    "server.rate_limit_per_min=1000000",
    "server.user_rate_limit_per_min=1000000",
    "signals=[]",
)


class Desk:
    """One user with a socket that hears own fills and all trades."""

    def __init__(self, http, url, email):
        self._http, self._url, self._email = http, url, email
        self.filled, self.faults, self.sent = asyncio.Event(), [], 0
        self.fills, self._seqs = 0, {}

    async def open(self):
        """Sign in and listen."""
        body = {"email": self._email, "password": PASSWORD}
        async with self._http.post(f"{self._url}/auth/v1/token?grant_type=password", json=body) as answer:
            assert answer.status == 200, await answer.text()
            self._headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
        self.socket = await self._http.ws_connect(f"{self._url}/ws", headers=self._headers)
        await self.socket.send_json({"op": "subscribe", "id": 1, "ch": ["fills", TRADES]})
        self._listening = asyncio.create_task(self._listen())
        return self

    async def order(self):
        """Send one order by market."""
        self.sent += 1
        side = "buy" if self.sent % 2 else "sell"
        ticket = {"client_order_id": f"o{self.sent}", "instrument_id": SWAP, "side": side, "type": "market"}
        body = ticket | {"quantity": "0.001"}
        async with self._http.post(f"{self._url}/api/v1/orders", json=body, headers=self._headers) as answer:
            if answer.status != 201:
                self.faults.append(await answer.text())

    async def close(self):
        """Stop listening."""
        self._listening.cancel()
        await self.socket.close()

    async def _listen(self):
        async for message in self.socket:
            found = message.json()
            channel, seq = found.get("ch"), found.get("seq")
            if found["type"] == "error":
                self.faults.append(str(found))
            elif channel is not None and seq is not None:
                if channel in self._seqs and found["type"] != "snapshot" and seq != self._seqs[channel] + 1:
                    self.faults.append(f"{channel}: {seq} after {self._seqs[channel]}")
                self._seqs[channel] = seq
            if found["type"] == "fill":
                self.fills += 1
                self.filled.set()


async def made(http, url, admin, email):
    """Make a user; return when that was answered."""
    body = {"email": email, "password": PASSWORD, "roles": ["trader"], "must_change": False}
    headers = {"Authorization": f"Bearer {admin}"}
    async with http.post(f"{url}/api/v1/users", json=body, headers=headers) as answer:
        assert answer.status == 201, await answer.text()
    return time.perf_counter()


async def measured(url, admin):
    """Return (seconds from made to filled, by user; the desks of the others)."""
    took, stop = [], asyncio.Event()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        for number in range(OTHERS):
            await made(http, url, admin, f"old{number}@bench.test")
        desks = [await Desk(http, url, f"old{number}@bench.test").open() for number in range(OTHERS)]

        async def trade(desk):
            while not stop.is_set():
                await desk.order()
                await asyncio.sleep(PAUSE_S)

        trading = [asyncio.create_task(trade(desk)) for desk in desks]
        for number in range(NEW):
            at = await made(http, url, admin, f"new{number}@bench.test")
            desk = await Desk(http, url, f"new{number}@bench.test").open()
            await desk.order()
            await asyncio.wait_for(desk.filled.wait(), 30)
            took.append(time.perf_counter() - at)
            await desk.close()
        stop.set()
        await asyncio.gather(*trading)
        async with asyncio.timeout(60):
            while any(desk.fills < desk.sent for desk in desks):  # noqa: ASYNC110  # of many desks
                await asyncio.sleep(0.05)
        for desk in desks:
            await desk.close()
    return took, desks


def test_a_new_user_trades_within_a_second_while_others_trade(tmp_path):
    with NodeProcess(tmp_path, *SETTINGS, config=TEAM) as node:
        node.ready()
        admin = first_admin(node)
        took, desks = uvloop.run(measured(node.url, admin.token))
        assert node.stop()[0] == 0, node.text()

    orders = sum(desk.sent for desk in desks)
    print(
        f"\n  made, signed in, first order filled in {statistics.median(took):.2f} s, at most {max(took):.2f} s "
        f"(bar {SOON_S}); meanwhile {orders} orders of {OTHERS} others, all filled; load {os.getloadavg()[0]:.2f}"
    )
    assert [fault for desk in desks for fault in desk.faults] == []
    assert all(desk.fills == desk.sent for desk in desks)
    assert statistics.median(took) <= SOON_S
