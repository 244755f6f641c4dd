"""The paths of the bot core's clients; they live with their dialect."""

from actors.bridge.dialects.botcore import account, identity, market, positions, sessions, trades

__all__ = ["account", "identity", "market", "positions", "sessions", "trades"]
