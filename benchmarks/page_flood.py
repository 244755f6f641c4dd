"""Stands between a page and a paused node and adds what a busy market would send: so many messages a second.

`python benchmarks/page_flood.py PORT NODE_PORT`. `POST /flood?rate=1000` begins, rate 0 ends; `GET /flood` counts.
"""

import asyncio
import json
import random
import sys
import time

import uvloop
from aiohttp import ClientSession, WSMsgType, web

TURN_S = 0.01
BAR_HZ = 30
"""What a page asks for at most of an open bar; of a book 10, of a quote 5."""
CLOSE_EVERY_S = 2.0
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Channel:
    """One subscribed channel, as the last snapshot left it."""

    def __init__(self, name, snapshot):
        self.name = name
        self.family = name.split(":")[0]
        self.seq = snapshot["seq"]
        self.row = snapshot["data"][-1] if snapshot["data"] else None
        self.closed_at = time.monotonic()

    def message(self, kind, data, ts):
        """Return the text of one update."""
        return json.dumps({"type": kind, "ch": self.name, "seq": self.seq, "ts": ts, "data": data})


class Flood:
    """The messages of one connection, spread over its channels as a node would send them."""

    def __init__(self):
        self.channels = {}
        self.random = random.Random(1)
        self._due = {}

    def learn(self, text):
        """Remember where a channel stands."""
        message = json.loads(text)
        if message["type"] == "snapshot" and message["part"][0] == message["part"][1] - 1:
            self.channels[message["ch"]] = Channel(message["ch"], message)

    def turn(self, count, now):
        """Yield about `count` messages: what is due of the conflated channels, and trades for the rest."""
        ts = int(time.time() * 1000)
        sent = 0
        for channel in self.channels.values():
            hz = {"bars": BAR_HZ, "book": 10, "quotes": 5, "indicators": 4}.get(channel.family)
            if hz is None or channel.row is None or now < self._due.get(channel.name, 0):
                continue
            self._due[channel.name] = now + 1 / hz
            sent += 1
            yield getattr(self, f"_{channel.family}")(channel, ts, now)
        trades = [channel for channel in self.channels.values() if channel.family == "trades"]
        for _ in range(count - sent if trades else 0):
            yield self._trade(self.random.choice(trades), ts)

    def _near(self, price):
        places = len(price.partition(".")[2])
        return f"{float(price) * (1 + self.random.uniform(-2e-4, 2e-4)):.{places}f}"

    def _bars(self, channel, ts, now):
        row, close = dict(channel.row), self._near(channel.row["c"])
        if row["closed"]:
            interval = channel.name.rsplit(":", 1)[1]
            row["t"] += int(interval[:-1]) * SECONDS[interval[-1]] * 1000
            row |= {"o": close, "h": close, "l": close, "v": "0.1", "closed": False}
        elif now - channel.closed_at > CLOSE_EVERY_S:
            row["closed"], channel.closed_at = True, now
            channel.seq += 1
        row["c"] = close
        row["h"], row["l"] = max(row["h"], close, key=float), min(row["l"], close, key=float)
        channel.row = row
        return channel.message("bar", row, ts)

    def _book(self, channel, ts, now):
        channel.seq += 1
        levels = {
            side: [[p, f"{self.random.uniform(0.01, 2):.4f}"] for p, _ in channel.row[side]]
            for side in ("bids", "asks")
        }
        return channel.message("book", {**levels, "sequence": channel.seq, "ts": ts}, ts)

    def _quotes(self, channel, ts, now):
        channel.seq += 1
        return channel.message("quote", {**channel.row, "bid_size": f"{self.random.uniform(0.01, 2):.4f}"}, ts)

    def _indicators(self, channel, ts, now):
        values = {
            name: value and value * (1 + self.random.uniform(-1e-4, 1e-4))
            for name, value in channel.row["values"].items()
        }
        return channel.message("indicator", {**channel.row, "values": values, "closed": False}, ts)

    def _trade(self, channel, ts):
        channel.seq += 1
        trade = {**channel.row, "id": str(channel.seq), "price": self._near(channel.row["price"]), "ts": ts}
        trade["side"] = self.random.choice(("buy", "sell"))
        return channel.message("trade", trade, ts)


class Proxy:
    """The page's server."""

    def __init__(self, node_port):
        self.node = f"http://127.0.0.1:{node_port}"
        self.rate = 0
        self.sent = 0

    async def flood(self, request):
        if request.method == "POST":
            self.rate = int(request.query["rate"])
        return web.json_response({"rate": self.rate, "sent": self.sent})

    async def rest(self, request):
        body = await request.read()
        headers = {"content-type": request.content_type} if body else {}
        async with request.app["session"].request(
            request.method, self.node + request.path_qs, data=body or None, headers=headers
        ) as answer:
            kept = {
                name: answer.headers[name]
                for name in ("content-type", "content-security-policy")
                if name in answer.headers
            }
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    async def socket(self, request):
        page = web.WebSocketResponse(protocols=["trader.v1"])
        await page.prepare(request)
        async with request.app["session"].ws_connect(f"{self.node}/ws", protocols=["trader.v1"]) as node:
            flood = Flood()
            adding = asyncio.create_task(self._add(flood, page))
            hearing = asyncio.create_task(self._hear(node, page, flood))
            async for frame in page:
                if frame.type is WSMsgType.TEXT:
                    await node.send_str(frame.data)
            adding.cancel()
            hearing.cancel()
        return page

    @staticmethod
    async def _hear(node, page, flood):
        async for frame in node:
            if frame.type is WSMsgType.TEXT:
                flood.learn(frame.data)
                await page.send_str(frame.data)

    async def _add(self, flood, page):
        last, owed = time.monotonic(), 0.0
        while True:
            await asyncio.sleep(TURN_S)
            now = time.monotonic()
            owed, last = owed + self.rate * (now - last), now
            if self.rate:
                for text in flood.turn(int(owed), now):
                    await page.send_str(text)
                    self.sent += 1
                owed -= int(owed)


async def serve(port, node_port):
    """Serve until cancelled."""
    proxy, app = Proxy(node_port), web.Application()
    async with ClientSession() as app["session"]:
        app.router.add_route("*", "/flood", proxy.flood)
        app.router.add_get("/ws", proxy.socket)
        app.router.add_route("*", "/{rest:.*}", proxy.rest)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
