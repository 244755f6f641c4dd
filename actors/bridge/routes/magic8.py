"""The paths of the order predictor's clients; they live with their dialect."""

from actors.bridge.dialects.magic8 import confidence, market, predictions

__all__ = ["confidence", "market", "predictions"]
