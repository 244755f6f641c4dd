"""Files that are whole or not there, whatever ends the process in between, and that nobody's link leads away from."""

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from actors import durable
from config.signal_errors import ModelError

UNFINISHED: Final = "."
"""First letter of what is not whole yet, or not any more."""
_LOCK_S = 2.0


def read_file(root: Path, path: Path, most: int) -> bytes:
    """Return a plain file below `root` of at most `most` bytes.

    Raises:
        ModelError: If it is not there, is larger, no plain file, cannot be read, or is reached through a link.
    """
    shown = path.relative_to(root)
    for above in path.parents:
        if above == root:
            break
        if above.is_symlink():
            raise ModelError(f"{shown}: links are not followed")
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            about = os.fstat(number)
            if stat.S_ISREG(about.st_mode) and about.st_size <= most:
                with open(number, "rb", closefd=False) as file:
                    return file.read(most)
        finally:
            os.close(number)
    except OSError as e:
        raise ModelError(f"{shown} cannot be read: {e.strerror}") from e
    raise ModelError(f"{shown}: expected a file of at most {most} bytes, found {about.st_size}")


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder with these files that is there whole or not at all.

    Raises:
        FileExistsError: If there is one.
    """
    if folder.exists():
        raise FileExistsError(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(prefix=f"{UNFINISHED}new-", dir=folder.parent))
    try:
        for name, content in files.items():
            durable.write_synced(made / name, content)
        made.chmod(0o755)
        durable.sync(made)
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    durable.sync(folder.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in the place of another, at once."""
    durable.replace(path, content, beside=path.with_name(f"{UNFINISHED}new-{path.name}.{os.getpid()}"))


def remove_folder(folder: Path) -> None:
    """Have a folder vanish at once, then delete it."""
    gone = folder.with_name(f"{UNFINISHED}gone-{folder.name}")
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def remove_unfinished(folder: Path) -> None:
    """Delete what an ended process left behind; only while holding the lock."""
    for path in (*folder.glob(f"{UNFINISHED}new-*"), *folder.glob(f"{UNFINISHED}gone-*")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold off other writers, of this process and others.

    Raises:
        ModelError: If another one does not end, or nothing can be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        number = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            _take(number)
            yield
        finally:
            os.close(number)
    except OSError as e:
        raise ModelError(f"models: {root} cannot be written: {e.strerror}") from e


def _take(number: int) -> None:
    until = time.monotonic() + _LOCK_S
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            if time.monotonic() > until:
                raise ModelError("models: another process is writing and does not end") from e
            time.sleep(0.01)
        else:
            return
