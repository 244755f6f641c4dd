"""What became of predictions: judged by the market, counted, compared."""
