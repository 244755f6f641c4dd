"""Questions to the engine, told apart: its answers do not say which question they belong to."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from msgspec import Struct

from config.errors import VenueUnavailableError


class Question(Struct, frozen=True):
    """Closed bars of one bar type with start <= open < end (UNIX ns, None is open), at most `limit`."""

    bar_type: str
    start: int | None
    end: int | None
    limit: int

    def fits(self, opens: Iterable[int | None]) -> bool:
        """Return whether any bar opens in the range asked for; those of a late answer to something else do not."""
        start, end = self.start or 0, self.end
        return any(ts is not None and ts >= start and (end is None or ts < end) for ts in opens)

    def may_take(self, other: "Question") -> bool:
        """Return whether an answer to `other`, which asks for something else, could be taken for one to this."""
        begins_before = other.end is None or (self.start or 0) < other.end
        return self != other and begins_before and (self.end is None or (other.start or 0) < self.end)


class Requests[T]:
    """Correlates the engine's answers with questions.

    An answer is a list of bars and nothing else. So one question per bar type is on its way at a time, and the bars
    name their bar type. An empty answer names nothing: it is clear only once as many empty answers have come as
    questions are unanswered. A question given up may still be answered: for as long again, an empty answer could be
    its own and is not believed, and nothing is asked whose answer could be mistaken for the late one.
    """

    def __init__(self, send: Callable[[Question], None], give_up_s: float) -> None:
        """Prepare.

        Args:
            send: Puts a question to the engine.
            give_up_s: Wall seconds after which a question counts as lost.
        """
        self._send = send
        self._give_up_s = give_up_s
        self._lanes: dict[str, asyncio.Lock] = {}
        self._asked: dict[str, tuple[Question, asyncio.Future[Sequence[T]]]] = {}
        self._late: dict[str, tuple[Question, asyncio.Event, float]] = {}
        self._empty = 0
        self._doubtful_until = 0.0
        self._is_closed = False

    async def ask(self, question: Question) -> Sequence[T]:
        """Return the answer to `question`.

        Raises:
            VenueUnavailableError: If none comes, or the node stops.
        """
        async with self._lanes.setdefault(question.bar_type, asyncio.Lock()):
            await self._late_answer(question)
            loop = asyncio.get_running_loop()
            future: asyncio.Future[Sequence[T]] = loop.create_future()
            self._asked[question.bar_type] = question, future
            try:
                self._send(question)
                async with asyncio.timeout(self._give_up_s):
                    return await future
            except TimeoutError:
                raise _unavailable(f"no answer within {self._give_up_s:g} s") from None
            finally:
                if future.cancelled():
                    self._doubtful_until = loop.time() + self._give_up_s
                    self._late[question.bar_type] = question, asyncio.Event(), self._doubtful_until
                del self._asked[question.bar_type]
                self._settle()

    def answer(self, bar_type: str, bars: Sequence[T], opens: Iterable[int | None]) -> bool:
        """Take the bars the engine answered with and their open times; return False when no question fits them."""
        question, future = self._asked.get(bar_type, (None, None))
        if question is None or future is None or future.done() or not question.fits(opens):
            late = self._late.get(bar_type)
            if late is not None:
                late[1].set()
            return False
        future.set_result(bars)
        self._settle()
        return True

    def answer_empty(self) -> None:
        """Take an answer without bars."""
        self._empty += 1
        self._settle()

    def close(self) -> None:
        """Fail every question on its way, and every later one."""
        self._is_closed = True
        for _, future in self._asked.values():
            if not future.done():
                future.set_exception(_unavailable("the market was disconnected"))

    async def _late_answer(self, question: Question) -> None:
        """Wait until no answer to what was given up can be mistaken for one to `question`."""
        late, came, until = self._late.get(question.bar_type, (question, asyncio.Event(), 0.0))
        if question.may_take(late):
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await came.wait()
        if self._is_closed:
            raise _unavailable("the market was disconnected")

    def _settle(self) -> None:
        open_ = [future for _, future in self._asked.values() if not future.done()]
        if self._empty < len(open_) or not self._empty:
            return
        self._empty = 0
        for future in open_:
            if future.get_loop().time() < self._doubtful_until:
                future.set_exception(_unavailable("an answer could not be told from a late one"))
            else:
                future.set_result([])


def _unavailable(reason: str) -> VenueUnavailableError:
    return VenueUnavailableError(f"the data source is not available: {reason}", retry_after_s=5.0)
