"""`GET /api/v1/signals`: the kept AI signals, newest first."""

from typing import ClassVar, override

import msgspec
from msgspec import UNSET, Struct, UnsetType

from actors.bridge.rest.further_back import signals_page
from actors.bridge.rest.query import (
    CursorParam,
    EndParam,
    InstrumentIdParam,
    IntervalParam,
    Limit,
    StartParam,
    cursor_of,
    position_of,
    time_range,
)
from actors.bridge.rest.route import Answer, Call, Route, json_answer, routes
from actors.market import interval_of
from actors.messages import Signal
from actors.ports.analyses import Span
from actors.wire import SignalBody, signal_body
from config.errors import UnknownInstrumentError, UnsupportedIntervalError


class SignalItem(SignalBody, frozen=True, kw_only=True, omit_defaults=True):
    """One AI signal, on request with what its predictors saw."""

    features: tuple[float, ...] | None = None
    """The feature vector, in the order of the schema; with `include_features` only, empty while warming up."""
    feature_schema: str | None = None
    """Name and version of the feature schema, for example `bars-v2`; with `include_features` only."""


class SignalList(Struct, frozen=True, kw_only=True):
    """Signals, newest bar first."""

    items: tuple[SignalItem, ...]
    next: str | None
    """Cursor of older ones; null at the end."""


class SignalsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which signals, by the open time of their bars; without an instrument or interval those of all."""

    instrument_id: InstrumentIdParam | UnsetType = UNSET
    interval: IntervalParam | UnsetType = UNSET
    start: StartParam | UnsetType = UNSET
    end: EndParam | UnsetType = UNSET
    limit: Limit = 100
    cursor: CursorParam | UnsetType = UNSET
    include_features: bool = False
    """Whether each signal carries the feature vector its predictors saw."""


@routes.register("GET /api/v1/signals")
class GetSignals(Route[SignalsQuery]):
    """List signals, newest first, as far back as they are kept (`analyses.keep_days`).

    There is one per closed bar; an abstention is neutral with a reason.
    """

    query = SignalsQuery
    reply: ClassVar[type[Struct]] = SignalList
    problems = (UnknownInstrumentError, UnsupportedIntervalError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: SignalsQuery) -> Answer:
        self._check(query)
        start, end = time_range(query.start, query.end)
        instrument_id, interval = query.instrument_id or None, query.interval or None
        question = f"signals {instrument_id} {interval} {start} {end}"
        skip = 0
        if query.cursor is not UNSET:
            before, skip = position_of(query.cursor, question, 2)
            end = before + 1
        span = Span(instrument_id=instrument_id, interval=interval, start=start, end=end)
        found, has_older = await signals_page(self.context, span, query.limit + skip)
        shown = found[skip:]
        page = SignalList(
            items=tuple(item_of(signal, has_features=query.include_features) for signal in shown),
            next=cursor_of(question, *position_after(found)) if has_older and shown else None,
        )
        return json_answer(page)

    def _check(self, query: SignalsQuery) -> None:
        if query.interval is not UNSET:
            interval_of(query.interval)
        if query.instrument_id is not UNSET and query.instrument_id not in self.context.bars.instruments():
            raise UnknownInstrumentError(f"no instrument {query.instrument_id!r}, `/api/v1/instruments` lists them")


def position_after(found: list[Signal]) -> tuple[int, int]:
    """Return where the next page begins: a bar time, and how many signals of that time were seen already.

    Signals of several instruments share a bar time, so the time alone would lose or repeat some.
    """
    last = found[-1].ts_bar
    seen = sum(1 for signal in found if signal.ts_bar == last)
    return last, seen


def item_of(signal: Signal, *, has_features: bool) -> SignalItem:
    """Return the body of one signal."""
    body = msgspec.structs.asdict(signal_body(signal))
    if has_features:
        body |= {"features": signal.features, "feature_schema": signal.feature_schema}
    return SignalItem(**body)
