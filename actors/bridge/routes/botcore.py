"""The paths of the bot core's clients; they live with their dialect."""

from actors.bridge.dialects.botcore import account, market, positions, trades

__all__ = ["account", "market", "positions", "trades"]
