"""No predictors of ours: a registry over this package holds other people's alone."""
