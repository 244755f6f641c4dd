"""The folder of run-time state, held by one node at a time."""

import fcntl
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from config.errors import ConfigError


class StateFolder:
    """`state_dir`, locked against a second node for as long as it is open."""

    def __init__(self, path: Path) -> None:
        """Prepare; nothing is made before the block is entered."""
        self.path = path
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Make and lock the folder.

        Raises:
            ConfigError: If it cannot be written, or another node holds it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as e:
            raise ConfigError(f"node.state_dir: {self.path} cannot be written: {e.strerror}") from e
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            os.close(self._lock)
            self._lock = None
            raise ConfigError(
                f"node.state_dir: {self.path} is in use by another node; stop it or name another folder "
                "with --set node.state_dir=PATH"
            ) from e
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def check_state_folder(path: Path) -> None:
    """Check that a node could make and write its folder, and leave nothing there.

    Raises:
        ConfigError: If it could not.
    """
    above = path.absolute()
    try:
        while not above.exists():
            above = above.parent
        with TemporaryDirectory(dir=above):
            pass
    except OSError as e:
        raise ConfigError(f"node.state_dir: {path} cannot be written: {e.strerror}") from e
