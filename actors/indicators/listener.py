"""Who hears of new values: the bridge, for its channels."""

from typing import Protocol

type Place = tuple[str, str]
"""Instrument id and interval."""


class Listener(Protocol):
    """Hears of values; called on the owner loop."""

    def grown(self, place: Place) -> None:
        """Every indicator of a place that is ready has values of one more bar."""

    def replaced(self, place: Place) -> None:
        """Bars have changed that were computed already: what was told of this place is void."""

    def ready(self, place: Place) -> None:
        """Indicators of a place have taken their history."""

    def looked(self, place: Place) -> None:
        """The values of the open bar are new."""

    def ended(self, place: Place, name: str) -> None:
        """An indicator that nobody wanted runs no more."""
