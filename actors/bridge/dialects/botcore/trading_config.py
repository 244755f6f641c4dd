"""`/api/config/trading`: the settings of signals in the bot core's words; the same as `/api/v1/settings` changes."""

from typing import Annotated, Any, ClassVar, Literal, override

import structlog
from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.dialects.botcore.answers import BotcoreRoute
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, person_of, routes
from actors.ports import RunningSettings, SettingsState
from config.ai import AiService
from config.errors import ConflictError, InvalidInputError, NotReadyError, StoreUnavailableError
from config.fields import Share
from config.settings import AskEvery, Fresh, Timeout, set_for
from config.signals import SignalConfig

_NOWHERE = AiService(url="http://127.0.0.1")
"""Its defaults are told where no AI service is configured."""
_OURS = {
    "enabled": "enabled",
    "use_ai_signals": "use_signals",
    "analysis_interval_s": "analysis_interval_s",
    "long_threshold": "long_above",
    "short_threshold": "short_below",
    "confidence_threshold": "confidence",
    "trade_confidence": "trade_confidence",
    "signal_timeout_s": "signal_timeout_s",
    "cache_s": "cache_s",
    "include_indicators": "answer_indicators",
}
"""Their names of settings and ours; `format` has other values too."""


class BotSettings(Struct, frozen=True, kw_only=True):
    """How signals are made and told; of several streams or AI services the first one's."""

    enabled: bool
    """Whether signals are computed."""
    use_ai_signals: bool
    """Whether strategies act on them."""
    analysis_interval_s: float
    """AI services are asked about a stream at most so often; 0: about every bar."""
    long_threshold: float
    """Long when the probability of a rise is above."""
    short_threshold: float
    confidence_threshold: float
    """0..1; a signal below is neutral."""
    trade_confidence: float
    """Strategies that name no confidence of their own act above."""
    signal_timeout_s: float
    """How long an AI service may take."""
    cache_s: float
    """How long its answer counts as fresh."""
    format: Literal["simple", "detailed"]
    """Whether `/ai/analyze` tells scores, levels and risk beside the opinion."""
    include_indicators: bool
    """Whether analyses tell the features of the newest candle."""
    version: int
    """Grows with each change."""


class BotSettingsChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change, for every stream and AI service; what is left out, or is as it was told, stays."""

    enabled: bool | UnsetType = UNSET
    use_ai_signals: bool | UnsetType = UNSET
    analysis_interval_s: AskEvery | UnsetType = UNSET
    long_threshold: Share | UnsetType = UNSET
    short_threshold: Share | UnsetType = UNSET
    confidence_threshold: Share | UnsetType = UNSET
    trade_confidence: Share | UnsetType = UNSET
    signal_timeout_s: Timeout | UnsetType = UNSET
    cache_s: Fresh | UnsetType = UNSET
    format: Literal["simple", "detailed"] | UnsetType = UNSET
    include_indicators: bool | UnsetType = UNSET
    version: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    """The version that you have seen: with another one the change is refused; without it the last wins."""

    def beside(self, told: BotSettings) -> dict[str, Any]:
        """Return what is to be changed, in our words: what differs from what is told.

        Raises:
            InvalidInputError: If nothing is named.
        """
        names = [name for name in self.__struct_fields__ if name != "version"]
        given = {name: value for name in names if (value := getattr(self, name)) is not UNSET}
        if not given:
            raise InvalidInputError(f"expected one or more of {', '.join(names)}")
        new = {name: value for name, value in given.items() if value != getattr(told, name)}
        found = {_OURS[name]: value for name, value in new.items() if name in _OURS}
        return found | ({"detailed_answers": new["format"] == "detailed"} if "format" in new else {})


class _Settings(BotcoreRoute[NoQuery]):
    """Asks the node's settings."""

    reply: ClassVar[type[Struct]] = BotSettings

    def settings(self) -> RunningSettings:
        """Return them.

        Raises:
            NotReadyError: If there are none.
        """
        if self.context.settings is None:
            raise NotReadyError("this node has no settings that can be changed")
        return self.context.settings


@routes.register("GET /api/config/trading")
class GetTradingConfig(_Settings):
    """Tell how signals are made and told."""

    problems = (NotReadyError,)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(_told(self.settings().state()))


@routes.register("PUT /api/config/trading")
class PutTradingConfig(_Settings):
    """Change how signals are made and told, from the next bar on and over restarts; it stands in the audit log."""

    body = BotSettingsChange
    problems = (ConflictError, InvalidInputError, NotReadyError, StoreUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        settings, change = self.settings(), body_of(call, BotSettingsChange)
        state = settings.state()
        made = await settings.change(
            change.beside(_told(state)),
            actor=person_of(call).user_id,
            version=None if change.version is UNSET else change.version,
            trace_id=str(structlog.contextvars.get_contextvars().get("trace_id", "")),
        )
        return json_answer(_told(made))


def _told(state: SettingsState) -> BotSettings:
    section = next(iter(state.now), SignalConfig())
    service = next(iter(state.services.values()), set_for(_NOWHERE, state.set))
    return BotSettings(
        enabled=section.enabled,
        use_ai_signals=section.use_signals,
        analysis_interval_s=service.ask_every_s,
        long_threshold=section.long_above,
        short_threshold=section.short_below,
        confidence_threshold=section.confidence,
        trade_confidence=section.trade_confidence,
        signal_timeout_s=service.timeout_s,
        cache_s=service.fresh_s,
        format="detailed" if state.answers.detailed else "simple",
        include_indicators=state.answers.indicators,
        version=state.version,
    )
