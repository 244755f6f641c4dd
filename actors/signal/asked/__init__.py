"""Opinions on candles that a caller sends: the same features, predictors and aggregator as on the node's own bars."""
