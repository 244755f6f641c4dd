"""Keeps a start lean and memory flat."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from actors.buffer.store import Buffer
from actors.turns import Turns


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Let nobody import these libraries inside the block; those that are loaded already stay."""
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system's own mark for "not to be had"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


@contextmanager
def cheap_banner() -> Iterator[None]:
    """Keep the engine's banner from importing libraries just to print their versions (1.5 s and 150 MB)."""
    with hidden("pandas", "pyarrow"):
        yield


async def flatten(buffer: Buffer) -> None:
    """Make the bytes of all bars now, not over days, and keep what stays out of collections: memory is flat then."""
    turns = Turns()
    for name in buffer.instruments():
        await turns.run(buffer.held(name).base.window.encoding())
    gc.collect()
    gc.freeze()
