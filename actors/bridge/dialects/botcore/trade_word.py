"""What the AI says of an instrument just before a trade: fresh within two seconds, else what it said last."""

import asyncio
from secrets import token_hex
from typing import Literal

import structlog
from msgspec import Struct

from actors.bridge.context import Context
from actors.bridge.dialects.botcore.ai_asking import sections
from actors.market import interval_of
from actors.messages import Signal
from actors.signal.asked.candles import MOST
from actors.signal.asked.question import Question, opinion
from config.signals import SignalConfig

log = structlog.get_logger(__name__)
PATIENCE_S = 2.0
"""How long a trade waits for a word."""


class BotcoreOpinion(Struct, frozen=True, kw_only=True):
    """What the AI said of a trade."""

    signal: Literal["long", "short", "neutral"]
    confidence: float
    """0..1."""
    reasoning: str
    stale: bool
    """Whether it was said of an earlier bar than the newest: nothing newer came in time."""


class TradeWords:
    """Asks for one instrument at a time once: who comes while an answer is overdue gets the last word at once."""

    def __init__(self, context: Context, patience_s: float = PATIENCE_S) -> None:
        """Ask nothing yet."""
        self._context = context
        self._patience_s = patience_s
        self._asking: dict[str, asyncio.Task[Signal]] = {}

    async def of(self, instrument_id: str) -> BotcoreOpinion | None:
        """Return what the AI says of an instrument; None when it has never said anything, or has no stream of it."""
        section = next((one for one in sections(self._context) if _fits(one, instrument_id)), None)
        if section is None:
            return None
        last = next(iter(self._context.signals.recent(instrument_id, section.interval, 1)), None)
        if last is not None and _has_word(last) and not last.stale and self._is_newest(last):
            return _told(last, stale=False)
        fresh = await self._asked(section, instrument_id)
        if fresh is not None and _has_word(fresh):
            return _told(fresh, stale=False)
        return _told(last, stale=True) if last is not None and _has_word(last) else None

    def _is_newest(self, signal: Signal) -> bool:
        bars = self._context.bars
        if not bars.is_loaded(signal.instrument_id, signal.interval):
            return True
        newest = bars.rows(signal.instrument_id, signal.interval, 1)
        return not newest or signal.ts_bar >= newest[-1].ts_open

    async def _asked(self, section: SignalConfig, instrument_id: str) -> Signal | None:
        bars = self._context.bars
        if instrument_id in self._asking or not bars.is_loaded(instrument_id, section.interval):
            return None
        rows = bars.rows(instrument_id, section.interval, MOST)
        if not rows:
            return None
        question = Question(
            instrument=bars.instruments()[instrument_id],
            interval=interval_of(section.interval),
            rows=rows,
            section=section,
            trace_id=token_hex(16),
            ts_init=self._context.clock.now_ns,
        )
        return await self._answer(question)

    async def _answer(self, question: Question) -> Signal | None:
        """Return the answer if it comes in time; one that is late comes to its end by itself."""
        name, context = question.instrument.instrument_id, self._context
        task = asyncio.create_task(opinion(question, context.bars, context.models, context.analysing))
        self._asking[name] = task
        task.add_done_callback(lambda _: self._ended(name))
        await asyncio.wait({task}, timeout=self._patience_s)
        if not task.done():
            log.warning("ai_late", instrument_id=name, patience_s=self._patience_s)
            return None
        return None if task.exception() is not None else task.result()

    def _ended(self, name: str) -> None:
        task = self._asking.pop(name)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("ai_failed", instrument_id=name, exc_info=error)


def _fits(section: SignalConfig, instrument_id: str) -> bool:
    return not section.instruments or instrument_id in section.instruments


def _has_word(signal: Signal) -> bool:
    return any(one.state == "voted" for one in signal.sources)


def _told(signal: Signal, *, stale: bool) -> BotcoreOpinion:
    return BotcoreOpinion(
        signal=signal.signal, confidence=signal.confidence, reasoning="; ".join(signal.reasons), stale=stale
    )
