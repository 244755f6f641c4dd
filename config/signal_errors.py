"""What models and their files are refused with."""

from config.errors import NodeError


class ModelError(NodeError):
    """A model that is not there, or whose files cannot be trusted; the message names the reason."""

    code = "model_unavailable"
    status = 503


class UnprovenError(NodeError):
    """A weight for a source too few of whose outcomes are scored; the message says how many are still needed."""

    code = "insufficient_data"
    status = 409


class TooFewCandlesError(NodeError):
    """Candles that are too few to say anything of."""

    code = "insufficient_data"
    status = 400
