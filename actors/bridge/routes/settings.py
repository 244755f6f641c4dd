"""`/api/v1/settings`: what an admin changes of signals while the node runs, over its configuration file."""

from typing import Annotated, Any, ClassVar, override

import structlog
from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.context import Context
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, person_of, routes
from actors.ports import RunningSettings
from actors.wire import Millis
from config.ai import AiService
from config.errors import ConflictError, InvalidInputError, NotReadyError, StoreUnavailableError
from config.fields import Name, Share, Weight
from config.settings import AnswerForm, AskEvery, ChosenSettings, Fresh, Timeout
from config.signal_errors import UnprovenError
from config.signals import SignalConfig

_MOST_PREDICTORS = 100


class VoterBody(Struct, frozen=True, kw_only=True):
    """A predictor in a stream."""

    name: str
    enabled: bool
    weight: float


class StreamValues(Struct, frozen=True, kw_only=True):
    """How a stream makes signals."""

    enabled: bool
    use_signals: bool
    long_above: float
    short_below: float
    confidence: float
    trade_confidence: float
    quorum: float
    predictors: tuple[VoterBody, ...]


class StreamBody(Struct, frozen=True, kw_only=True):
    """One signal stream."""

    instruments: tuple[str, ...]
    interval: str
    file: StreamValues
    """As the configuration file says."""
    now: StreamValues
    """In force from the next bar on."""


class ServiceValues(Struct, frozen=True, kw_only=True):
    """How an AI service is asked."""

    analysis_interval_s: float
    signal_timeout_s: float
    cache_s: float


class ServiceBody(Struct, frozen=True, kw_only=True):
    """One AI service."""

    name: str
    file: ServiceValues
    now: ServiceValues


class AnswersBody(Struct, frozen=True, kw_only=True):
    """What analyses for the bot core's clients hold."""

    file: AnswerForm
    now: AnswerForm


class ShadowBody(Struct, frozen=True, kw_only=True):
    """A source that has no weight until enough of its outcomes are scored."""

    name: str
    scored: int | None
    """Live outcomes of its calls of a direction, in all streams, at most `needed`; null: they cannot be counted now."""
    needed: int
    proven: bool
    """Whether there were enough once: it may have a weight from then on."""
    held: bool
    """Whether a weight above 0 is held at 0 in some stream."""


class SettingsBody(Struct, frozen=True, kw_only=True):
    """What is set, and what comes of it."""

    version: int
    """0 until something was changed; grows with each change."""
    changed_at: Millis | None
    changed_by: str | None
    """Id of who made the last change."""
    changeable: bool
    """False on a node without a journal, where no change could be kept."""
    set: ChosenSettings
    """What was set while running, for every stream; null: as the file says."""
    streams: tuple[StreamBody, ...]
    services: tuple[ServiceBody, ...]
    answers: AnswersBody
    shadow: tuple[ShadowBody, ...]
    """Sources that start in the shadow: `llm`, `http`, `file` and others whose own weight is 0, unless `trusted`."""


class PredictorChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a predictor; null: as the file says, the rest stays."""

    enabled: bool | UnsetType | None = UNSET
    weight: Weight | UnsetType | None = UNSET


class SettingsChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change for every stream; null: as the file says, the rest stays."""

    version: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    """The version that you have seen: with another one the change is refused; without it the last wins."""
    enabled: bool | UnsetType | None = UNSET
    """Whether signals are computed."""
    use_signals: bool | UnsetType | None = UNSET
    """Whether strategies act on signals."""
    long_above: Share | UnsetType | None = UNSET
    short_below: Share | UnsetType | None = UNSET
    confidence: Share | UnsetType | None = UNSET
    """A signal below is neutral."""
    trade_confidence: Share | UnsetType | None = UNSET
    """Strategies that name no confidence of their own act only above this."""
    quorum: Share | UnsetType | None = UNSET
    """Share of the total weight that must have voted."""
    analysis_interval_s: AskEvery | UnsetType | None = UNSET
    """How often AI services are asked about a stream at most, market time; 0: about every bar."""
    signal_timeout_s: Timeout | UnsetType | None = UNSET
    """How long an AI service may take for an answer."""
    cache_s: Fresh | UnsetType | None = UNSET
    """How long an answer of an AI service counts as fresh, market time."""
    detailed_answers: bool | UnsetType | None = UNSET
    """Whether analyses for the bot core's clients tell scores, levels and risk beside the opinion."""
    answer_indicators: bool | UnsetType | None = UNSET
    """Whether they tell the features of the newest candle."""
    predictors: Annotated[dict[Name, PredictorChange | None], Meta(max_length=_MOST_PREDICTORS)] | UnsetType = UNSET
    """By name, wherever they vote; null: as the file says."""

    def given(self) -> dict[str, Any]:
        """Return what is to be changed: name -> value.

        Raises:
            InvalidInputError: If that is nothing.
        """
        found = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not UNSET}
        found.pop("version", None)
        if not found:
            names = [name for name in self.__struct_fields__ if name != "version"]
            raise InvalidInputError(f"expected one or more of {', '.join(names)}")
        if isinstance(self.predictors, dict):
            found["predictors"] = {name: _given(change) for name, change in self.predictors.items()}
        return found


@routes.register("GET /api/v1/settings")
class GetSettings(Route[NoQuery]):
    """Tell how signals are made: as the file says, what was set while running, and what is in force."""

    reply: ClassVar[type[Struct]] = SettingsBody
    tag = "operations"
    problems = (NotReadyError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(await _told(self.context, _settings(self.context)))


@routes.register("PATCH /api/v1/settings")
class PatchSettings(Route[NoQuery]):
    """Change how signals are made, from the next bar on and over restarts; every change stands in the audit log."""

    body = SettingsChange
    reply: ClassVar[type[Struct]] = SettingsBody
    tag = "operations"
    problems = (ConflictError, UnprovenError, NotReadyError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        settings, change = _settings(self.context), body_of(call, SettingsChange)
        await settings.change(
            change.given(),
            actor=person_of(call).user_id,
            version=None if change.version is UNSET else change.version,
            trace_id=str(structlog.contextvars.get_contextvars().get("trace_id", "")),
        )
        return json_answer(await _told(self.context, settings))


def _settings(context: Context) -> RunningSettings:
    if context.settings is None:
        raise NotReadyError("this node has no settings that can be changed")
    return context.settings


def _given(change: PredictorChange | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not UNSET}


async def _told(context: Context, settings: RunningSettings) -> SettingsBody:
    state, shadow = settings.state(), await settings.shadow()
    every = tuple(sorted(context.bars.instruments()))
    return SettingsBody(
        version=state.version,
        changed_at=state.changed_ms,
        changed_by=state.changed_by,
        changeable=state.is_changeable,
        set=state.set,
        streams=tuple(
            StreamBody(
                instruments=now.instruments or every, interval=now.interval, file=_values(file), now=_values(now)
            )
            for file, now in zip(state.file, state.now, strict=True)
        ),
        services=tuple(
            ServiceBody(
                name=name,
                file=_service(file),
                now=_service(now),
            )
            for name, file in state.file_services.items()
            for now in (state.services[name],)
        ),
        answers=AnswersBody(file=state.file_answers, now=state.answers),
        shadow=tuple(
            ShadowBody(name=one.name, scored=one.scored, needed=one.needed, proven=one.is_proven, held=one.is_held)
            for one in shadow
        ),
    )


def _service(service: AiService) -> ServiceValues:
    return ServiceValues(
        analysis_interval_s=service.ask_every_s, signal_timeout_s=service.timeout_s, cache_s=service.fresh_s
    )


def _values(section: SignalConfig) -> StreamValues:
    return StreamValues(
        enabled=section.enabled,
        use_signals=section.use_signals,
        long_above=section.long_above,
        short_below=section.short_below,
        confidence=section.confidence,
        trade_confidence=section.trade_confidence,
        quorum=section.quorum,
        predictors=tuple(
            VoterBody(name=one.name, enabled=one.enabled, weight=one.weight or 0.0) for one in section.predictors
        ),
    )
