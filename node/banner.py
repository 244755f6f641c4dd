"""Keeps the engine's start-up banner cheap."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_IMPORTS = ("pandas", "pyarrow")


@contextmanager
def cheap_banner() -> Iterator[None]:
    """Keep the banner from importing libraries just to print their versions (1.5 s and 150 MB)."""
    absent = [name for name in _IMPORTS if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system's own mark for "not to be had"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
