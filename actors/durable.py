"""Files that are on the disk once a call returns, and whole or not there whatever ends the process in between."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Have a file or folder on the disk.

    Raises:
        OSError: If it is not there, or the disk does not take it.
    """
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def write_synced(path: Path | int, content: bytes) -> None:
    """Write a file and have it on the disk; its name is there for sure once the folder is synced too.

    Args:
        path: Where, or the descriptor of a file that is open for writing, which is closed.
        content: All of it.

    Raises:
        OSError: If the disk does not take it.
    """
    with open(path, "wb") as file:  # noqa: PTH123  # of a descriptor
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, content: bytes, *, beside: Path | None = None) -> None:
    """Put a file in the place of another: at any moment the old one or the new one is there.

    Args:
        path: The file.
        content: All of it.
        beside: The unfinished file, in the same folder; None: the name with `.tmp` for its ending.

    Raises:
        OSError: If the disk does not take it; the old file is untouched.
    """
    made = path.with_suffix(".tmp") if beside is None else beside
    write_synced(made, content)
    made.replace(path)
    sync(path.parent)
