"""Trading hours of a venue, as far as features need them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from actors.market import HOUR_NS, SECOND_NS
from config.errors import ConfigError

OUTSIDE = (0.0, 0.0)
"""What is said while the venue is closed, and of a venue that never closes."""
_SATURDAY = 5


class Session:
    """Opens and closes at the same local times from Monday to Friday; holidays are not known to it."""

    def __init__(self, opens: time, closes: time, zone: ZoneInfo) -> None:
        """Take local times, the closing one later than the opening one."""
        self._opens, self._closes, self._zone = opens, closes, zone
        self._from = self._until = self._open = self._close = 0

    @classmethod
    def from_text(cls, text: str) -> "Session":
        """Return the session written as `09:30-16:00 America/New_York`.

        Raises:
            ConfigError: If there is no such time zone, or it closes before it opens.
        """
        hours, _, name = text.partition(" ")
        opens, _, closes = hours.partition("-")
        try:
            session = cls(time.fromisoformat(opens), time.fromisoformat(closes), ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError, OSError) as e:
            raise ConfigError(f"signals.session: expected `09:30-16:00 America/New_York`, was {text!r}: {e}") from e
        if closes <= opens:
            raise ConfigError(f"signals.session: must close after it opens on the same day, was {text!r}")
        return session

    def at(self, ts: int) -> tuple[float, float]:
        """Return the share of the session gone (0..1) and the hours to its close, at a UNIX ns; closed: `OUTSIDE`.

        The moment of opening still counts as closed, that of closing as open: a bar that closes then was traded before.
        """
        if not self._from <= ts < self._until:
            self._turn(ts)
        if not self._open < ts <= self._close:
            return OUTSIDE
        return (ts - self._open) / (self._close - self._open), (self._close - ts) / HOUR_NS

    def _turn(self, ts: int) -> None:
        """Work out the local day of a time once, for all its bars."""
        day = datetime.fromtimestamp(ts // SECOND_NS, UTC).astimezone(self._zone).date()
        self._from, self._until = self._ns(day, time()), self._ns(day + timedelta(days=1), time())
        self._open, self._close = self._ns(day, self._opens), self._ns(day, self._closes)
        if day.weekday() >= _SATURDAY:
            self._close = self._open

    def _ns(self, day: date, at: time) -> int:
        return int(datetime.combine(day, at, self._zone).timestamp()) * SECOND_NS
