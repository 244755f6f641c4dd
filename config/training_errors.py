"""How a training ends that gives no model, and what is said of too little data."""

from config.errors import NodeError


class TrainingError(NodeError):
    """A training that failed, was cancelled or took too long; the message says which."""

    code = "job_failed"
    status = 500

    def __init__(self, message: str, *, is_input: bool = False, is_cancelled: bool = False) -> None:
        """Keep the message, and whether what was asked cannot be done, or nobody wanted it any more."""
        super().__init__(message)
        self.is_input = is_input
        self.is_cancelled = is_cancelled


class InsufficientDataError(NodeError):
    """Too few bars for the answer; the message says how many are needed."""

    code = "insufficient_data"
    status = 422
