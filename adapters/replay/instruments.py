"""What the configuration says of a recorded instrument -> the instrument; what cannot be meant is refused."""

from decimal import Decimal

from actors.market import Instrument, decimal_text
from config.errors import ConfigError
from config.recorded import ReplayInstrument

MOST_FEE = Decimal("0.1")
"""Share of the notional above which a fee, or a rebate, is taken for a slip of the point."""


def instrument_of(instrument_id: str, spec: ReplayInstrument) -> Instrument:
    """Return the instrument.

    Raises:
        ConfigError: If its values cannot be meant.
    """
    _check(instrument_id, spec)
    symbol, _, venue = instrument_id.rpartition(".")
    return Instrument(
        instrument_id=instrument_id,
        symbol=symbol,
        venue=venue,
        kind=spec.kind,
        base_currency=spec.base,
        quote_currency=spec.quote,
        settlement_currency=spec.quote,
        price_precision=spec.price_precision,
        size_precision=spec.size_precision,
        price_increment=decimal_text(1, spec.price_precision),
        size_increment=decimal_text(1, spec.size_precision),
        min_quantity=spec.min_quantity,
        maker_fee=spec.maker_fee,
        taker_fee=spec.taker_fee,
        margin_init=spec.margin_init,
        margin_maint=spec.margin_maint,
    )


def _check(instrument_id: str, spec: ReplayInstrument) -> None:
    where = f"replay.instruments.{instrument_id}"
    if spec.base == spec.quote:
        raise ConfigError(f"{where}.quote: expected another currency than the base, was {spec.quote}")
    for name in ("maker_fee", "taker_fee"):
        fee = getattr(spec, name)
        if abs(Decimal(fee)) > MOST_FEE:
            raise ConfigError(f"{where}.{name}: expected a share of at most {MOST_FEE} (0.0008 is 0.08 %), was {fee}")
    for name in ("margin_init", "margin_maint"):
        share = getattr(spec, name)
        if Decimal(share) > 1:
            raise ConfigError(f"{where}.{name}: expected a share of at most 1, was {share}")
    if Decimal(spec.margin_maint) > Decimal(spec.margin_init):
        raise ConfigError(
            f"{where}.margin_maint: expected at most margin_init, which is {spec.margin_init}, was {spec.margin_maint}"
        )
    if spec.min_quantity is not None:
        _check_quantity(f"{where}.min_quantity", Decimal(spec.min_quantity), spec.size_precision)


def _check_quantity(where: str, quantity: Decimal, places: int) -> None:
    if quantity <= 0:
        raise ConfigError(f"{where}: expected more than 0, was {quantity}")
    if quantity != round(quantity, places):
        raise ConfigError(f"{where}: expected at most {places} decimal places as size_precision says, was {quantity}")
