"""What an admin may change of signals while the node runs, over what its configuration file says."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, field
from msgspec.structs import replace

from config.ai import AiService
from config.errors import InvalidInputError
from config.fields import Config, Name, Share, Weight
from config.signals import PredictorConfig, SignalConfig

AskEvery = Annotated[float, Meta(ge=0.0, le=86_400.0)]
Timeout = Annotated[float, Meta(gt=0.0, le=300.0)]
Fresh = Annotated[float, Meta(gt=0.0, le=86_400.0)]


class PredictorSetting(Config, frozen=True, kw_only=True):
    """One predictor, wherever it votes; null: as the file says."""

    enabled: bool | None = None
    weight: Weight | None = None


class ChosenSettings(Config, frozen=True, kw_only=True):
    """What was set while running, for every signal stream; null: as the file says, which may differ by stream."""

    enabled: bool | None = None
    """Whether signals are computed."""
    use_signals: bool | None = None
    """Whether strategies act on signals."""
    long_above: Share | None = None
    short_below: Share | None = None
    confidence: Share | None = None
    """A signal below is neutral."""
    trade_confidence: Share | None = None
    """Strategies that name no confidence of their own act only above this."""
    quorum: Share | None = None
    """Share of the total weight that must have voted."""
    analysis_interval_s: AskEvery | None = None
    """How often AI services are asked about a stream at most, seconds of market time; 0: about every bar."""
    signal_timeout_s: Timeout | None = None
    """How long an AI service may take for an answer."""
    cache_s: Fresh | None = None
    """How long an answer of an AI service counts as fresh, market seconds; `stale_s` is at least as long then."""
    detailed_answers: bool | None = None
    """Whether analyses for the bot core's clients tell scores, levels and risk beside the opinion."""
    answer_indicators: bool | None = None
    """Whether they tell the features of the newest candle."""
    predictors: dict[Name, PredictorSetting] = field(default_factory=dict)


class AnswerForm(Config, frozen=True, kw_only=True):
    """What analyses for the bot core's clients hold beside the opinion."""

    detailed: bool
    """Scores, levels and risk."""
    indicators: bool
    """The features of the newest candle."""


PLAIN = tuple(name for name in ChosenSettings.__struct_fields__ if name != "predictors")
OF_STREAMS = tuple(name for name in PLAIN if name in SignalConfig.__struct_fields__)


def set_in(section: SignalConfig, settings: ChosenSettings) -> SignalConfig:
    """Return a stream's section with what was set while running."""
    given = {name: value for name in OF_STREAMS if (value := getattr(settings, name)) is not None}
    voters = tuple(_voter(one, settings.predictors.get(one.name)) for one in section.predictors)
    return replace(section, predictors=voters, **given)


def set_for(service: AiService, settings: ChosenSettings) -> AiService:
    """Return an AI service's section with what was set while running."""
    every, timeout = settings.analysis_interval_s, settings.signal_timeout_s
    fresh = service.fresh_s if settings.cache_s is None else settings.cache_s
    return replace(
        service,
        ask_every_s=service.ask_every_s if every is None else every,
        timeout_s=service.timeout_s if timeout is None else timeout,
        fresh_s=fresh,
        stale_s=max(service.stale_s, fresh) if settings.cache_s is not None else service.stale_s,
    )


def set_of(form: AnswerForm, settings: ChosenSettings) -> AnswerForm:
    """Return the form of answers with what was set while running."""
    detailed, indicators = settings.detailed_answers, settings.answer_indicators
    return AnswerForm(
        detailed=form.detailed if detailed is None else detailed,
        indicators=form.indicators if indicators is None else indicators,
    )


def changed(before: ChosenSettings, changes: Mapping[str, Any]) -> ChosenSettings:
    """Return settings with some of them changed.

    Args:
        before: What is set now.
        changes: Name -> value, None: as the file says; of `predictors` name -> what to change of it likewise.
    """
    given = dict(changes)
    predictors = dict(before.predictors)
    for name, change in (given.pop("predictors", None) or {}).items():
        made = PredictorSetting() if change is None else replace(predictors.get(name, PredictorSetting()), **change)
        predictors.pop(name, None)
        if made != PredictorSetting():
            predictors[name] = made
    return replace(before, predictors=predictors, **given)


def differences(before: ChosenSettings, after: ChosenSettings) -> dict[str, dict[str, object]]:
    """Return what differs: name -> `old` and `new`; null: as the file says."""
    old, new = _flat(before), _flat(after)
    return {
        name: {"old": old.get(name), "new": new.get(name)}
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    }


def check_settings(settings: ChosenSettings, sections: Sequence[SignalConfig]) -> None:
    """Compare settings with the streams that they are for.

    Raises:
        InvalidInputError: If a predictor votes nowhere, or the thresholds of a stream would cross.
    """
    known = {one.name for section in sections for one in section.predictors}
    if unknown := sorted(settings.predictors.keys() - known):
        raise InvalidInputError(
            f"predictors: no stream has {unknown[0]!r}, known: {', '.join(sorted(known)) or 'none'}"
        )
    for section in sections:
        made = set_in(section, settings)
        if made.short_below > made.long_above:
            raise InvalidInputError(
                f"short_below: expected at most long_above ({made.long_above}) on {section.interval} bars, "
                f"was {made.short_below}"
            )


def _voter(config: PredictorConfig, setting: PredictorSetting | None) -> PredictorConfig:
    if setting is None:
        return config
    return replace(
        config,
        enabled=config.enabled if setting.enabled is None else setting.enabled,
        weight=config.weight if setting.weight is None else setting.weight,
    )


def _flat(settings: ChosenSettings) -> dict[str, object]:
    flat: dict[str, object] = {name: getattr(settings, name) for name in PLAIN}
    for name, one in settings.predictors.items():
        flat[f"predictors.{name}.enabled"] = one.enabled
        flat[f"predictors.{name}.weight"] = one.weight
    return flat
