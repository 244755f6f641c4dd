"""Settings that are changed while the node runs."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from config.ai import AiService
from config.settings import AnswerForm, ChosenSettings
from config.signals import SignalConfig


class SettingsState(Struct, frozen=True, kw_only=True):
    """What is set, and what comes of it."""

    version: int
    """0 until something was changed; grows with each change, over restarts too."""
    changed_ms: int | None
    """When the last change was made, wall time."""
    changed_by: str | None
    """Id of who made it."""
    is_changeable: bool
    """False on a node without a journal, where no change could be kept."""
    set: ChosenSettings
    """What was set while running; None: as the file says."""
    file: Sequence[SignalConfig]
    """Signal streams as the configuration file has them, each weight filled in."""
    now: Sequence[SignalConfig]
    """The same with what was set, in force from the next bar on."""
    file_services: Mapping[str, AiService]
    services: Mapping[str, AiService]
    file_answers: AnswerForm
    answers: AnswerForm
    """In force from the next answer on."""


class ShadowSource(Struct, frozen=True, kw_only=True):
    """A source that starts in the shadow: its weight is 0 until enough of its outcomes are scored."""

    name: str
    scored: int | None
    """Live outcomes of its calls of a direction, at most `needed`; None: nobody can say at the moment."""
    needed: int
    is_proven: bool
    """Whether there were enough once: it may have a weight from then on."""
    is_held: bool
    """Whether a weight above 0 is held at 0 in some stream."""


class RunningSettings(Protocol):
    """Settings over those of the configuration file."""

    def state(self) -> SettingsState:
        """Return them as they are."""

    async def change(
        self, changes: Mapping[str, Any], *, actor: str, version: int | None = None, trace_id: str = ""
    ) -> SettingsState:
        """Change some, kept and audited before they come into force.

        Args:
            changes: Name -> value, None: as the file says; of `predictors` name -> changes likewise.
            actor: Id of who wants it.
            version: The one that the change is made for; None: whatever it is now.
            trace_id: Of the request.

        Raises:
            UnprovenError: If a source would get a weight before enough of its outcomes are scored.
            InvalidInputError: If they do not fit each other or the streams; then nothing is changed.
            ConflictError: If `version` is not the present one.
            NotReadyError: If this node keeps no journal.
            StoreUnavailableError: If it cannot be written; then nothing is changed.
        """

    async def shadow(self) -> Sequence[ShadowSource]:
        """Return the sources that start in the shadow and are not trusted, and how far each is."""
