"""What is to be made of past orders."""

from actors.signal.training.wish import Wish


class OrderWish(Wish, frozen=True, kw_only=True):
    """One training on orders, their file apart."""

    execute_above: float = 0.7
    """The node's threshold, so that the report can say what it would let through."""
    session: str | None = None
    """Trading hours that are in the features, as `screening.session`."""
