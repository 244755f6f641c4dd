"""What keeps a recording from going to another time: books that belong to this one."""

from typing import Protocol

from config.errors import ConflictError, NodeError, StoreUnavailableError

OPEN_BOOKS = "orders or positions are open: they cannot follow to another time; reset: true closes the books"


class Books(Protocol):
    """The traders' books, which belong to one stretch of market time."""

    def has_books(self) -> bool:
        """Return whether anybody has working orders or open positions."""

    async def close_books(self) -> None:
        """Close the books for good, durably; the next ones are empty. Between two engines, before the market moves.

        Raises:
            StoreUnavailableError: If that cannot be written; these books go on.
        """

    async def turn_back(self) -> None:
        """Open the books of the journal anew at the present market time; between two engines."""


async def obstacle(books: Books | None, *, is_reset: bool) -> NodeError | None:
    """Return what keeps the market where it is; None when it may move. With `is_reset` the books are closed for it."""
    if books is None:
        return None
    if not is_reset:
        return ConflictError(OPEN_BOOKS) if books.has_books() else None
    try:
        await books.close_books()
    except StoreUnavailableError as e:
        return e
    return None
