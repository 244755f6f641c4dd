"""`run_node.py models`: list, promote, take back and tidy up trained models, also while a node runs."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # --help answers without loading anything
    from actors.signal.models.meta import ModelMeta
    from actors.signal.models.registry import ModelRegistry

_CONFIG = Path(__file__).parents[1] / "config" / "paper.toml"
_ACTIONS = {
    "list": "tell all models, newest first",
    "promote": "have nodes use a model from their next bar on",
    "rollback": "have nodes use the model that was promoted before",
    "history": "tell what was promoted and taken back, oldest first",
    "cleanup": "delete what models.keep does not ask for",
}


def add_models(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to those of the program."""
    models = commands.add_parser("models", help="list, promote, take back and tidy up trained models")
    actions = models.add_subparsers(title="actions", required=True, metavar="ACTION", dest="action")
    parsers = {name: actions.add_parser(name, help=text, description=text) for name, text in _ACTIONS.items()}
    parsers["list"].add_argument("--json", action="store_true", help="one JSON object per line, with everything known")
    parsers["promote"].add_argument("model", metavar="ID")
    parsers["promote"].add_argument("--force", action="store_true", help="also one that did not prove better")
    for name in ("rollback", "history"):
        parsers[name].add_argument("instrument", metavar="INSTRUMENT")
        parsers[name].add_argument("--interval", default="1m", metavar="NAME", help="default: 1m")
        parsers[name].add_argument("--kind", default="gbt", metavar="KIND", help="gbt or lstm; default: gbt")
    for parser in parsers.values():
        parser.add_argument("--config", type=Path, default=_CONFIG, metavar="FILE", help="default: config/paper.toml")
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override a setting")
        parser.set_defaults(run=models_command)


def models_command(options: argparse.Namespace) -> int:
    """Do what the options say; return the exit code.

    Raises:
        ConfigError: If it cannot be done; says why.
    """
    from config.errors import ConfigError, NodeError  # noqa: PLC0415  # --help answers without loading anything
    from config.load import load_config  # noqa: PLC0415  # likewise
    from config.schema import LogSection  # noqa: PLC0415  # likewise
    from node.logs import configure_logs  # noqa: PLC0415  # likewise
    from node.models import open_models  # noqa: PLC0415  # likewise

    config = load_config(options.config, overrides=options.set)
    configure_logs(LogSection(level="warning"), sys.stderr)
    try:
        lines = _told(open_models(config), options, config.models.keep)
    except NodeError as e:
        raise ConfigError(str(e)) from e
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _told(models: "ModelRegistry", options: argparse.Namespace, keep: int) -> list[str]:
    """Do it; return what there is to say."""
    match options.action:
        case "list":
            return _listed(models, has_all=options.json)
        case "promote":
            meta = models.promote(options.model, force=options.force)
            return [f"{meta.id} is promoted for {meta.instrument_id} at {meta.interval}"]
        case "rollback":
            meta = models.rollback(options.instrument, options.interval, options.kind)
            return [f"{meta.id} is promoted again for {meta.instrument_id} at {meta.interval}"]
        case "history":
            changes = models.history(options.instrument, options.interval, options.kind)
            return [f"{_time(one.ts_ms)}  {one.action:8}  {one.id}" for one in changes] or ["nothing was ever promoted"]
        case _:
            return [f"deleted {model_id}" for model_id in models.cleanup(keep)] or ["nothing to delete"]


def _listed(models: "ModelRegistry", *, has_all: bool) -> list[str]:
    import msgspec  # noqa: PLC0415  # --help answers without loading anything

    found = models.models()
    if has_all:
        return [msgspec.json.encode(meta).decode() for meta in found]
    return [_line(models, meta) for meta in found] or [f"no models in {models.folder}"]


def _line(models: "ModelRegistry", meta: "ModelMeta") -> str:
    current = models.current(meta.instrument_id, meta.interval, meta.kind)
    state = "promoted" if current is not None and current.id == meta.id else "kept"
    figures = meta.scores.get("out_of_sample", {})
    judged = ", ".join(f"{name} {figures[name]:.4f}" for name in ("log_loss", "auc") if _is_number(figures.get(name)))
    where = f"{meta.instrument_id} {meta.interval} {meta.kind}"
    return f"{meta.id}  {where}  {_time(meta.created_ms)}  {state}  {judged or 'not judged'}  {meta.reason}".rstrip()


def _is_number(value: object) -> bool:
    return isinstance(value, float)


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1_000, UTC):%Y-%m-%d %H:%M}"
