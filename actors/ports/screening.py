"""Order screening as the bridge asks it."""

from collections.abc import Sequence
from typing import Protocol

from actors.screening.candidate import Candidate
from actors.screening.verdict import ScreeningCounts, Snapshot, Verdict


class Screening(Protocol):
    """Judges orders in options before somebody sends them."""

    @property
    def model(self) -> str | None:
        """Id of the model in use; None: there is none, and every order is abstained from."""

    def counts(self) -> ScreeningCounts:
        """Return how the caches did."""

    async def snapshot(self, symbol: str) -> Snapshot:
        """Return the market of a symbol, as orders are judged by it.

        Raises:
            UnknownInstrumentError: If no instrument has it.
            VenueUnavailableError: If there is no price.
        """

    async def screen(self, candidates: Sequence[Candidate], owner: str = "") -> list[Verdict]:
        """Return a verdict for each order, in their order; what cannot be judged is abstained from, alone.

        Args:
            candidates: The orders.
            owner: Who asks; empty: they came from the node's own source.
        """


class ScreenedOrders(Protocol):
    """Orders that came by themselves, from the configured source."""

    @property
    def trouble(self) -> str | None:
        """Why the last question to the source failed, in words; None when it did well."""

    def verdicts(self, limit: int) -> list[Verdict]:
        """Return the newest verdicts, newest first; up to 1,000 are kept."""
