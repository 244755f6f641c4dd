"""A Redis that several nodes share: asked with a time limit, written to in the background, never waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from time import perf_counter
from typing import TYPE_CHECKING, Any, override
from urllib.parse import urlsplit

import structlog
from prometheus_client import Counter, Gauge, Histogram

from actors.cache.envelope import OVERHEAD, seal, unseal
from actors.cache.ttl import Shared
from config.errors import ConfigError

if TYPE_CHECKING:
    from redis.asyncio import Redis

MAX_VALUE = 1_048_576
"""Bytes of a value; a larger one is neither written nor read."""
MAX_WRITES = 64
"""Writes on their way; further ones are left out."""
CONNECTIONS = 8
STRIKES = 3
"""Time limits missed in a row after which it counts as lost; a broken connection counts at once."""
CONNECT_S = 2.0
CHECK_S = 5.0
"""Between two looks at whether it is still there."""
FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 5.0
STABLE_S = 30.0
"""Up for so long, the next loss is a new one, not the same again."""

log = structlog.get_logger(__name__)
_failures = Counter("whisperer_cache_redis_failures", "What Redis did not do", ["reason"])
_up = Gauge("whisperer_cache_redis_up", "Whether Redis can be used, 1 or 0")
_time = Histogram(
    "whisperer_cache_redis_seconds",
    "Time of questions to Redis",
    buckets=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
)


class RedisStore(Shared):
    """Implements `Shared`. While Redis is lost nothing is sent to it but a look now and then whether it is back."""

    def __init__(self, url: str, *, prefix: str, timeout_s: float, setting: str = "cache.redis_url_env") -> None:
        """Read the address; nothing is connected before `start`.

        Args:
            url: `redis://`, `rediss://` or `unix://`, with its password; told to nobody.
            prefix: Begins all keys.
            timeout_s: Longest wait for an answer.
            setting: Where the address comes from, for errors.

        Raises:
            ConfigError: If the address cannot be read.
        """
        self._client = _client(url, setting)
        self._address = _address(url)
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._trouble: str | None = "not connected yet"
        self._was_told = False
        self._strikes = 0
        self._lost = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._writes: set[asyncio.Task[None]] = set()
        _up.set_function(lambda: self._trouble is None)

    @override
    def start(self) -> None:
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    @override
    async def stop(self) -> None:
        tasks = [*self._writes, *([] if self._keeper is None else [self._keeper])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._trouble = "stopped"
        await self._client.connection_pool.disconnect()

    @override
    def trouble(self) -> str | None:
        return None if self._trouble is None else f"Redis at {self._address} cannot be used: {self._trouble}"

    @override
    async def get(self, key: str) -> tuple[bytes, float] | None:
        if self._trouble is not None:
            return None
        name = self._prefix + key
        began = perf_counter()
        answer = await self._ask(lambda: self._read(name))
        _time.observe(perf_counter() - began)
        if answer is None:
            return None
        sealed, left_ms = answer
        if not sealed and left_ms < 0:
            return None
        value = unseal(name, sealed)
        if value is None or left_ms < 0:  # damaged, somebody else's, or without an end
            _failures.labels("corrupt").inc()
            return None
        return value, left_ms / 1_000

    @override
    def put(self, key: str, value: bytes, lifetime_s: float) -> None:
        if len(value) > MAX_VALUE:
            _failures.labels("too_large").inc()
            return
        name, left_ms = self._prefix + key, int(lifetime_s * 1_000)
        if left_ms > 0:
            self._write(lambda: self._client.set(name, seal(name, value), px=left_ms))

    @override
    def drop(self, key: str) -> None:
        self._write(lambda: self._client.delete(self._prefix + key))

    async def _read(self, name: str) -> tuple[bytes, int]:
        """Return at most as many bytes as a value may have, and one more, with the milliseconds that it has left."""
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.getrange(name, 0, MAX_VALUE + OVERHEAD)
            pipe.pttl(name)
            sealed, left_ms = await pipe.execute()
        return bytes(sealed), int(left_ms)

    def _write(self, order: Callable[[], Awaitable[Any]]) -> None:
        if self._trouble is not None:
            return
        if len(self._writes) >= MAX_WRITES:
            _failures.labels("busy").inc()
            return
        task = asyncio.get_running_loop().create_task(self._obey(order))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    async def _obey(self, order: Callable[[], Awaitable[Any]]) -> None:
        await self._ask(order)

    async def _ask[T](self, question: Callable[[], Awaitable[T]]) -> T | None:
        """Return the answer within the time limit, or None; whatever goes wrong is noted here and goes no further."""
        from redis.exceptions import RedisError, ResponseError  # noqa: PLC0415  # loaded only where configured

        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await question()
        except TimeoutError:
            self._strike()
        except ResponseError as e:  # full, read-only, a key of another type: it lives, and refuses
            _failures.labels("refused").inc()
            log.debug("cache_redis_refused", reason=str(e))
        except (RedisError, OSError, EOFError, ValueError, TypeError, LookupError) as e:
            _failures.labels("connection").inc()
            self._lose(_words(e))
        else:
            self._strikes = 0
            return answer
        return None

    def _strike(self) -> None:
        _failures.labels("timeout").inc()
        self._strikes += 1
        if self._strikes >= STRIKES:
            self._lose(f"no answer within {self._timeout_s * 1_000:g} ms")

    def _lose(self, reason: str) -> None:
        """Use it no more until it has been seen well; told once."""
        was_up, self._trouble = self._trouble is None, reason
        self._lost.set()
        if was_up or not self._was_told:
            self._was_told = True
            log.warning(
                "cache_redis_lost",
                address=self._address,
                reason=reason,
                consequence="answers are kept in this process only until it is back",
            )

    async def _keep(self) -> None:
        """Connect, look whether it is still there, and connect again: as long as the process lives."""
        loop = asyncio.get_running_loop()
        retry_s = FIRST_RETRY_S
        while True:
            await self._connect()
            since = loop.time()
            while self._trouble is None:
                await self._look_later()
            if loop.time() - since > STABLE_S:
                retry_s = FIRST_RETRY_S
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)

    async def _connect(self) -> None:
        from redis.exceptions import RedisError  # noqa: PLC0415  # loaded only where configured

        try:
            await self._client.connection_pool.disconnect()
            async with asyncio.timeout(CONNECT_S):
                await self._client.ping()
            async with asyncio.timeout(self._timeout_s):  # connecting may take longer than an answer
                await self._client.ping()
        except TimeoutError:
            self._lose("no answer in time")
        except (RedisError, OSError, EOFError, ValueError, TypeError, LookupError) as e:
            self._lose(_words(e))
        else:
            self._trouble, self._strikes, self._was_told = None, 0, True
            self._lost.clear()
            log.info("cache_redis_connected", address=self._address)

    async def _look_later(self) -> None:
        try:
            async with asyncio.timeout(CHECK_S):
                await self._lost.wait()
        except TimeoutError:
            await self._ask(self._ping)

    def _ping(self) -> Coroutine[Any, Any, object]:
        return _awaited(self._client.ping())


async def _awaited(question: Awaitable[object]) -> object:
    return await question


def _client(url: str, setting: str) -> "Redis":
    from redis.asyncio import BlockingConnectionPool, Redis  # noqa: PLC0415  # loaded only where configured
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=None,  # our own limit is around everything
            socket_timeout=None,
            socket_connect_timeout=CONNECT_S,
            retry=Retry(NoBackoff(), 0),
        )
    except (ValueError, TypeError):
        raise ConfigError(f"{setting}: expected an address like redis://host:6379/0 in the variable") from None
    return Redis(connection_pool=pool)


def _address(url: str) -> str:
    """Return where it is, without user and password."""
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else f"{parts.hostname or 'localhost'}:{parts.port or 6379}"


def _words(error: Exception) -> str:
    text = str(error).strip().rstrip(".")
    return f"{type(error).__name__}: {text}"[:200] if text else type(error).__name__
