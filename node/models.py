"""The trained models that a configuration names."""

import os
from pathlib import Path

from actors.signal.models.registry import ModelRegistry
from config.schema import NodeConfig


def models_folder(config: NodeConfig) -> Path:
    """Return the folder of trained models; a relative one starts from where the command runs, as `state_dir` does."""
    folder = config.models.folder
    return Path(config.node.state_dir) / "models" if folder is None else Path(folder)


def open_models(config: NodeConfig) -> ModelRegistry:
    """Return the trained models; their folder need not exist."""
    variable = config.models.key_env
    key = None if variable is None else os.environ.get(variable, "").encode()
    return ModelRegistry(models_folder(config), key)
