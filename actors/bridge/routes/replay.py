"""`/api/v1/replay`: where the player of the market is, its speed, pause, steps and jumps."""

from typing import Annotated, Any, ClassVar, Literal, override

import structlog
from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.rest.query import LAST_MS
from actors.bridge.rest.route import Answer, Call, NoQuery, Route, body_of, json_answer, routes
from actors.ports import Replay, ReplayPlay
from actors.wire import Millis
from config.errors import (
    ConflictError,
    InvalidInputError,
    UnknownInstrumentError,
    UnsupportedIntervalError,
    VenueUnavailableError,
)
from config.fields import IntervalName, Speed

MOST_STEPS = 10_000
_MS = 1_000_000
_ONE_BAR = 1

Steps = Annotated[int, Meta(ge=1, le=MOST_STEPS)]
JumpTime = Annotated[int, Meta(ge=0, le=LAST_MS, description="market time, UNIX milliseconds")]
ActionName = Literal["pause", "play", "step", "jump", "restart"]

_FIELDS: dict[ActionName, frozenset[str]] = {
    "pause": frozenset(),
    "play": frozenset(),
    "step": frozenset({"bars", "events", "interval", "instrument_id"}),
    "jump": frozenset({"to", "reset"}),
    "restart": frozenset({"reset"}),
}
"""What an action takes beside its name."""

log = structlog.get_logger(__name__)


class ReplayBody(Struct, frozen=True, kw_only=True):
    """Where the player of the market is."""

    replay: bool
    """False for a simulated market: it can be paused and played faster, and never jumps."""
    state: ReplayPlay
    speed: float
    """Market seconds per wall second; 0 is as fast as it goes."""
    position: Millis
    """Market time: everything before has been played."""
    begin: Millis | None
    """The earliest time to jump to; null when it cannot jump."""
    end: Millis | None
    """Time of the last event; null when there is none."""
    at_end: Literal["hold", "loop", "exit"] | None
    """What the end of the recording means; null when there is none."""
    loops: int
    """How often the recording has begun again by itself."""


class ReplayChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; the rest stays."""

    speed: Speed | UnsetType = UNSET
    """Market seconds per wall second; 0 is as fast as it goes."""
    paused: bool | UnsetType = UNSET


class ReplayAction(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do: `pause`, `play`, `step` (bars or events), `jump` (to) or `restart`."""

    action: ActionName
    bars: Steps | UnsetType = UNSET
    """Of `step`: play until so many bars more have closed; 1 when neither bars nor events are given."""
    interval: IntervalName | UnsetType = UNSET
    """Of these bars; by default the shortest recorded one, for trades one minute."""
    instrument_id: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    """Whose bars count; by default those of any, and bars that close together count as one."""
    events: Steps | UnsetType = UNSET
    """Of `step`: play so many events."""
    to: JumpTime | UnsetType = UNSET
    """Of `jump`: what is before this time is history then, the rest will be played."""
    reset: bool | UnsetType = UNSET
    """Of `jump` and `restart`: throw open orders and positions away; without any it changes nothing."""


@routes.register("GET /api/v1/replay")
class GetReplay(Route[NoQuery]):
    """Tell where the player of the market is; channel `status` tells when that changes."""

    reply: ClassVar[type[Struct]] = ReplayBody
    tag = "replay"

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return json_answer(replay_body(self.context.replay))


@routes.register("PATCH /api/v1/replay")
class ChangeReplay(Route[NoQuery]):
    """Change the speed, pause or go on; the same again changes nothing."""

    body = ReplayChange
    reply: ClassVar[type[Struct]] = ReplayBody
    tag = "replay"

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        change, replay = body_of(call, ReplayChange), self.context.replay
        if change.speed is UNSET and change.paused is UNSET:
            raise InvalidInputError("expected `speed`, `paused` or both")
        if change.speed is not UNSET:
            replay.set_speed(change.speed)
        if change.paused is not UNSET:
            (replay.pause if change.paused else replay.play)()
        _note(call, "change", change)
        return json_answer(replay_body(replay))


@routes.register("POST /api/v1/replay")
class ControlReplay(Route[NoQuery]):
    """Pause, play, step, jump or begin again.

    A step plays as fast as it goes and pauses after its last bar or event; the answer comes then. A jump gives every
    channel a new epoch and snapshot; windows and signals are as if the market had been started there.
    """

    body = ReplayAction
    reply: ClassVar[type[Struct]] = ReplayBody
    tag = "replay"
    problems = (ConflictError, UnknownInstrumentError, UnsupportedIntervalError, VenueUnavailableError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        asked, replay = body_of(call, ReplayAction), self.context.replay
        _check(asked)
        _note(call, asked.action, asked)
        match asked.action:
            case "pause":
                replay.pause()
            case "play":
                replay.play()
            case "step":
                await _step(replay, asked)
            case "jump":
                await replay.jump((asked.to or 0) * _MS, reset=bool(asked.reset))
            case "restart":
                await replay.restart(reset=bool(asked.reset))
        return json_answer(replay_body(replay))


def replay_body(replay: Replay) -> ReplayBody:
    """Return what REST tells of the player."""
    state = replay.state()
    return ReplayBody(
        replay=state.is_replay,
        state=state.state,
        speed=state.speed,
        position=state.position // _MS,
        begin=None if state.begin is None else state.begin // _MS,
        end=None if state.end is None else state.end // _MS,
        at_end=state.at_end,
        loops=state.loops,
    )


async def _step(replay: Replay, asked: ReplayAction) -> None:
    if asked.events is not UNSET:
        await replay.step_events(asked.events)
        return
    bars = _ONE_BAR if asked.bars is UNSET else asked.bars
    await replay.step_bars(bars, interval=asked.interval or None, instrument_id=asked.instrument_id or None)


def _check(asked: ReplayAction) -> None:
    """Refuse what does not belong together.

    Raises:
        InvalidInputError: If a field is missing, belongs to another action, or says what another one says.
    """
    allowed = _FIELDS[asked.action]
    for name in ReplayAction.__struct_fields__[1:]:
        if getattr(asked, name) is not UNSET and name not in allowed:
            raise InvalidInputError(f"{name} does not belong to {asked.action}", path=f"$.{name}")
    if asked.action == "jump" and asked.to is UNSET:
        raise InvalidInputError("to is required for jump", path="$.to")
    if asked.events is not UNSET:
        for name in ("bars", "interval", "instrument_id"):
            if getattr(asked, name) is not UNSET:
                raise InvalidInputError(f"expected events or {name}, found both", path=f"$.{name}")


def _note(call: Call, action: str, asked: Struct) -> None:
    given: dict[str, Any] = {
        name: value for name in asked.__struct_fields__ if (value := getattr(asked, name)) is not UNSET
    }
    given.pop("action", None)
    user_id = "" if call.principal is None else call.principal.user_id
    log.info("replay_controlled", action=action, user_id=user_id, **given)
