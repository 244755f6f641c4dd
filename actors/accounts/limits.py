"""Limits of traders: ceilings of the configuration, a user's own choices within them."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from actors.ports.traders import Limits
from config.errors import InvalidInputError
from config.trading import LimitsSection

type Choices = dict[str, str | int | None]
"""Rule -> a user's own limit, as journalled: text of amounts, whole numbers of counts."""

COUNTS = frozenset({"max_open_orders", "max_orders_per_s"})
RULES: tuple[str, ...] = Limits.__struct_fields__
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?")


def ceilings_of(section: LimitsSection) -> Limits:
    """Return what the configuration allows at the most."""
    return _limits({rule: _number(getattr(section, rule)) for rule in RULES})


def in_force(ceilings: Limits, choices: Mapping[str, str | int | None]) -> Limits:
    """Return the stricter one of ceiling and choice, rule by rule; unknown rules are passed over."""
    own = {rule: _number(choices.get(rule)) for rule in RULES}
    return _limits({rule: _least(own[rule], getattr(ceilings, rule)) for rule in RULES})


def choose(ceilings: Limits, choices: Mapping[str, str | int | None], changes: Choices) -> Choices:
    """Return a user's choices after changes; None gives a rule back to its ceiling.

    Raises:
        InvalidInputError: If a rule is unknown, a value wrong, or above its ceiling.
    """
    chosen = dict(choices)
    for rule, value in changes.items():
        if rule not in RULES:
            known = ", ".join(RULES)
            raise InvalidInputError(f"no such limit: expected one of {known}, was {rule[:40]!r}", path=f"$.{rule[:40]}")
        if value is None:
            chosen.pop(rule, None)
        else:
            chosen[rule] = _checked(rule, value, getattr(ceilings, rule))
    return chosen


def _checked(rule: str, value: str | int, ceiling: Decimal | int | None) -> str | int:
    if rule in COUNTS:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InvalidInputError(f"{rule}: expected a whole number >= 1, was {str(value)[:40]!r}", path=f"$.{rule}")
    elif not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise InvalidInputError(f"{rule}: expected a decimal as text, was {str(value)[:40]!r}", path=f"$.{rule}")
    if ceiling is not None and Decimal(value) > ceiling:
        raise InvalidInputError(f"{rule}: expected at most {ceiling}, was {value}", path=f"$.{rule}")
    return value


def _number(value: str | int | None) -> Decimal | int | None:
    return Decimal(value) if isinstance(value, str) else value


def _least(one: Decimal | int | None, other: Decimal | int | None) -> Decimal | int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _limits(values: Mapping[str, Any]) -> Limits:
    return Limits(**values)
