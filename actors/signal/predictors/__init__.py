"""One predictor per file."""
