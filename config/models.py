"""Section of the configuration about trained models."""

from typing import Annotated

from msgspec import Meta

from config.auth import Variable
from config.fields import Config


class ModelsSection(Config, frozen=True, kw_only=True):
    """Trained models: where they are kept, and how many."""

    folder: str | None = None
    """None: `models` under the state folder. A backtest that is to repeat a node's signals names the node's."""
    keep: Annotated[int, Meta(ge=1, le=1_000)] = 3
    """Of each instrument, interval and kind, beside the promoted one: so many promoted before, so many never."""
    key_env: Variable | None = None
    """Variable with a key that seals models, for a folder that others can write; None: none are sealed."""
