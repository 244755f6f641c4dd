"""Settings changed while running: kept in the journal, in force from the next bar on."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from actors.ports import AuditRow, JournalRow, NodeRow, SettingsState
from actors.ports.jobs import NODE
from actors.ports.running_settings import ShadowSource
from actors.signal.predictor import make_predictor
from actors.store.journal import SqliteJournal
from config.ai import AiService
from config.errors import ConflictError, InvalidInputError, NotReadyError, StoreUnavailableError
from config.schema import NodeConfig
from config.settings import AnswerForm, ChosenSettings, changed, check_settings, differences, set_for, set_in, set_of
from config.signals import PredictorConfig, SignalConfig
from node.shadow import NEEDED, Outcomes, Shadow

NAME = "settings"
"""Of the journal's row about the node."""
LOOK_S = 60.0
"""Wall seconds between two looks whether a source has left the shadow."""

log = structlog.get_logger(__name__)


class Kept(Struct, frozen=True, kw_only=True):
    """What stands in the journal."""

    version: int = 0
    changed_ms: int | None = None
    changed_by: str | None = None
    set: ChosenSettings = ChosenSettings()
    proven: frozenset[str] = frozenset()
    """Sources that have left the shadow: enough of their outcomes were scored once."""


class Notebook(Protocol):
    """The part of the journal that is written."""

    async def durable(self, *rows: JournalRow) -> None:
        """Write rows in one transaction and return when they are on the disk."""


