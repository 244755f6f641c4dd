"""The instruments of the simulated market: the table of the config, or three that look like a real venue's."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from msgspec import Struct

from actors.market import Instrument, decimal_text
from adapters.sim.path import MAX_FACTOR
from config.errors import ConfigError
from config.schema import SimInstrument

VENUE = "SIM"

DEFAULTS: Mapping[str, SimInstrument] = MappingProxyType(
    {
        "BTC-USDT": SimInstrument(
            base="BTC",
            price="64000",
            price_precision=1,
            size_precision=8,
            min_quantity="0.00001",
            max_quantity="1000",
            min_notional="1",
            volatility=0.45,
            spread_bps=0.3,
            trade_size="0.012",
        ),
        "ETH-USDT": SimInstrument(
            base="ETH",
            price="3200",
            price_precision=2,
            size_precision=6,
            min_quantity="0.0001",
            max_quantity="10000",
            min_notional="1",
            volatility=0.6,
            spread_bps=0.4,
            trade_size="0.2",
        ),
        "BTC-USDT-SWAP": SimInstrument(
            kind="perpetual",
            base="BTC",
            price="64000",
            price_precision=1,
            size_precision=4,
            min_quantity="0.0001",
            max_quantity="1000",
            min_notional="1",
            maker_fee="0.0002",
            taker_fee="0.0005",
            margin_init="0.01",
            margin_maint="0.004",
            volatility=0.45,
            spread_bps=0.2,
            trade_size="0.03",
        ),
    }
)
"""What trades when the config names nothing."""

_MIN_PRICE = 100
_MAX_PRICE = 10**13
_MAX_SIZE = 10**9
_MAX_INSTRUMENTS = 1_000


class Spec(Struct, frozen=True, kw_only=True):
    """What the generator needs of one instrument, in exact units."""

    instrument: Instrument
    number: int
    """Place in the table: makes time stamps and trade ids of different instruments differ."""
    pair: str
    """Instruments of one pair follow one path."""
    price: int
    trade_size: int
    min_size: int
    max_size: int
    min_notional: float
    """Price units times size units."""
    volatility: float
    spread_bps: float
    trades_per_min: int

    @property
    def is_perpetual(self) -> bool:
        """Return whether it follows its spot price at a small distance."""
        return self.instrument.kind == "perpetual"


def table(configured: Mapping[str, SimInstrument]) -> Mapping[str, SimInstrument]:
    """Return the configured instruments by symbol; the defaults when there are none."""
    return configured or DEFAULTS


def specs(configured: Mapping[str, SimInstrument], ts_event: int) -> list[Spec]:
    """Return what to generate of the configured instruments or the defaults.

    Raises:
        ConfigError: If numbers of an instrument do not fit together.
    """
    entries = table(configured)
    if len(entries) > _MAX_INSTRUMENTS:
        raise ConfigError(f"sim.instruments: at most {_MAX_INSTRUMENTS} instruments, found {len(entries)}")
    return [_spec(symbol, entry, number, ts_event) for number, (symbol, entry) in enumerate(entries.items())]


def _spec(symbol: str, entry: SimInstrument, number: int, ts_event: int) -> Spec:
    size = 10**entry.size_precision
    notional = Decimal(entry.min_notional) * 10**entry.price_precision * size
    spec = Spec(
        instrument=_instrument(symbol, entry, ts_event),
        number=number,
        pair=f"{entry.base}-{entry.quote}",
        price=_units(symbol, "price", entry.price, entry.price_precision),
        trade_size=max(1, int(Decimal(entry.trade_size) * size)),
        min_size=_units(symbol, "min_quantity", entry.min_quantity, entry.size_precision),
        max_size=_units(symbol, "max_quantity", entry.max_quantity, entry.size_precision),
        min_notional=float(notional),
        volatility=entry.volatility,
        spread_bps=entry.spread_bps,
        trades_per_min=entry.trades_per_min,
    )
    _check(symbol, spec)
    return spec


def _units(symbol: str, key: str, text: str, precision: int) -> int:
    units = Decimal(text).scaleb(precision)
    if units != int(units):
        raise ConfigError(f"sim.instruments.{symbol}.{key}: at most {precision} decimal places, was {text}")
    return int(units)


def _check(symbol: str, spec: Spec) -> None:
    where = f"sim.instruments.{symbol}"
    if not _MIN_PRICE <= spec.price <= _MAX_PRICE:
        raise ConfigError(f"{where}.price: must be {_MIN_PRICE} to {_MAX_PRICE} ticks, was {spec.price}")
    if not 0 < spec.min_size <= spec.max_size:
        raise ConfigError(f"{where}.min_quantity: must be above 0 and not above max_quantity")
    if spec.trade_size > _MAX_SIZE or spec.min_size > _MAX_SIZE:
        raise ConfigError(f"{where}.size_precision: trade_size must be at most {_MAX_SIZE} steps")
    if spec.min_notional * MAX_FACTOR > spec.price * spec.max_size:
        raise ConfigError(f"{where}.min_notional: must be well below price times max_quantity")


def _instrument(symbol: str, entry: SimInstrument, ts_event: int) -> Instrument:
    return Instrument(
        instrument_id=f"{symbol}.{VENUE}",
        symbol=symbol,
        venue=VENUE,
        kind=entry.kind,
        base_currency=entry.base,
        quote_currency=entry.quote,
        settlement_currency=entry.quote,
        price_precision=entry.price_precision,
        size_precision=entry.size_precision,
        price_increment=decimal_text(1, entry.price_precision),
        size_increment=decimal_text(1, entry.size_precision),
        min_quantity=_text(entry.min_quantity, entry.size_precision),
        max_quantity=_text(entry.max_quantity, entry.size_precision),
        min_notional=entry.min_notional,
        maker_fee=entry.maker_fee,
        taker_fee=entry.taker_fee,
        margin_init=entry.margin_init,
        margin_maint=entry.margin_maint,
        ts_event=ts_event,
    )


def _text(amount: str, precision: int) -> str:
    return f"{Decimal(amount):.{precision}f}"
