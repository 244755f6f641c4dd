"""What models and their files are refused with."""

from config.errors import NodeError


class ModelError(NodeError):
    """A model that is not there, or whose files cannot be trusted; the message names the reason."""

    code = "model_unavailable"
    status = 503


class TooFewCandlesError(NodeError):
    """Candles that are too few to say anything of."""

    code = "insufficient_data"
    status = 400
