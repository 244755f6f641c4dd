"""A stand-in for AI services: a real local server with all their ways to fail, and time that tests move."""

import asyncio
import json

from aiohttp import web


class OwnPace:
    """Time that passes when the test says so; implements `call.Pace`."""

    def __init__(self, wall_s=1_700_000_000.0):
        self.now = 0.0
        self._wall = wall_s
        self._sleepers = []
        self._changed = asyncio.Event()

    def wall_s(self):
        return self._wall + self.now

    def monotonic_s(self):
        return self.now

    async def sleep(self, seconds):
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, woken))
        self._changed.set()
        await woken

    def advance(self, seconds):
        """Let time pass and wake those who slept so long."""
        self.now += seconds
        due = [one for one in self._sleepers if one[0] <= self.now]
        self._sleepers = [one for one in self._sleepers if one[0] > self.now]
        for _, woken in due:
            if not woken.done():
                woken.set_result(None)

    async def next(self):
        """Wait until somebody sleeps, let time pass until the first of them wakes; return how long that was."""
        while not (waiting := [at for at, woken in self._sleepers if not woken.done()]):
            self._changed.clear()
            async with asyncio.timeout(30):
                await self._changed.wait()
        seconds = min(waiting) - self.now
        self.advance(seconds)
        return seconds


def chat(opinion, usage=(200, 50), **choice):
    """Return a chat completion that says `opinion`."""
    content = opinion if isinstance(opinion, str) else json.dumps(opinion)
    return {
        "model": "double-1",
        "choices": [{"finish_reason": "stop", "message": {"content": content}} | choice],
        "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]},
    }


class AiDouble:
    """`async with` runs it at `url`; `answer` decides what the next requests get."""

    def __init__(self):
        self.asked = []
        """(path, headers, parsed body) of every request."""
        self.answer = lambda _: web.json_response({})
        """Takes the parsed body; may be a coroutine function that takes the body and the request."""
        self.port = 0
        self._runner = None
        self._changed = asyncio.Condition()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self.stop()

    async def start(self):
        app = web.Application()
        app.router.add_post("/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]

    async def stop(self):
        """Be killed: connections end, the port is closed."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def asked_times(self, count):
        """Wait until it was asked so often."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: len(self.asked) >= count)

    async def _handle(self, request):
        body = await request.json()
        async with self._changed:
            self.asked.append((request.path, dict(request.headers), body))
            self._changed.notify_all()
        if asyncio.iscoroutinefunction(self.answer):
            return await self.answer(body, request)
        return self.answer(body)
