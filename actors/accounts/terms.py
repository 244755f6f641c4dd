"""What an instrument means for money: its texts as numbers, parsed once."""

from decimal import Decimal

from msgspec import Struct

from actors.accounts.exact import unit_of
from actors.market import Instrument


class Terms(Struct, frozen=True, kw_only=True):
    """The numbers of one instrument; all of them linear: worth is quantity times price times multiplier."""

    instrument: Instrument
    instrument_id: str
    is_perpetual: bool
    """It settles gains and losses; otherwise currencies change hands."""
    base: str
    settlement: str
    unit: Decimal
    """The smallest amount of the settlement currency."""
    multiplier: Decimal
    price_increment: Decimal
    size_increment: Decimal
    maker_fee: Decimal
    taker_fee: Decimal
    margin_init: Decimal
    margin_maint: Decimal

    @classmethod
    def of(cls, instrument: Instrument) -> "Terms":
        """Parse an instrument."""
        return cls(
            instrument=instrument,
            instrument_id=instrument.instrument_id,
            is_perpetual=instrument.kind == "perpetual",
            base=instrument.base_currency,
            settlement=instrument.settlement_currency,
            unit=unit_of(instrument.settlement_currency),
            multiplier=Decimal(instrument.multiplier),
            price_increment=Decimal(instrument.price_increment),
            size_increment=Decimal(instrument.size_increment),
            maker_fee=Decimal(instrument.maker_fee),
            taker_fee=Decimal(instrument.taker_fee),
            margin_init=Decimal(instrument.margin_init),
            margin_maint=Decimal(instrument.margin_maint),
        )
