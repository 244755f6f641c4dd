"""What became of an order: it has won when it earned something after fees."""

from config.errors import InvalidInputError


def result_of(won: bool | None, profit: float | None) -> bool:  # noqa: FBT001  # what somebody says
    """Return whether an order has won.

    Args:
        won: What is said of it; None: nothing.
        profit: After fees; None: not known.

    Raises:
        InvalidInputError: If nothing is said, or the two contradict each other.
    """
    if won is None and profit is None:
        raise InvalidInputError("expected profit or won")
    if won is not None and profit is not None and won != (profit > 0.0):
        raise InvalidInputError(f"won says otherwise than a profit of {profit:g}", path="$.won")
    return won if profit is None else profit > 0.0  # type: ignore[return-value]  # one of the two is there
