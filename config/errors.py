"""Every error the product tells somebody about, each with one stable code."""

from typing import ClassVar, Literal, get_args

ErrorCode = Literal[
    "bad_request",
    "validation",
    "unauthorized",
    "auth_timeout",
    "token_expired",
    "forbidden",
    "bad_origin",
    "not_found",
    "unknown_instrument",
    "unknown_channel",
    "unsupported_interval",
    "unknown_op",
    "method_not_allowed",
    "conflict",
    "idempotency_conflict",
    "too_large",
    "unsupported_media_type",
    "rate_limited",
    "channel_limit",
    "connection_limit",
    "no_capacity",
    "order_denied",
    "order_rejected",
    "order_unknown",
    "insufficient_margin",
    "trading_halted",
    "venue_unavailable",
    "credentials_rejected",
    "model_unavailable",
    "insufficient_data",
    "job_failed",
    "store_unavailable",
    "degraded",
    "shutdown",
    "internal",
    "jwks_unavailable",
    "session_revoked",
]
"""The closed list shared by REST, WebSocket, OpenAPI and `docs/errors.md`."""

ERROR_CODES: tuple[str, ...] = get_args(ErrorCode)


class NodeError(Exception):
    """Base of all errors with a code; the message says what was expected and what was found."""

    code: ClassVar[ErrorCode] = "internal"
    status: ClassVar[int] = 500
    """HTTP status of a REST answer."""
    is_retryable: ClassVar[bool] = False
    """Whether the same request may succeed later without a change."""

    def __init__(self, message: str, *, path: str | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.path = path
        """Where in the input the fault is, for example `$.limit`; None when it is the whole."""
        self.retry_after_s = retry_after_s
        """Seconds after which a retry makes sense; None when nobody knows."""


class ConfigError(NodeError):
    """A configuration that cannot be used: the start ends with one line and exit code 2."""

    code = "validation"
    status = 422


class UnknownPluginError(ConfigError):
    """A plug-in name that is not registered."""


class MarketDataError(ConfigError):
    """A recorded file that cannot be trusted; the message names file, row and reason."""


class BacktestError(NodeError):
    """A backtest whose actor or strategy failed: it has no result."""

    code = "job_failed"


class BadRequestError(NodeError):
    """Input that cannot be parsed at all."""

    code = "bad_request"
    status = 400


class InvalidInputError(NodeError):
    """Well-formed input that breaks a rule."""

    code = "validation"
    status = 422


class UnauthorizedError(NodeError):
    """No token, or one that opens nothing."""

    code: ClassVar[ErrorCode] = "unauthorized"
    status = 401


class ForbiddenError(NodeError):
    """The caller is known and may not do this."""

    code = "forbidden"
    status = 403


class BadOriginError(NodeError):
    """A browser page of another site, or a Host header that is not ours."""

    code = "bad_origin"
    status = 403


class NotFoundError(NodeError):
    """Nothing there, or somebody else's: the two are the same to the caller."""

    code = "not_found"
    status = 404


class UnknownInstrumentError(NodeError):
    """An instrument id that no venue of this node has."""

    code = "unknown_instrument"
    status = 404


class UnknownChannelError(NodeError):
    """A WebSocket channel name that does not exist for this caller."""

    code = "unknown_channel"
    status = 404


class UnsupportedIntervalError(NodeError):
    """A bar interval that does not exist or that the source cannot give."""

    code = "unsupported_interval"
    status = 422


class UnknownOpError(NodeError):
    """A WebSocket operation that does not exist."""

    code = "unknown_op"
    status = 400


class MethodNotAllowedError(NodeError):
    """The path exists, the verb does not."""

    code = "method_not_allowed"
    status = 405


class ConflictError(NodeError):
    """The thing is not in a state that allows it."""

    code = "conflict"
    status = 409


class TooLargeError(NodeError):
    """A body, header or message above its limit."""

    code = "too_large"
    status = 413


class UnsupportedMediaTypeError(NodeError):
    """A body that is not JSON."""

    code = "unsupported_media_type"
    status = 415


class RangeError(BadRequestError):
    """A `Range` of bytes that a file does not have, or that cannot be read."""

    status = 416

    def __init__(self, message: str, *, size: int = 0) -> None:
        super().__init__(message)
        self.size = size
        """Bytes of the file."""


class RateLimitedError(NodeError):
    """More requests than the caller's budget."""

    code = "rate_limited"
    status = 429
    is_retryable = True


class ChannelLimitError(NodeError):
    """More channels on one connection than allowed."""

    code = "channel_limit"
    status = 422


class ConnectionLimitError(NodeError):
    """More connections than the node or the user may hold."""

    code = "connection_limit"
    status = 503
    is_retryable = True


class NoCapacityError(NodeError):
    """The node does as much of this as it may; something else must end first."""

    code = "no_capacity"
    status = 503
    is_retryable = True


class VenueUnavailableError(NodeError):
    """The data source did not answer in time or is not connected."""

    code = "venue_unavailable"
    status = 503
    is_retryable = True


class NotReadyError(NodeError):
    """The node is alive and not ready yet, or not any more; the message says what is missing."""

    code = "degraded"
    status = 503
    is_retryable = True


class ShutdownError(NodeError):
    """The node is stopping."""

    code = "shutdown"
    status = 503
    is_retryable = True


class IdempotencyConflictError(NodeError):
    """The same id was used for another request."""

    code = "idempotency_conflict"
    status = 409


class OrderDeniedError(NodeError):
    """A limit of ours forbids an order; the message names rule, limit and value."""

    code: ClassVar[ErrorCode] = "order_denied"
    status = 422

    def __init__(
        self, message: str, *, rule: str = "", limit: str = "", value: str = "", path: str | None = None
    ) -> None:
        super().__init__(message, path=path)
        self.rule = rule
        """Name of the limit, for example `max_order_notional`."""
        self.limit = limit
        self.value = value


class InsufficientMarginError(OrderDeniedError):
    """The account cannot carry an order."""

    code = "insufficient_margin"


class TradingHaltedError(NodeError):
    """The trading state of the trader or of the node forbids it."""

    code = "trading_halted"
    status = 409


class OrderRejectedError(NodeError):
    """The venue refused an order."""

    code = "order_rejected"
    status = 422


class OrderUnknownError(NodeError):
    """No such order of this user's; somebody else's is the same."""

    code = "order_unknown"
    status = 404


class StoreUnavailableError(NodeError):
    """The journal cannot be written, so nothing that must be durable is begun."""

    code = "store_unavailable"
    status = 503
    is_retryable = True
