"""Memory that is not needed any more goes back to the system."""

import ctypes
import gc

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def free_memory() -> None:
    """Collect circles of objects, and give what the C library keeps back to the system where it can."""
    gc.collect()
    trim_memory()


def trim_memory() -> None:
    """Give what the C library keeps back to the system where it can: some milliseconds; for a thread."""
    if _trim is not None:
        _trim(0)
