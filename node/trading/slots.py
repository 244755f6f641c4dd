"""The accounts that a node has room for, and which of them are taken."""

from collections.abc import Iterable

from config.errors import NoCapacityError


class Slots:
    """Accounts `PAPER-001` … with a client each, made when the engine is built."""

    def __init__(self, count: int, taken: Iterable[str], venue: str) -> None:
        """Make `count` slots, more when more are taken already.

        Args:
            count: As configured.
            taken: Account ids in use.
            venue: Begins the names of the clients.
        """
        self.venue = venue
        """Where orders go."""
        self._taken = set(taken)
        highest = max((_number(name) for name in self._taken), default=0)
        self.accounts = [f"PAPER-{number:03}" for number in range(1, max(count, highest) + 1)]

    def client(self, account_id: str) -> str:
        """Return the name of an account's client."""
        return f"{self.venue}-{_number(account_id):03}"

    def take(self) -> str:
        """Return a free account, taken from now on.

        Raises:
            NoCapacityError: If there is none.
        """
        for name in self.accounts:
            if name not in self._taken:
                self._taken.add(name)
                return name
        raise NoCapacityError(f"all {len(self.accounts)} accounts of this node are taken (paper.slots)")

    def release(self, account_id: str) -> None:
        """Give a slot back that could not be used."""
        self._taken.discard(account_id)


def _number(account_id: str) -> int:
    return int(account_id.rpartition("-")[2])
