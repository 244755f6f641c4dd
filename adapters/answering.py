"""The half of a data client that answers: questions about the past and the present."""

from typing import Any, override

import structlog
from nautilus_trader.common import Clock
from nautilus_trader.core import UUID4
from nautilus_trader.live import (
    BarsResponse,
    BookResponse,
    ClientCache,
    DataClientConfig,
    InstrumentResponse,
    InstrumentsResponse,
    QuotesResponse,
    RequestBars,
    RequestBookSnapshot,
    RequestInstrument,
    RequestInstruments,
    RequestQuotes,
    RequestTrades,
    TradesResponse,
)
from nautilus_trader.live.clients import MarketDataClient
from nautilus_trader.model import Venue

from actors.engine import Scale, to_engine
from adapters.answers import Answers, Question
from adapters.feed import Feed
from adapters.line import Line
from config.errors import NodeError

log = structlog.get_logger(__name__)


class AnsweringClient(MarketDataClient):
    """Answers questions about a feed.

    A request for bars takes `start` and `end` as open times, start <= open < end; since the engine refuses times
    beyond the wall clock, and market time may be there, `params` may carry `start_ns` and `end_ns` instead. It is
    answered, with nothing when the source has no such thing. Trades are the newest `limit` of the span, quotes the
    newest one.
    """

    def __init__(
        self,
        *,
        name: str,
        config: DataClientConfig,
        cache: ClientCache,
        clock: Clock,
        feed: Feed,
        line: Line,
        latency_s: float,
    ) -> None:
        """Answer from `feed`, over `line`, after `latency_s` wall seconds."""
        self._feed = feed
        self._venue = Venue(min(instrument.venue for instrument in feed.instruments.values()))
        super().__init__(name=name, config=config, cache=cache, clock=clock, venue=self._venue)
        self._scales = {key: Scale(instrument) for key, instrument in feed.instruments.items()}
        self._answers = Answers(feed, line, self._scales, latency_s)

    @override
    async def _request_instrument(self, request: RequestInstrument) -> None:
        instrument = self._feed.instruments.get(str(request.instrument_id))
        if instrument is None:
            log.warning("instrument_unknown", instrument_id=str(request.instrument_id))
            return
        asked = self._asked(request)
        data = to_engine(instrument)
        self._handle_response(InstrumentResponse(self.client_id, request.instrument_id, data, *asked))

    @override
    async def _request_instruments(self, request: RequestInstruments) -> None:
        data = [to_engine(instrument) for instrument in self._feed.instruments.values()]
        asked = self._asked(request)
        self._handle_response(InstrumentsResponse(self.client_id, self._venue, data, *asked))

    @override
    async def _request_bars(self, request: RequestBars) -> None:
        try:
            bars = await self._answers.bars(request)
        except NodeError as e:  # a kind of bars that this source does not have
            log.warning("history_refused", bar_type=str(request.bar_type), reason=str(e))
            bars = []
        except Exception:  # no answer at all: an empty one would say that the source has nothing there
            log.exception("history_failed", bar_type=str(request.bar_type))
            return
        if bars is None:
            log.warning("history_lost", bar_type=str(request.bar_type))
            return
        self._handle_response(BarsResponse(self.client_id, request.bar_type, bars, *self._asked(request)))

    @override
    async def _request_trades(self, request: RequestTrades) -> None:
        data = await self._answers.trades(request)
        self._handle_response(TradesResponse(self.client_id, request.instrument_id, data, *self._asked(request)))

    @override
    async def _request_quotes(self, request: RequestQuotes) -> None:
        data = await self._answers.quotes(request)
        self._handle_response(QuotesResponse(self.client_id, request.instrument_id, data, *self._asked(request)))

    @override
    async def _request_book_snapshot(self, request: RequestBookSnapshot) -> None:
        book = await self._answers.book(request)
        ts, params = self.clock.timestamp_ns(), request.params
        self._handle_response(
            BookResponse(self.client_id, request.instrument_id, book, request.request_id, ts, params=params)
        )

    def _asked(self, request: Question) -> tuple[UUID4, int, int | None, int | None, dict[str, Any] | None]:
        """Return what every answer repeats of its question, and when it is given."""
        return request.request_id, self.clock.timestamp_ns(), request.start_ns, request.end_ns, request.params
