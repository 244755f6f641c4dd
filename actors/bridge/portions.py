"""How many indicators each user has: what is computed for one user must leave room for the others'."""

import time
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet

from actors.indicators.roster import FRESH_S
from actors.ports.identity import LOCAL
from config.errors import NoCapacityError

CHANNEL = "indicators:"


class Portions:
    """Counts for each user the indicators that the user's connections hear, and those asked for a moment ago.

    These are the ones that give no way to others' (`actors/indicators/roster.py`). One that several users have counts
    for each of them.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start with nobody.

        Args:
            monotonic: Seconds that only grow.
        """
        self.heard: Callable[[str], Iterable[str]] = lambda _: ()
        """User id -> the channels that the user's connections hear; the seats set themselves."""
        self._monotonic = monotonic
        self._asked: dict[str, dict[str, float]] = {}

    def take(self, user_id: str, wanted: AbstractSet[str], most: int) -> None:
        """Count what a user asks for; the local principal is alone and may have all.

        Args:
            user_id: Who.
            wanted: Canonical names of channels; those of other kinds are passed over.
            most: So many may be a user's.

        Raises:
            NoCapacityError: If they would be more; then nothing was counted.
        """
        wanted = {name for name in wanted if name.startswith(CHANNEL)}
        if user_id == LOCAL.user_id or not wanted:
            return
        asked = self._lately(user_id)
        held = {name for name in self.heard(user_id) if name.startswith(CHANNEL)} | asked.keys()
        count = len(held | wanted)
        if count > most:
            raise NoCapacityError(
                f"at most {most} indicators each (indicators.max_per_user), these would be {count}: unsubscribe some; "
                f"those asked for count for {FRESH_S:g} s",
                retry_after_s=FRESH_S,
            )
        self._asked[user_id] = asked | dict.fromkeys(wanted, self._monotonic())

    def _lately(self, user_id: str) -> dict[str, float]:
        begin = self._monotonic() - FRESH_S
        found = {name: at for name, at in self._asked.pop(user_id, {}).items() if at > begin}
        if found:
            self._asked[user_id] = found
        return found
