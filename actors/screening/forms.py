"""The forms that orders come in by themselves: lines of text, trades of a forecast, lists with mapped fields."""

import re
from collections.abc import Callable, Iterable, Mapping, Sized
from functools import partial
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec.structs import replace

from actors.screening.candidate import Candidate
from actors.screening.written import OrderBody, candidate_of
from config.errors import InvalidInputError
from config.screening import OrderSource

MOST_LINE = 200
MOST_ORDERS = 1_000
"""Of one answer; more are refused, not cut."""
_STRATEGY = r"(?P<strategy>butterfly|iron[ _-]?condor|vertical|sonar)"
_STRIKES = r"(?P<strikes>\d{1,7}(?:\.\d{1,4})?(?:/\d{1,7}(?:\.\d{1,4})?){1,3})"
_NUMBER = r"\d{1,7}(?:\.\d{1,4})?"
_HEAD = r"(?P<action>buy|sell) (?P<quantity>[+-]?\d{1,5}) "
_SYMBOL = r"(?P<symbol>[A-Z^][A-Z0-9^]{0,9}) "
_TYPE = r"(?P<type>call|put|call/put|put/call)"
_LINES = (
    re.compile(
        rf"{_HEAD}{_STRATEGY} {_SYMBOL}(?:\d{{1,4}} )?\d{{1,2}} [a-z]{{3}} \d{{2,4}} {_STRIKES}(?: {_TYPE})? "
        rf"@ ?(?P<price>{_NUMBER})(?: [a-z]{{2,6}})?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_HEAD}{_SYMBOL}\d{{1,2}} [a-z]{{3}}(?: \d{{2,4}})? {_STRIKES} {_STRATEGY}(?: {_TYPE})? "
        rf"for (?P<price>{_NUMBER})(?: (?:credit|debit))?",
        re.IGNORECASE,
    ),
)
Found = Candidate | InvalidInputError


def read_answer(raw: bytes, source: OrderSource) -> list[Found]:
    """Return the orders of an answer, in place of one that cannot be read why.

    Raises:
        InvalidInputError: If the answer as a whole has no form that is known, or too many orders.
    """
    try:
        told = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return list(read_lines(_text(raw)))
    if source.orders is None and isinstance(told, dict) and isinstance(told.get("example_trades"), dict):
        _refuse_many(told["example_trades"])
        return list(read_forecast(told, source))
    orders = told if source.orders is None else at_place(told, source.orders)
    if not isinstance(orders, list):
        raise InvalidInputError(f"expected a list of orders at {source.orders or 'the top'}")
    _refuse_many(orders)
    return [_attempt(partial(read_mapped, one, source)) for one in orders]


def read_lines(text: str) -> Iterable[Found]:
    """Yield the orders of a text, one a line; empty lines are passed over.

    Raises:
        InvalidInputError: If there are too many.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    _refuse_many(lines)
    for line in lines:
        yield _attempt(partial(read_line, line))


def read_line(line: str) -> Candidate:
    """Return the order of a line such as `SELL 1 SPX 15 NOV 5850/5875/5900 Butterfly for 2.0 credit`.

    Raises:
        InvalidInputError: If it is none.
    """
    plain = " ".join(line[: MOST_LINE + 1].split())
    found = next((match for one in _LINES if (match := one.fullmatch(plain))), None)
    if found is None or len(line) > MOST_LINE:
        raise InvalidInputError(f"expected an order, found {plain[:60]!r}")
    word = found["type"]
    return _checked(
        {
            "strategy": found["strategy"],
            "symbol": found["symbol"].upper(),
            "premium": float(found["price"]),
            "strikes": [float(strike) for strike in found["strikes"].split("/")],
            "action": found["action"],
            "option_type": None if word is None or "/" in word else word,
            "quantity": abs(int(found["quantity"])),
        }
    )


def read_forecast(told: Mapping[str, Any], source: OrderSource) -> Iterable[Found]:
    """Return the `example_trades` of a forecast, with what it expects of the price."""
    common = {"predicted_price": told.get("predicted_close"), "timestamp": told.get("timestamp")}
    for strategy, trade in told["example_trades"].items():
        yield _attempt(partial(_of_forecast, strategy, trade, common, source))


def _of_forecast(strategy: str, trade: object, common: Mapping[str, Any], source: OrderSource) -> Candidate:
    if not isinstance(trade, dict):
        raise InvalidInputError(f"expected an object at example_trades.{strategy[:40]}")
    return _checked(
        {
            **common,
            "strategy": strategy,
            "symbol": source.symbol,
            "strikes": strikes_of(trade.get("strikes")),
            "premium": trade.get("price"),
            "action": trade.get("action"),
            "option_type": trade.get("type"),
            "quantity": trade.get("quantity"),
        }
    )


def read_mapped(order: object, source: OrderSource) -> Candidate:
    """Return one order of a list, its fields where the configuration says.

    Raises:
        InvalidInputError: If it is none.
    """
    if isinstance(order, str):
        return read_line(order)
    if not isinstance(order, dict):
        raise InvalidInputError("expected an object")
    found = {name: at_place(order, source.fields.get(name, name)) for name in OrderBody.__struct_fields__}
    found["strikes"] = strikes_of(found["strikes"])
    found["symbol"] = source.symbol if found["symbol"] is None else found["symbol"]
    return _checked(found)


def at_place(node: object, place: str) -> object:
    """Return what is at a place such as `data.orders`; None when there is nothing."""
    for key in place.split("."):
        node = node.get(key) if isinstance(node, dict) else None
    return node


def strikes_of(given: object) -> object:
    """Return strikes that are written as `5905/5855/5805` as numbers; others as they are."""
    if not isinstance(given, str):
        return given
    try:
        return [float(strike) for strike in given.split("/")]
    except ValueError as e:
        raise InvalidInputError("expected strikes as 5905/5855/5805", path="$.strikes") from e


def _checked(fields: Mapping[str, object]) -> Candidate:
    """Return an order whose id, when it has none, stands for all that is said of it."""
    said = {name: value for name, value in fields.items() if value is not None}
    try:
        body = msgspec.convert(said, OrderBody)
    except msgspec.ValidationError as e:
        raise InvalidInputError(str(e)[:200]) from e
    candidate = candidate_of(body, ("strategy", "symbol"))
    if candidate.order_id:
        return candidate
    return replace(candidate, order_id=blake2b(msgspec.msgpack.encode(candidate), digest_size=8).hexdigest())


def _attempt(read: Callable[[], Candidate]) -> Found:
    try:
        return read()
    except InvalidInputError as e:
        return e


def _refuse_many(found: Sized) -> None:
    """Refuse an answer before its orders are read one by one: that would take seconds, and the loop waits."""
    if len(found) > MOST_ORDERS:
        raise InvalidInputError(f"at most {MOST_ORDERS} orders in one answer, found {len(found)}")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as e:
        raise InvalidInputError("expected JSON or text") from e
