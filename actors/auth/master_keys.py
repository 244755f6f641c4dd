"""The keys that open the vault: from a program, the environment, or a file that only the node's own user can read."""

import base64
import binascii
import errno
import hashlib
import os
import re
import secrets
import stat
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from actors.durable import sync, write_synced
from config.auth import AuthSection
from config.errors import ConfigError

KEY_BYTES = 32
FILE_NAME = "master.key"
COMMAND_S = 10.0
"""How long the program that prints the keys may take."""
MAX_CHARACTERS = 4_096
MIN_DISTINCT_BYTES = 12
"""32 random bytes have about 30 different ones; zeros, a word or an example have few."""


class MasterKeys:
    """The master keys of this start, the newest first; each has an id that says nothing of it."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take keys of 32 bytes each.

        Raises:
            ConfigError: If there is none, or one has another length or is not random.
        """
        if not keys:
            raise ConfigError("expected at least one master key, was none")
        for number, key in enumerate(keys, 1):
            if len(key) != KEY_BYTES:
                raise ConfigError(f"master key {number}: expected {KEY_BYTES} bytes, was {len(key)}")
            if len(set(key)) < MIN_DISTINCT_BYTES:
                raise ConfigError(f"master key {number}: expected random bytes, was something regular")
        self._keys = {_id_of(key): key for key in keys}

    @property
    def current_id(self) -> str:
        """Which one new data keys are sealed with."""
        return next(iter(self._keys))

    @property
    def current(self) -> bytes:
        """The newest key."""
        return self._keys[self.current_id]

    def get(self, master_id: str) -> bytes | None:
        """Return a key; None when it was not given at this start."""
        return self._keys.get(master_id)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids, the newest first."""
        return iter(self._keys)

    def __repr__(self) -> str:
        return f"MasterKeys({', '.join(self._keys)})"


def load_master_keys(section: AuthSection, state_dir: Path, *, may_make: bool = True) -> MasterKeys:
    """Return the master keys of the configured program, else of the environment, else of the file.

    Args:
        section: Names the program, the variable and the file.
        state_dir: Where the file is when none is named.
        may_make: Whether a missing file is made, with a new key; False where something is sealed already, which
            no new key could open.

    Raises:
        ConfigError: If the keys cannot be had or used; says what to do and shows nothing of them.
    """
    if section.master_key_command:
        return _read(_printed(section.master_key_command), f"auth.master_key_command {section.master_key_command[0]}")
    text = os.environ.get(section.master_keys_env)
    if text is not None:
        return _read(text, f"variable {section.master_keys_env}")
    path = Path(section.master_key_file).expanduser() if section.master_key_file else state_dir / FILE_NAME
    return _read(_of_file(path, may_make=may_make), f"file {path}")


def _read(text: str, source: str) -> MasterKeys:
    words = [word for word in re.split(r"[,\s]+", text) if word]
    try:
        return MasterKeys([_decoded(word) for word in words])
    except ConfigError as e:
        raise ConfigError(f"{source}: {e}") from None


def _decoded(word: str) -> bytes:
    """Return the bytes of base64, in either alphabet, with or without `=`."""
    plain = word.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError("expected base64 of 32 bytes, by comma") from None


def _printed(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # the operator's own program, without a shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=COMMAND_S,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ConfigError(f"auth.master_key_command {command[0]}: no answer in {COMMAND_S:.0f} s") from None
    except OSError as e:
        raise ConfigError(f"auth.master_key_command {command[0]}: {e.strerror}") from None
    if done.returncode != 0:
        raise ConfigError(f"auth.master_key_command {command[0]}: ended with exit code {done.returncode}")
    return _text(done.stdout, f"auth.master_key_command {command[0]}")


def _of_file(path: Path, *, may_make: bool) -> str:
    try:
        try:
            return _contents(path)
        except FileNotFoundError:
            if not may_make:
                raise ConfigError(
                    f"{path}: the master key is missing, what was sealed with it cannot be read: bring it back"
                ) from None
        _make(path)
        return _contents(path)
    except OSError as e:
        raise ConfigError(f"{path}: {_WHY.get(e.errno or 0, e.strerror)}") from e


def _contents(path: Path) -> str:
    """Return the text of a file, of which the very descriptor that is read was looked at."""
    # O_NONBLOCK: a pipe in the file's place would hold the start up for ever
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        _refuse_shared(path, os.fstat(descriptor))
        return _text(file.read(MAX_CHARACTERS + 1), str(path))


def _refuse_shared(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{path}: expected a file, was {stat.filemode(found.st_mode)}")
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.filemode(found.st_mode)
        raise ConfigError(f"{path}: others may read or change it ({mode}): allow it to its owner only (chmod 600)")
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{path}: expected a file of the node's own user, was one of user {found.st_uid}")


def _make(path: Path) -> None:
    """Write a new key where there is no file; another start that was faster has made it then."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        return
    write_synced(descriptor, base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    sync(path.parent)


def _text(data: bytes, source: str) -> str:
    if len(data) > MAX_CHARACTERS or not data.isascii():
        raise ConfigError(f"{source}: expected base64 of 32 bytes, by comma")
    return data.decode("ascii")


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"whisperer master key\0" + key).hexdigest()[:16]


_WHY = {errno.ELOOP: "expected a file, was a symbolic link"}
