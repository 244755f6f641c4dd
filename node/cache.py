"""The cache of the process, as the configuration wants it."""

import os
from collections.abc import Callable
from hashlib import blake2b

import msgspec

from actors.cache.ttl import Shared, TtlCache
from adapters.sim.feed import SimFeed
from adapters.sim.instruments import table
from config.schema import NodeConfig, SimSection
from config.version import VERSION


def open_cache(config: NodeConfig, past: str | None, pace: Callable[[], float]) -> TtlCache:
    """Return the cache; it connects to Redis, if one is configured, once it is started.

    Args:
        config: Its section, and the node's name, with which all keys begin.
        past: What the history of the market is a function of; None when it is not to be shared.
        pace: Market seconds per wall second.

    Raises:
        ConfigError: If the address of the Redis cannot be read.
    """
    return TtlCache(config.cache, past=past, shared=_shared(config), pace=pace)


def past_of(section: SimSection, feed: SimFeed) -> str:
    """Return a name that two simulated markets share only when they have the same history."""
    depends_on = (VERSION, section.seed, feed.begin_ns, dict(table(section.instruments)))
    return f"sim-{blake2b(msgspec.json.encode(depends_on), digest_size=8).hexdigest()}"


def _shared(config: NodeConfig) -> Shared | None:
    variable = config.cache.redis_url_env
    if variable is None:
        return None
    from actors.cache.redis_store import RedisStore  # noqa: PLC0415  # loads the client, only where configured

    return RedisStore(
        os.environ.get(variable, ""),
        prefix=f"whisperer:{config.node.name}:",
        timeout_s=config.cache.redis_timeout_ms / 1_000,
    )
