"""The configuration that plays a recording: `live --config FOLDER/replay.toml`."""

from collections.abc import Mapping, Sequence

from whisperer_client.types import InstrumentItem

MINUTE_NS = 60_000_000_000
_HEAD = """# Plays what was recorded: run_node.py live --config replay.toml; recording.json tells what is missing in it.
market = "replay"

[replay]
speed = 1.0
at_end = "hold"
warmup_bars = {warmup} # the bars before the first trade are history anyway
"""
_COLUMNS = {
    "bars": "",
    "trades": 'columns = { ts = "ts", side = "side", trade_id = "trade_id" }\n',
    "quotes": 'columns = { ts = "ts" }\n',
    "book": 'columns = { ts = "ts", side = "side" }\n',
}


def replay_toml(instruments: Sequence[tuple[InstrumentItem, Mapping[str, str]]]) -> str:
    """Return the text of the file.

    Args:
        instruments: Each with its files by kind; those without bars and trades cannot be played and are left out.
    """
    played = [(one, files) for one, files in instruments if files.keys() & {"bars", "trades"}]
    has_trades = any("trades" in files for _, files in played)
    head = _HEAD.format(warmup=0 if has_trades else 1)
    return head + "".join(_instrument(one) + _files(one, files) for one, files in played)


def _instrument(one: InstrumentItem) -> str:
    quantity = "" if one.min_quantity is None else f'min_quantity = "{one.min_quantity:f}"\n'
    return f"""
[replay.instruments."{one.instrument_id}"]
kind = "{one.kind}"
base = "{one.base_currency}"
quote = "{one.quote_currency}"
price_precision = {one.price_precision}
size_precision = {one.size_precision}
{quantity}maker_fee = "{one.maker_fee:f}"
taker_fee = "{one.taker_fee:f}"
margin_init = "{one.margin_init:f}"
margin_maint = "{one.margin_maint:f}"
"""


def _files(one: InstrumentItem, files: Mapping[str, str]) -> str:
    return "".join(
        f"""
[[replay.instruments."{one.instrument_id}".files]]
file = "{file}"
data = "{kind}"
unit = "ns"
{_COLUMNS[kind]}"""
        for kind, file in files.items()
    )
