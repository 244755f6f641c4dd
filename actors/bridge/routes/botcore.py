"""The paths of the bot core's clients; they live with their dialect."""

from actors.bridge.dialects.botcore import (
    account,
    ai,
    ai_advice,
    ai_quality,
    identity,
    market,
    model_answers,
    model_service,
    positions,
    sessions,
    trades,
    trading_config,
    train,
)

__all__ = [
    "account",
    "ai",
    "ai_advice",
    "ai_quality",
    "identity",
    "market",
    "model_answers",
    "model_service",
    "positions",
    "sessions",
    "trades",
    "trading_config",
    "train",
]
