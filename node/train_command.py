"""`run_node.py train` as the command line offers it; what it does is in `node/training/`."""

import argparse
from pathlib import Path

_CONFIG = Path(__file__).parents[1] / "config" / "train.toml"


def add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to those of the program."""
    train = commands.add_parser("train", help="make a model of bars or of past orders and judge it honestly")
    train.add_argument("--config", type=Path, default=_CONFIG, metavar="FILE", help="default: config/train.toml")
    train.add_argument("--instrument", metavar="ID", help="default: the first of the configuration")
    train.add_argument("--interval", metavar="NAME", help="of the bars, for example 5m; default: training.interval")
    train.add_argument("--kind", metavar="KIND", help="gbt or lstm; default: gbt")
    past = "learn from past orders, in CSV or JSON lines; without FILE from those that the node was told of"
    train.add_argument("--orders", nargs="?", const=False, type=Path, metavar="FILE", help=past)
    train.add_argument("--seed", type=int, default=7, metavar="N", help="of everything drawn; default: 7")
    train.add_argument("--promote", action="store_true", help="have the node use the model, if it proves better")
    train.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override a setting, for example training.folds=3",
    )
    train.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    from config.load import base_dir, load_config  # noqa: PLC0415  # --help answers without loading anything

    overrides = list(options.set)
    if options.interval is not None:
        overrides.append(f"training.interval={options.interval}")
    config = load_config(options.config, overrides=overrides)
    from node.training.command import train_command  # noqa: PLC0415  # a wrong configuration is told before it loads

    return train_command(config, base_dir(options.config), options)
