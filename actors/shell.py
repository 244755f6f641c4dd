"""What the shells of all components share: they are actors of the engine that carry parts of ours."""

from collections.abc import Callable
from typing import Any, Self

from nautilus_trader.common import DataActor, DataActorConfig


class Shell(DataActor):
    """Base of our actors."""

    def __new__(cls, config: DataActorConfig, *_args: Any, **_kwargs: Any) -> Self:  # noqa: ANN401  # of each its own
        """Hand the engine its own part of the arguments."""
        return super().__new__(cls, config)  # type: ignore[call-arg]  # the stub tells of `__init__` alone

    def hear(self, topic: str, handler: Callable[[Any], None], of: str = "*") -> None:
        """Have `handler` called with the messages on `topic` of one bar type or instrument; by default of all."""
        self.subscribe_topic(f"{topic}.{of}", handler)
