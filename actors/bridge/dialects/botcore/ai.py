"""`POST /ai/analyze` and `/api/ai/analyze`: what the node's sources say of a caller's candles."""

import time
from typing import ClassVar, Literal, override

from msgspec import Struct, structs

from actors.bridge.dialects.botcore.ai_answer import analysis, answer_form
from actors.bridge.dialects.botcore.ai_asking import asked_all, barriers
from actors.bridge.dialects.botcore.ai_bodies import AiAnalysis, AiQuestion, AnalysisAnswer
from actors.bridge.dialects.botcore.answers import BotcoreRoute, wall_text
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, routes
from config.errors import InvalidInputError, UnknownInstrumentError, UnsupportedIntervalError

ASKED = (InvalidInputError, UnknownInstrumentError, UnsupportedIntervalError)


class _Analyze(BotcoreRoute[NoQuery]):
    """Asks the sources about the candles of the body."""

    body = AiQuestion
    problems = ASKED
    tag = "bot core AI"
    is_costly = True

    async def _analysis(self, call: Call) -> AiAnalysis:
        began, body, context = time.perf_counter(), body_of(call, AiQuestion), self.context
        found = await asked_all(context, body)
        wanted = body.strategy_context.selected_strategies
        made = analysis(found, wanted, barriers(context), answer_form(context))
        took = round((time.perf_counter() - began) * 1_000.0)
        metadata = structs.replace(made.metadata, processing_time_ms=took)
        return structs.replace(made, processing_time_ms=took, metadata=metadata)


@routes.register("POST /ai/analyze")
class AiAnalyze(_Analyze):
    """Say what the node's sources think of the newest of the candles that are sent.

    The same features, predictors and weights as of its own signals; nothing of it is kept or traded.
    """

    reply: ClassVar[type[Struct]] = AiAnalysis

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(await self._analysis(call))


@routes.register("POST /api/ai/analyze")
class BrowserAnalyze(_Analyze):
    """Say the same in the envelope, with `long`, `short` or `neutral`."""

    reply: ClassVar[type[Struct]] = AnalysisAnswer

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        found = await self._analysis(call)
        small: Literal["long", "short", "neutral"] = found.signal.lower()  # type: ignore[assignment]
        return json_answer(AnalysisAnswer(data=structs.replace(found, signal=small), timestamp=wall_text()))
