"""A hundred users at once, signed in, listening and trading: no error, flat memory. `make soak`, or run it alone.

Each has an account, a WebSocket with the own orders and fills and a market's trades, and sends an order every few
seconds, which must come back filled on that socket and on no other. Tokens live for two minutes and are renewed over
and over, over REST and on the living socket. Prints one line a minute and a verdict; exit code 1 when anything was not
as promised. `python benchmarks/soak_users.py --minutes 5 --users 100`.

What is kept up to a number of rows is made to be full within the first minutes, so that what grows afterwards grows for
ever: the rings of the private channels keep RING rows, of which an order makes one to three.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.soak import MAX_SLOPE_MB_H, memory_mb, metric, slope_per_hour
from tests.node_process import NodeProcess

PASSWORD = "a long enough passphrase"
INSTRUMENT = "BTC-USDT-SWAP.SIM"
TRADES = f"trades:{INSTRUMENT}"
ACCESS_MIN = 2.0
RENEW_S = 80.0
"""So long before the end of a token that a busy machine is in time."""
AT_ONCE = 20
"""Sign-ins that wait at the same time; all come from one address, which the throttle lets have 50."""
SETTLED_S = 600.0
"""Memory counts as settled after so long."""
LATE_S = 30.0
"""An order that has not come back by then is lost."""
RING = 32
"""Rows that a private channel keeps: as many as a user makes within three minutes."""
SETTINGS = (
    f"ws.message_queue_size={RING}",
    f"auth.access_min={ACCESS_MIN}",
    "server.rate_limit_per_min=1000000",
    "server.user_rate_limit_per_min=1000000",
    "limits.max_orders_per_s=100",
    "log.level=warning",
)


class Trader:
    """One user: tokens, a socket, and orders that alternate between buying and selling."""

    def __init__(self, http, url, email, counts, faults):
        self._http, self._url, self._email = http, url, email
        self._counts, self._faults = counts, faults
        self._token = self._refresh_token = ""
        self._waiting = {}
        self._filled = set()
        self._seqs = {}
        self._number = self._renewals = 0
        self._socket = None

    async def sign_in(self):
        """Sign in."""
        await self._take("password", {"email": self._email, "password": PASSWORD})

    async def run(self, pause_s):
        """Listen, trade and renew until cancelled."""
        async with self._http.ws_connect(f"{self._url}/ws", headers=self._headers) as self._socket:
            await self._socket.send_json({"op": "subscribe", "id": 2, "ch": ["orders", "fills", TRADES]})
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen())
                group.create_task(self._trade(pause_s))
                group.create_task(self._renew())

    async def _listen(self):
        async for message in self._socket:
            self._hear(json.loads(message.data))
        self._fault(f"the socket was closed with {self._socket.close_code}")
        raise ConnectionError(self._email)

    def _hear(self, message):
        kind, channel = message["type"], message.get("ch")
        self._counts[kind] += 1
        if kind == "error":
            self._fault(str(message))
        elif kind == "snapshot":
            self._seqs[channel] = message["seq"]
        elif channel in self._seqs and "seq" in message:
            if message["seq"] != self._seqs[channel] + 1:
                self._fault(f"{channel}: seq {message['seq']} after {self._seqs[channel]}")
            self._seqs[channel] = message["seq"]
        if kind == "fill":
            self._filled.add(self._own(message["data"]["client_order_id"]))
        elif kind == "order_update" and message["data"]["status"] == "filled":
            self._waiting.pop(self._own(message["data"]["client_order_id"]), None)

    def _own(self, name):
        if not name.startswith(f"{self._email}-".replace("@", "_").replace(".", "_")):
            self._fault(f"was told of {name}")
        return name

    async def _trade(self, pause_s):
        await asyncio.sleep(random.uniform(0, pause_s))
        while True:
            self._number += 1
            name = f"{self._email}-{self._number}".replace("@", "_").replace(".", "_")
            side = "buy" if self._number % 2 else "sell"
            ticket = {"client_order_id": name, "instrument_id": INSTRUMENT, "side": side, "type": "market"}
            self._waiting[name] = time.monotonic()
            async with self._http.post(
                f"{self._url}/api/v1/orders", json=ticket | {"quantity": "0.001"}, headers=self._headers
            ) as answer:
                if answer.status != 201:
                    self._fault(f"order: {answer.status} {await answer.text()}")
                    self._waiting.pop(name, None)
            self._counts["orders sent"] += 1
            await asyncio.sleep(pause_s)
            for late in [one for one, at in self._waiting.items() if time.monotonic() - at > LATE_S]:
                self._fault(f"{late} was not filled in {LATE_S:.0f} s")
                self._waiting.pop(late)

    async def _renew(self):
        while True:
            await asyncio.sleep(random.uniform(0.5, 1.0) * (ACCESS_MIN * 60 - RENEW_S / 2))
            await self._take("refresh_token", {"refresh_token": self._refresh_token})
            self._renewals += 1
            await self._socket.send_json({"op": "auth", "id": 2 + self._renewals, "token": self._token})
            self._counts["tokens renewed"] += 1

    async def _take(self, grant, body):
        async with self._http.post(f"{self._url}/auth/v1/token?grant_type={grant}", json=body) as answer:
            found = await answer.json()
        if answer.status != 200:
            self._fault(f"{grant}: {answer.status} {found}")
            raise ConnectionError(f"{self._email}: {answer.status} {found}")
        self._token, self._refresh_token = found["access_token"], found["refresh_token"]

    @property
    def _headers(self):
        return {"Authorization": f"Bearer {self._token}"}

    def _fault(self, text):
        self._faults.append(f"{self._email}: {text}")


async def admitted(http, node, users):
    """Make the users; return their emails."""
    (first,) = [json.loads(line) for line in node.lines if "first_admin" in line]
    body = {"email": first["email"], "password": first["password"]}
    async with http.post(f"{node.url}/auth/v1/token?grant_type=password", json=body) as answer:
        headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
    async with http.post(f"{node.url}/api/v1/password", json={"new_password": PASSWORD}, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
    emails = [f"user{number}@soak.test" for number in range(users)]
    for email in emails:
        person = {"email": email, "password": PASSWORD, "roles": ["trader"], "must_change": False}
        async with http.post(f"{node.url}/api/v1/users", json=person, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
    return emails


async def soak(node, users, minutes, pause_s):
    """Return (samples, counts, faults); a sample is (seconds, MB, descriptors, tasks)."""
    counts, faults, samples = Counter(), [], []
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        emails = await admitted(http, node, users)
        traders = [Trader(http, node.url, email, counts, faults) for email in emails]
        begun = time.monotonic()
        for first in range(0, users, AT_ONCE):
            await asyncio.gather(*(trader.sign_in() for trader in traders[first : first + AT_ONCE]))
        print(f"{users} signed in, {AT_ONCE} at once, in {time.monotonic() - begun:.1f} s", flush=True)
        tasks = [asyncio.create_task(trader.run(pause_s)) for trader in traders]
        began, step = loop.time(), min(10.0, minutes * 6)
        while (now := loop.time() - began) < minutes * 60 and not any(task.done() for task in tasks):
            await asyncio.sleep(step)
            sizes = [await metric(http, node.url, name) for name in ("process_open_fds", "whisperer_asyncio_tasks")]
            samples.append((now, memory_mb(node.process.pid), *sizes))
            if len(samples) % 6 == 0:
                slope = slope_per_hour([s[:2] for s in samples if s[0] > settled_s(minutes)])
                shown = {name: counts[name] for name in ("orders sent", "fill", "tokens renewed", "trade")}
                print(f"{now / 60:6.1f} min  {samples[-1][1]:6.1f} MB  slope {slope:+.2f} MB/h  {shown}", flush=True)
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        faults += [repr(outcome) for outcome in outcomes if not isinstance(outcome, asyncio.CancelledError)]
    return samples, counts, faults


def settled_s(minutes):
    """Return when memory counts as settled."""
    return min(SETTLED_S, minutes * 20)


def main():
    """Run the soak and judge it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between two orders of a user")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        NodeProcess(
            folder, *SETTINGS, f"ws.max_concurrent_connections={options.users * 2}", config="config/team.toml"
        ) as node,
    ):
        print(f"ready after {node.ready():.2f} s")
        samples, counts, faults = asyncio.run(soak(node, options.users, options.minutes, options.pause))
        code, seconds = node.stop()
    faults += [line.strip() for line in node.lines if "first_admin" not in line]
    if code != 0:
        faults.append(f"exit code {code}")
    settled = [s for s in samples if s[0] > settled_s(options.minutes)]
    slope = slope_per_hour([s[:2] for s in settled])
    if options.minutes * 60 > SETTLED_S and slope > MAX_SLOPE_MB_H:
        faults.append(f"memory grows by {slope:.2f} MB/h")
    if options.minutes * 60 > 2 * ACCESS_MIN * 60 and counts["tokens renewed"] < options.users:
        faults.append("tokens were not renewed")
    print(
        f"{options.users} users, {counts['orders sent']} orders, {counts['fill']} fills, {counts['tokens renewed']} "
        f"renewals in {options.minutes} min; {samples[-1][1]:.1f} MB, slope {slope:+.2f} MB/h, stopped in "
        f"{seconds:.2f} s, faults: {len(faults)}"
    )
    for fault in faults[:20]:
        print("fault:", fault[:300], fault[-300:])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
