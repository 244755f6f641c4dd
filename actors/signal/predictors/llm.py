"""LLM: a language model behind an OpenAI-compatible address is shown the last bars and says what it thinks.

Chat completions with a JSON schema for the answer. Its reasoning is kept and shown with the signal. It starts in the
shadow (weight 0): its opinions are shown and scored, and should not count before 200 outcomes are known.
"""

from typing import Annotated, Literal, override

import msgspec
from msgspec import Meta, Struct

from actors.signal.outside.opinion import LieError, Opinion, Usage, checked, directed, plain
from actors.signal.outside.predictor import OutsidePredictor, ServiceParams
from actors.signal.outside.service import Question
from actors.signal.predictor import MarketView, predictors
from config.fields import Name

_INSTRUCTIONS = """You judge where the price of one instrument goes within the next few bars. You are given its last \
closed bars, oldest first, as [open time in UNIX seconds, open, high, low, close, volume], and features computed from \
them. Judge by these numbers alone. Answer with JSON: instrument_id as given; signal long, short or neutral; \
confidence 0 to 1, your probability of being right, honest rather than bold; reasoning, at most two short sentences."""

_SCHEMA = {
    "type": "object",
    "properties": {
        "instrument_id": {"type": "string"},
        "signal": {"type": "string", "enum": ["long", "short", "neutral"]},
        "confidence": {"type": "number"},
        "reasoning": {"type": "string"},
    },
    "required": ["instrument_id", "signal", "confidence", "reasoning"],
    "additionalProperties": False,
}
_FORMAT = {"type": "json_schema", "json_schema": {"name": "opinion", "strict": True, "schema": _SCHEMA}}
_SECOND_NS = 1_000_000_000

Tokens = Annotated[int, Meta(ge=0, le=10_000_000)]


class _Usage(Struct, frozen=True):
    prompt_tokens: Tokens = 0
    completion_tokens: Tokens = 0


class _Message(Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(Struct, frozen=True):
    message: _Message
    finish_reason: str | None = None


class _Completion(Struct, frozen=True):
    choices: Annotated[list[_Choice], Meta(min_length=1)]
    model: str = ""
    usage: _Usage | None = None


class _Said(Struct, frozen=True):
    instrument_id: str
    signal: str
    confidence: float
    reasoning: str = ""


class LlmParams(ServiceParams, frozen=True, kw_only=True):
    """What is asked of which model."""

    service: Name = "llm"
    model: Annotated[str, Meta(min_length=1, max_length=100)] = "default"
    """Name of the model, as the service calls it."""
    bars: Annotated[int, Meta(ge=1, le=500)] = 60
    """Bars that it is shown."""
    max_tokens: Annotated[int, Meta(ge=16, le=32_768)] = 400
    """The longest answer it may give."""
    max_tokens_key: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the service calls that."""
    temperature: Annotated[float, Meta(ge=-1.0, le=2.0)] = 0.0
    """How freely it answers; -1: left to the service."""


@predictors.register("llm")
class Llm(OutsidePredictor):
    """The opinion of a language model, asked beside the bars."""

    name = "llm"
    params_type = LlmParams

    def __init__(self, params: LlmParams | None = None) -> None:
        super().__init__(params)
        self.lookback = self.params.bars

    @override
    def question(self, view: MarketView, stream: str) -> Question:
        bars, features = view.bars(self.params.bars), dict(zip(view.names, view.features, strict=False))
        instrument_id, interval = view.instrument_id, view.interval

        def body() -> bytes:
            rows = [[ts // _SECOND_NS, *prices] for ts, *prices in bars]
            shown = {"instrument_id": instrument_id, "interval": interval, "bars": rows, "features": features}
            return self._body(msgspec.json.encode(shown).decode())

        return Question(
            stream=stream,
            ts_event=view.ts_event,
            path="/chat/completions",
            body=body,
            read=lambda answer: read_completion(answer, instrument_id),
            most_tokens=self.params.max_tokens,
        )

    @override
    def named(self) -> str:
        return str(self.params.model)

    def _body(self, shown: str) -> bytes:
        params = self.params
        asked: dict[str, object] = {
            "model": params.model,
            "messages": [{"role": "system", "content": _INSTRUCTIONS}, {"role": "user", "content": shown}],
            "response_format": _FORMAT,
            params.max_tokens_key: params.max_tokens,
        }
        if params.temperature >= 0.0:
            asked["temperature"] = params.temperature
        return msgspec.json.encode(asked)


def read_completion(answer: bytes, instrument_id: str) -> Opinion:
    """Return what a completion says.

    Raises:
        LieError: If it cannot be read, is cut or refused, is about another instrument, or its numbers are out of range.
    """
    completion = _decoded(answer, _Completion)
    choice = completion.choices[0]
    if choice.message.refusal:
        raise LieError("the model refuses to answer")
    if choice.message.content is None or choice.finish_reason not in {"stop", None}:
        raise LieError(f"the answer is not whole: {plain(choice.finish_reason or 'empty', 40)}")
    said = _decoded(choice.message.content.encode(errors="replace"), _Said)
    if said.instrument_id != instrument_id:
        raise LieError(f"the answer is about {plain(said.instrument_id, 40)!r}")
    confidence = checked(said.confidence, "confidence")
    usage = completion.usage
    return Opinion(
        score=directed(said.signal, confidence),
        confidence=confidence,
        reasoning=plain(said.reasoning),
        model=plain(completion.model, 100),
        usage=None if usage is None else Usage(usage.prompt_tokens, usage.completion_tokens),
    )


def _decoded[T](answer: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise LieError(f"the answer cannot be read: {plain(str(e), 80)}") from None
