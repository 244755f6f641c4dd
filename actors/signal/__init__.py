"""AI signals: features, predictors, aggregation."""
