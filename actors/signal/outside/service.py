"""One AI service: questions about the newest bars in, checked opinions kept; nobody waits for it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

import structlog
from msgspec import Struct
from prometheus_client import Counter as Count
from prometheus_client import Histogram

from actors.market import SECOND_NS
from actors.signal.outside.breaker import Breaker
from actors.signal.outside.call import Pace, RefusedError, Reply, UnreachableError, call
from actors.signal.outside.health import Health
from actors.signal.outside.opinion import LieError, Opinion, Usage, plain
from actors.signal.outside.spend import Spend
from config.ai import AiService

log = structlog.get_logger(__name__)

_questions = Count("whisperer_ai_questions", "Questions to AI services, by what became of them", ["service", "outcome"])
_seconds = Histogram(
    "whisperer_ai_seconds",
    "How long AI services took for an answer, attempts included",
    ["service"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30),
)
_BYTES_A_TOKEN = 3
"""Fewer than there are: what a question may cost is rather guessed too high."""


class Question(Struct, frozen=True, kw_only=True):
    """What is asked about one closed bar."""

    stream: str
    """Whose question: one predictor, instrument and interval; the newest bar's takes the place of an older one."""
    ts_event: int
    """Close time of the bar, UNIX nanoseconds of market time."""
    path: str
    """Behind the service's address."""
    body: Callable[[], bytes]
    """Makes the JSON, when it is sent."""
    read: Callable[[bytes], Opinion]
    """Reads and checks an answer; raises LieError."""
    most_tokens: int | None = None
    """The longest answer that was asked for; None: it does not cost tokens."""


class Known(Struct, frozen=True):
    """The newest opinion of a stream."""

    opinion: Opinion
    ts_event: int
    """Close time of the bar that it is about."""


class Post(Protocol):
    """Sends one request; raises UnreachableError and LieError."""

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes, *, most_bytes: int) -> Reply:
        """Return the answer."""


