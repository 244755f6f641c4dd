"""The registered strategies: one file each in this folder, and the entry points of third parties."""

from config.registry import Registry
from strategies.base import TraderStrategy

strategies: Registry[TraderStrategy] = Registry("strategy", "strategies", "whisperer.strategies")
"""Name -> class. A registered class takes `(config: StrategyConfig, params: its params_type)`."""
