"""Models made from bars and judged honestly: labels, splits, baselines, leak tests, the report. No framework."""
