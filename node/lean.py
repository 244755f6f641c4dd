"""Keeps a start lean: libraries that others import only because they can be."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


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