class Service:
    """Asks for one stream at most one question at a time; keeps the newest answer of each.

    Lives as long as the process: breaker, spend and health are those of the service, not of who asks.
    """

    def __init__(
        self,
        name: str,
        config: AiService,
        *,
        post: Post,
        pace: Pace,
        start: Callable[[str, Coroutine[Any, Any, None]], None],
        spend: Spend,
        key: str | None = None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """Ask nothing yet.

        Args:
            name: As configured.
            config: Its section.
            post: Sends a request.
            pace: Time.
            start: Runs work in the background under a name.
            spend: Its costs.
            key: Bearer token; never logged.
            on_change: Told when it goes down and comes back.
        """
        self.name = name
        self.config = config
        self.health = Health(name, on_change)
        self.breaker = Breaker(pace.monotonic_s)
        self.spend = spend
        self._url = config.url.rstrip("/")
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._post = post
        self._pace = pace
        self._start = start
        self._not_before = 0.0
        """The service wants to be left alone until then, `pace.monotonic_s`."""
        self._turns = asyncio.Semaphore(config.at_once)
        self._known: dict[str, Known] = {}
        self._wanted: dict[str, Question] = {}
        self._asked_ns: dict[str, int] = {}
        """Stream -> close of the newest bar that was to be asked about."""
        self._streams: Counter[str] = Counter()
        """How often each is open: while an engine is rebuilt the new one's may begin before the old one's ends."""
        self._under_way: set[str] = set()

    def open(self, stream: str) -> None:
        """Take questions of a stream, until it was closed as often as opened."""
        self._streams[stream] += 1

    def close(self, stream: str) -> None:
        """Take no more of them; what is known stays, for a stream of that name that begins anew."""
        self._streams[stream] -= 1
        if self._streams[stream] <= 0:
            del self._streams[stream]
            self._wanted.pop(stream, None)

    def known(self, stream: str, ts_event: int) -> Known | None:
        """Return the newest opinion, unless it is about a later bar: market time may have jumped back."""
        known = self._known.get(stream)
        return known if known is not None and known.ts_event <= ts_event else None

    def want(self, question: Question) -> None:
        """Have a question asked soon, in the background; nothing when its bar's answer is known."""
        stream = question.stream
        known = self._known.get(stream)
        if stream not in self._streams or (known is not None and known.ts_event == question.ts_event):
            return
        if self._is_early(question):
            return
        self._asked_ns[stream] = question.ts_event
        self._wanted[stream] = question
        if stream not in self._under_way:
            self._under_way.add(stream)
            self._start(f"ai {self.name} {stream}", self._ask_all(stream))

    def tune(self, config: AiService) -> None:
        """Ask as often and wait as long as another section says, from the next question on."""
        self.config = config

    def _is_early(self, question: Question) -> bool:
        """Return whether the stream is not to be asked again yet; a bar before the last one is of another time."""
        since_ns = question.ts_event - self._asked_ns.get(question.stream, question.ts_event)
        return 0 < since_ns < self.config.ask_every_s * SECOND_NS

    def why(self) -> str:
        """Return why there may be no answer, in words."""
        refusal = self.spend.refusal()
        return refusal or self.health.reason or "no answer yet"

    async def _ask_all(self, stream: str) -> None:
        """Ask what is wanted until nothing is; what failed again after a while, unless a newer bar has closed."""
        try:
            while (question := self._wanted.pop(stream, None)) is not None:
                if await self._ask(question):
                    continue
                await self._pace.sleep(self.config.retry_s)
                if stream in self._streams and self.spend.refusal() is None:
                    self._wanted.setdefault(stream, question)
        finally:
            self._under_way.discard(stream)

    async def _ask(self, question: Question) -> bool:
        """Return whether there is nothing to ask again."""
        async with self._turns:
            newer = self._wanted.get(question.stream)
            if newer is not None and newer.ts_event > question.ts_event:
                return True
            if self.spend.refusal() is not None:
                _questions.labels(self.name, "no_budget").inc()
                return True
            if self._pace.monotonic_s() < self._not_before or not self.breaker.allows():
                _questions.labels(self.name, "held_back").inc()
                return False
            return await self._call(question)

    async def _call(self, question: Question) -> bool:
        body = question.body()
        most = question.most_tokens
        likely = Usage() if most is None else Usage(len(body) // _BYTES_A_TOKEN, most)
        began = self._pace.monotonic_s()
        self.spend.reserve(likely)
        try:
            opinion = await self._answer(question, body, likely)
        except RefusedError as e:
            self.breaker.release()
            return self._failed("refused", str(e))
        except UnreachableError as e:
            self.breaker.fail()
            self._not_before = self._pace.monotonic_s() + (e.after_s or 0.0)
            return self._failed("failed", str(e))
        except LieError as e:
            self.breaker.fail()
            return self._failed("lied", plain(str(e), 120))
        except asyncio.CancelledError:
            self.breaker.release()
            raise
        except Exception as e:  # the boundary between one service and the rest
            self.breaker.fail()
            log.exception("ai_answer_not_read", service=self.name)
            return self._failed("failed", type(e).__name__)
        finally:
            self.spend.release(likely)
        _seconds.labels(self.name).observe(self._pace.monotonic_s() - began)
        _questions.labels(self.name, "ok").inc()
        self.breaker.succeed()
        self._known[question.stream] = Known(opinion, question.ts_event)
        self.health.succeed()
        return True

    async def _answer(self, question: Question, body: bytes, likely: Usage) -> Opinion:
        def post() -> Coroutine[Any, Any, Reply]:
            return self._post(self._url + question.path, self._headers, body, most_bytes=self.config.max_answer_bytes)

        try:
            opinion = question.read(await call(self.name, post, self._pace, self.config.timeout_s))
        except LieError:
            self.spend.charge(likely)  # it was made and is paid for, whatever it says
            raise
        self.spend.charge(likely if opinion.usage is None else opinion.usage)
        return opinion

    def _failed(self, outcome: str, reason: str) -> bool:
        _questions.labels(self.name, outcome).inc()
        log.debug("ai_question_failed", service=self.name, outcome=outcome, reason=reason)
        self.health.fail(reason)
        return False
