"""The paths of the order predictor's clients; they live with their dialect."""

from actors.bridge.dialects.magic8 import market, predictions

__all__ = ["market", "predictions"]
