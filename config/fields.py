"""What the structs of the configuration are made of: checked texts and numbers, and their base."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Name = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,36}\Z")]
"""A name that may reach the engine: letters, digits, `_` and `-`."""
InstrumentName = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,36}\.[A-Za-z0-9_]{1,20}\Z")]
"""`SYMBOL.VENUE`."""
Symbol = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9^._/-]{1,24}\Z")]
"""As clients of other designs write instruments."""
Amount = Annotated[str, Meta(pattern=r"\A[0-9]{1,15}(\.[0-9]{1,12})?\Z")]
"""A non-negative decimal as text."""
Fee = Annotated[str, Meta(pattern=r"\A-?[0-9](\.[0-9]{1,12})?\Z")]
"""Share of the notional as text; negative is a rebate."""
Places = Annotated[int, Meta(ge=0, le=9)]
Weight = Annotated[float, Meta(ge=0.0, le=1.0)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0.0, le=86_400.0)]
Speed = Annotated[float, Meta(ge=0.0, le=100_000.0)]
Currency = Annotated[str, Meta(pattern=r"\A[A-Z0-9]{1,10}\Z")]
"""A code as venues write it; there are some of one letter."""
IntervalName = Literal[
    "1s", "3s", "5s", "15s", "30s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w", "1M"
]
"""Every bar interval of the product."""
Column = Annotated[str, Meta(min_length=1)] | Annotated[int, Meta(ge=1, le=10_000)]
"""A column's name, or its position from 1."""


class Config(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all config structs: immutable, and a typo in a key is an error."""