class NodeSettings:
    """Implements `ports.RunningSettings`; lives as long as the process."""

    def __init__(
        self,
        sections: Sequence[SignalConfig],
        services: Mapping[str, AiService],
        *,
        journal: Notebook | None = None,
        kept: Kept | None = None,
        answers: AnswerForm = AnswerForm(detailed=True, indicators=False),  # noqa: B008  # frozen
        outcomes: Outcomes | None = None,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """Take what the file says and what was set before.

        Args:
            sections: `[[signals]]`.
            services: `[ai.NAME]`.
            journal: None: nothing can be changed.
            kept: What was set by an earlier process.
            answers: `[dialects.botcore]`.
            outcomes: Counts what sources in the shadow have proven; None: nothing is scored.
            on_change: Told after each change.

        Raises:
            ConfigError: If a predictor does not exist or its parameters are wrong.
        """
        self._file = tuple(_with_weights(section) for section in sections)
        self._file_services = dict(services)
        self._file_answers = answers
        self._shadow = Shadow(self._file, outcomes)
        self._journal = journal
        self._on_change = on_change
        self._lock = asyncio.Lock()
        self._kept = Kept()
        self.sections: tuple[SignalConfig, ...] = self._file
        """`[[signals]]` as they are set now; another tuple of other structs after each change."""
        self.services: dict[str, AiService] = self._file_services
        """`[ai.NAME]` likewise."""
        self._take(kept or Kept())

    def state(self) -> SettingsState:
        """Return what is set, and what comes of it."""
        kept = self._kept
        return SettingsState(
            version=kept.version,
            changed_ms=kept.changed_ms,
            changed_by=kept.changed_by,
            is_changeable=self._journal is not None,
            set=kept.set,
            file=self._file,
            now=self.sections,
            file_services=self._file_services,
            services=self.services,
            file_answers=self._file_answers,
            answers=set_of(self._file_answers, kept.set),
        )

    async def change(
        self, changes: Mapping[str, Any], *, actor: str, version: int | None = None, trace_id: str = ""
    ) -> SettingsState:
        """Change some settings; see the port."""
        if self._journal is None:
            raise NotReadyError("this node keeps no journal, so settings are those of its file")
        async with self._lock:
            before = self._kept
            if version is not None and version != before.version:
                raise ConflictError(f"the settings are of version {before.version} by now, not {version}")
            made = changed(before.set, changes)
            check_settings(made, self._file)
            proven = await self._shadow.proven_by(changes, before.proven)
            difference = differences(before.set, made)
            if difference:
                after = _after(before, actor, made, proven)
                await self._keep(after, "settings.change", {"changes": difference}, trace_id)
                log.info("settings_changed", version=after.version, by=actor, changes=list(difference))
            return self.state()

    async def shadow(self) -> Sequence[ShadowSource]:
        """Return the sources that start in the shadow and are not trusted, and how far each is."""
        return await self._shadow.told(self._waiting(), self._kept.proven)

    async def look(self) -> None:
        """Let the weights count of sources that have proven enough by now.

        Raises:
            StoreUnavailableError: If it cannot be counted or written; it can be tried again.
        """
        for name in self._waiting():
            if not await self._shadow.is_enough(name):
                continue
            async with self._lock:
                if name in self._kept.proven:
                    continue
                after = _after(self._kept, NODE, self._kept.set, self._kept.proven | {name})
                await self._keep(after, "settings.proven", {"source": name, "scored": NEEDED})
                log.info("source_proven", source=name, version=after.version)

    async def watch(self) -> None:
        """Look again and again, until the process ends."""
        for name in self._waiting():
            log.warning("weight_held", source=name, needed=NEEDED, reason="too few outcomes are scored")
        while True:
            with suppress(StoreUnavailableError):
                await self.look()
            await asyncio.sleep(LOOK_S)

    def _waiting(self) -> Sequence[str]:
        return self._shadow.waiting(self._file, self._kept.set, self._kept.proven)

    async def _keep(self, after: Kept, action: str, told: Mapping[str, object], trace_id: str = "") -> None:
        """Write what is set, with who has changed what, and take it."""
        if self._journal is not None:
            detail = msgspec.json.encode({"version": after.version, **told}).decode()
            audit = AuditRow(
                actor=after.changed_by or "", action=action, target="settings", detail=detail, trace_id=trace_id
            )
            await self._journal.durable(NodeRow(name=NAME, value=msgspec.json.encode(after).decode()), audit)
        self._take(after)
        self._on_change()

    def _take(self, kept: Kept) -> None:
        self._kept = kept
        self.sections = tuple(self._shadow.held(set_in(section, kept.set), kept.proven) for section in self._file)
        self.services = {name: set_for(one, kept.set) for name, one in self._file_services.items()}


def open_settings(
    config: NodeConfig,
    journal: SqliteJournal | None,
    *,
    outcomes: Outcomes | None = None,
    on_change: Callable[[], None] = lambda: None,
) -> NodeSettings:
    """Return the settings of a node, with what its journal has kept of them; blocks, for the start.

    Raises:
        ConfigError: If the journal cannot be read.
    """
    text = None if journal is None else journal.load_fact(NAME)
    kept = None if text is None else _read(text, config.signals)
    form = config.dialects.botcore
    return NodeSettings(
        config.signals,
        config.ai,
        journal=journal,
        kept=kept,
        answers=AnswerForm(detailed=form.format == "detailed", indicators=form.indicators),
        outcomes=outcomes,
        on_change=on_change,
    )


def _after(before: Kept, actor: str, settings: ChosenSettings, proven: frozenset[str]) -> Kept:
    now_ms = time.time_ns() // 1_000_000
    return Kept(version=before.version + 1, changed_ms=now_ms, changed_by=actor, set=settings, proven=proven)


def _read(text: str, sections: Sequence[SignalConfig]) -> Kept:
    """Return what was kept; what does not fit the file of today is logged and left out."""
    try:
        kept = msgspec.json.decode(text, type=Kept)
    except msgspec.MsgspecError as e:
        log.warning("settings_not_read", reason=str(e))
        return Kept()
    known = {one.name for section in sections for one in section.predictors}
    gone = sorted(kept.set.predictors.keys() - known)
    if gone:
        log.warning("settings_of_no_predictor", predictors=gone)
    fitting = {name: one for name, one in kept.set.predictors.items() if name in known}
    settings = replace(kept.set, predictors=fitting)
    try:
        check_settings(settings, sections)
    except InvalidInputError as e:
        log.warning("settings_do_not_fit", reason=str(e))
        settings = replace(settings, long_above=None, short_below=None)
    return replace(kept, set=settings)


def _with_weights(section: SignalConfig) -> SignalConfig:
    return replace(section, predictors=tuple(_weighted(one) for one in section.predictors))


def _weighted(config: PredictorConfig) -> PredictorConfig:
    return config if config.weight is not None else replace(config, weight=make_predictor(config).default_weight)
