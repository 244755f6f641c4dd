"""Memory that is not needed any more goes back to the system."""

import ctypes
import gc
import os

LARGE = 1 << 20
"""Bytes of an allocation that is the system's own, and its again when it is freed."""
_M_MMAP_THRESHOLD = -3

_c = ctypes.CDLL(None)
_trim, _set_option = getattr(_c, "malloc_trim", None), getattr(_c, "mallopt", None)


def return_engine_memory() -> None:
    """Have the engine's allocator give back at once what is freed; before the engine is loaded.

    By itself it waits a second, and gives back what is free by then: what lives on ends up in more and more pieces of
    memory that are almost empty. The operator's own choice in the environment stays.
    """
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "0")


def return_large_memory() -> None:
    """Have what is large go back to the system at once; for the start.

    Else the C library keeps the largest that was ever freed, in each thread: the 19 MiB that hash a password.
    """
    if _trim is not None and _set_option is not None:  # the one that knows both is GNU's, whose options these are
        _set_option(_M_MMAP_THRESHOLD, LARGE)


def free_memory() -> None:
    """Collect circles of objects, and give what the C library keeps back to the system where it can."""
    gc.collect()
    trim_memory()


def trim_memory() -> None:
    """Give what the C library keeps back to the system where it can: some milliseconds; for a thread."""
    if _trim is not None:
        _trim(0)
