"""Where the simulated market is, on disk, so that it goes on there after a restart."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from actors.durable import replace
from actors.market import SECOND_NS
from config.errors import ConfigError

FILE_NAME = "sim.json"
LAST_NS = 7_258_118_400 * SECOND_NS
"""The simulated market ends with the year 2199."""
LEAD_S = 20.0
"""Wall seconds of market time by which the mark on disk is ahead: after a crash the market goes on at the mark."""

log = structlog.get_logger(__name__)


class Market(Struct, frozen=True, forbid_unknown_fields=True):
    """What a market is a function of, beside market time."""

    seed: int
    start: str
    """`sim.start` as configured; empty: the moment of the first start."""
    history_days: int
    instruments: str
    """Digest of the instruments' table."""


class Position(Struct, frozen=True, forbid_unknown_fields=True):
    """The file: one market, and where it goes on."""

    market: Market
    first_start_ns: int
    resume_ns: int
    """Market time from which on no tick has been played yet, UNIX nanoseconds."""
    version: int = 1


def load(path: Path, market: Market) -> Position | None:
    """Return the stored position of `market`, or None when nothing is stored.

    Raises:
        ConfigError: If the file is of another market, or cannot be read or understood.
    """
    try:
        position = msgspec.json.decode(path.read_bytes(), type=Position)
    except FileNotFoundError:
        return None
    except OSError as e:
        raise ConfigError(f"{path}: cannot be read: {e.strerror}") from e
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path}: damaged ({e}); set sim.restart = true to start the market over") from e
    if position.version != 1 or not 0 < position.first_start_ns <= position.resume_ns < LAST_NS:
        raise ConfigError(f"{path}: damaged (impossible times); set sim.restart = true to start the market over")
    for name in market.__struct_fields__:
        before, now = getattr(position.market, name), getattr(market, name)
        if before != now:
            change = (
                "was changed" if name == "instruments" else f"is {now!r}, but the stored market began with {before!r}"
            )
            raise ConfigError(f"sim.{name} {change} ({path}); restore it, or set sim.restart = true to start over")
    return position


def save(path: Path, position: Position) -> None:
    """Write the file so that a crash at any moment leaves the old one or the new one.

    Raises:
        OSError: If the disk does not take it; the old file is untouched.
    """
    replace(path, msgspec.json.format(msgspec.json.encode(position)) + b"\n")


class Marks:
    """Keeps a mark on disk ahead of market time: what lies before it is never played again, not even after kill -9.

    Writing happens in a thread; market time waits at the mark when the disk is slow. When the disk refuses, the
    market goes on and `error` says so: after a crash it would then repeat itself.
    """

    def __init__(
        self, path: Path, position: Position, *, speed: float, write: Callable[[Path, Position], None] = save
    ) -> None:
        """Write the first mark.

        Args:
            path: The file.
            position: Where the market stands.
            speed: Market seconds per wall second.
            write: Puts a position on disk; tests give their own.

        Raises:
            ConfigError: If the file cannot be written.
        """
        self.error: str | None = None
        """Why the last mark is not on disk, in words; None when it is."""
        self._path = path
        self._position = position
        self._write = write
        self._lead = int(LEAD_S * speed * SECOND_NS)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sim-position")
        self._pending: Future[None] | None = None
        self._wanted = 0
        self._mark = position.resume_ns + self._lead
        try:
            write(path, self._at(self._mark))
        except OSError as e:
            raise ConfigError(f"{path}: cannot be written: {e.strerror}") from e

    def set_speed(self, speed: float) -> None:
        """Keep the marks as far ahead as another speed (market seconds per wall second) needs."""
        self._lead = int(LEAD_S * speed * SECOND_NS)

    def allowed(self, until_ns: int) -> int:
        """Return how far towards `until_ns` market time may go now; a new mark is begun in time."""
        if self._pending is None and until_ns > self._mark - self._lead // 2:
            self._wanted = until_ns + self._lead
            self._pending = self._writer.submit(self._write, self._path, self._at(self._wanted))
        if self._pending is not None and self._pending.done():
            self._note(self._pending.exception())
            self._mark, self._pending = self._wanted, None
        return min(until_ns, self._mark)

    def close(self, position_ns: int) -> None:
        """Write the exact position: a market that was stopped in order goes on without a gap."""
        self._writer.shutdown(wait=True)
        try:
            self._write(self._path, self._at(position_ns))
        except OSError as e:
            self._note(e)

    def _at(self, resume_ns: int) -> Position:
        return msgspec.structs.replace(self._position, resume_ns=resume_ns)

    def _note(self, error: BaseException | None) -> None:
        if error is None:
            self.error = None
            return
        if self.error is None:
            log.error("sim_position_not_saved", path=str(self._path), error=str(error))
        self.error = f"the market's position is not saved: {error}"
