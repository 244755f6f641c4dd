"""Counters of the answers that were there when a bar closed, and of those that were not."""

from prometheus_client import Counter

_answers = Counter(
    "whisperer_ai_answers", "Bars closed, by what was known of an AI service's opinion", ["service", "use"]
)


class Uses:
    """Those of one service."""

    def __init__(self, service: str) -> None:
        self.fresh = _answers.labels(service, "fresh")
        self.stale = _answers.labels(service, "stale")
        self.none = _answers.labels(service, "none")
