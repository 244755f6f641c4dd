"""Which signal a strategy is handling: what it submits meanwhile, it submits because of it."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from actors.messages import SIGNALS_TOPIC, Signal

Handler = Callable[[Any], None]


def hears_signals(topic: str) -> bool:
    """Return whether signals may come on a topic, which may be a pattern."""
    return fnmatchcase(SIGNALS_TOPIC, topic.partition(".")[0])


def noting_signal(owner: Any, handler: Handler) -> Handler:  # noqa: ANN401  # a strategy, seen from outside
    """Return a handler of signals that notes with its `owner` which one is being handled."""

    def call(message: Any) -> None:  # noqa: ANN401  # whatever is on the bus
        if not isinstance(message, Signal):
            handler(message)
            return
        before, owner._acting_on = owner._acting_on, message  # noqa: SLF001  # the two files are one mechanism
        try:
            handler(message)
        finally:
            owner._acting_on = before  # noqa: SLF001  # as above

    return call
