"""Whisperer's command line: the live node, backtests, what a running node says, and configuration."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from node.models_command import add_models
from node.train_command import add_train

STARTED = time.perf_counter()
DEFAULT_CONFIG = Path(__file__).parent / "config" / "paper.toml"
TEAM_CONFIG = DEFAULT_CONFIG.with_name("team.toml")
HIGHEST_HZ = 1_000
"""What a node takes as the rate of a channel."""
EXAMPLES = """
examples:
  python run_node.py live                                     a simulated market, page at http://127.0.0.1:8080
  python run_node.py live --set sim.speed=100                 the same, a hundred times as fast
  python run_node.py live --config config/replay.toml         a recorded file as a live feed
  python run_node.py backtest config/backtest.toml            the same actors and a strategy over a file
  python run_node.py train --config config/train.toml         a model from a file, judged by what it has not seen
  python run_node.py train --orders orders.csv --promote      a model of past orders, used if it proves better
  python run_node.py models rollback BTC-USDT.SIM              the model of before, from the next bar on
  python run_node.py watch bars:BTC-USDT.SIM:1m signals       what a running node says, one JSON object per line
  python run_node.py record --out tapes/monday --duration 1h  a running node's market, to be played again
  python run_node.py db backup journal-monday.db              a copy of orders and fills, also while a node runs
  python run_node.py user add ada@desk.example --config config/team.toml   a user with an own account
  python run_node.py config show --config config/replay.toml  the settings in force

Settings come from the file, then WHISPERER__SECTION__KEY in the environment, then --set section.key=value.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code: 0 well, 2 wrong input, 130 Ctrl-C, 141 no reader, 1 anything else."""
    options = _parser().parse_args(arguments)
    from config.errors import ConfigError  # noqa: PLC0415  # --help answers without loading anything

    try:
        code = int(options.run(options))
        print(end="", flush=True)  # noqa: T201  # here, where a reader who has gone is no accident
    except ConfigError as e:
        from config.load import sourced  # noqa: PLC0415  # --help answers without loading anything

        text = sourced(str(e), options.config, options.set) if "set" in options else str(e)
        print(f"whisperer: {text}", file=sys.stderr)  # noqa: T201  # the one line a person reads
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        _drop_output()
        return 141
    except OSError:
        trouble = _output_trouble()
        if trouble is None:
            raise
        print(f"whisperer: the output cannot be written: {trouble}", file=sys.stderr)  # noqa: T201  # likewise
        _drop_output()
        return 1
    return code


def _output_trouble() -> str | None:
    """Return why nothing can be printed, as on a full disk; None when it can: what failed once fails again."""
    try:
        print(flush=True)  # noqa: T201
    except OSError as e:
        return e.strerror or type(e).__name__
    return None


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at the end may not complain either


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run_node.py",
        description="Whisperer: one NautilusTrader node with market data, AI signals, a page and an API.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    live = commands.add_parser("live", help="run the node: market, signals, page and API, until Ctrl-C")
    live.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help="default: config/paper.toml")
    _add_set(live)
    live.set_defaults(run=_live)

    backtest = commands.add_parser("backtest", help="run signals and strategies over recorded data")
    backtest.add_argument("config", type=Path, metavar="FILE", help="for example config/backtest.toml")
    backtest.add_argument("--json", action="store_true", help="print the result as JSON instead of a table")
    _add_set(backtest)
    backtest.set_defaults(run=_backtest)

    add_train(commands)
    add_models(commands)
    _add_remote(commands)

    config = commands.add_parser("config", help="check a configuration, show it, or list every key")
    config.add_argument("action", choices=["check", "show", "schema"])
    config.add_argument(
        "--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help="default: config/paper.toml"
    )
    _add_set(config)
    config.set_defaults(run=_config)

    database = commands.add_parser("db", help="back up, restore or check the journal of orders and fills")
    database.add_argument("action", choices=["backup", "restore", "check"], help="restore: only while no node runs")
    database.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="of the backup; check: default the journal"
    )
    database.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help="of the node")
    _add_set(database)
    database.set_defaults(run=_database)
    _add_user(commands)
    return parser


def _add_user(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add what makes and changes users, whether the node runs or not."""
    user = commands.add_parser("user", help="make, list and change users, also while the node runs")
    actions = user.add_subparsers(title="actions", required=True, metavar="ACTION", dest="action")
    texts = {
        "list": "tell all users",
        "add": "make a user with a trader; prints the password that was made",
        "role": "give a user other roles",
        "passwd": "give a user another password, to be changed at the next sign-in",
        "disable": "end a user's sessions and keys, halt the trader",
        "enable": "let a user sign in again; the trader stays halted until it is released",
        "remove": "remove a user; orders, fills and the audit log stay",
    }
    parsers = {name: actions.add_parser(name, help=text, description=text) for name, text in texts.items()}
    for name, parser in parsers.items():
        if name != "list":
            parser.add_argument("user", metavar="EMAIL")
        parser.add_argument(
            "--config", type=Path, default=TEAM_CONFIG, metavar="FILE", help="default: config/team.toml"
        )
        _add_set(parser)
        parser.set_defaults(run=_user)
    parsers["list"].add_argument("--json", action="store_true", help="one JSON object per line")
    parsers["role"].add_argument("role", type=_roles, metavar="ROLE,…", help="of viewer, trader, admin")
    parsers["add"].add_argument("--role", type=_roles, default=("trader",), metavar="ROLE,…", help="default: trader")
    parsers["add"].add_argument("--keep", action="store_true", help="no change of the password at the first sign-in")
    for name in ("add", "passwd"):
        parsers[name].add_argument("--password-stdin", action="store_true", help="read it instead of making one")


def _add_remote(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add what talks to a running node."""
    watch = commands.add_parser("watch", help="print what a running node says, one JSON object per line")
    watch.add_argument("channels", nargs="+", metavar="CHANNEL", help="for example bars:BTC-USDT.SIM:1m")
    watch.add_argument("--count", type=_count, metavar="N", help="end after so many lines")
    watch.add_argument("--max-hz", type=_rate, metavar="N", help="open bars and latest values at most so often")
    _add_node(watch)
    watch.set_defaults(run=_watch)

    record = commands.add_parser("record", help="write down the market of a running node, to be played again")
    record.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new one")
    record.add_argument("--instruments", action="append", default=[], metavar="ID,…", help="default: all of the node")
    record.add_argument("--channels", action="append", default=[], metavar="KIND,…", help="of bars,trades,quotes,book")
    record.add_argument("--history", type=_count, default=500, metavar="N", help="bars before it begins; default: 500")
    record.add_argument("--duration", metavar="TIME", help="of wall time: 90, 90s, 15m, 2h; default: until Ctrl-C")
    record.add_argument("--until", metavar="TIME", help="market time at which to end, 2026-01-31T12:00:00Z")
    _add_node(record)
    record.set_defaults(run=_record)


def _add_set(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override a setting, for example sim.speed=100"
    )


def _add_node(command: argparse.ArgumentParser) -> None:
    command.add_argument("--url", metavar="URL", help="of the node; default: where the configuration lets it listen")
    command.add_argument("--api-key-env", metavar="NAME", help="variable with an API key, where the node has users")
    command.add_argument("--config", type=Path, default=DEFAULT_CONFIG, metavar="FILE", help="its configuration file")
    _add_set(command)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected a whole number above 0")
    return number


def _rate(text: str) -> float:
    number = float(text)
    if not 0 < number <= HIGHEST_HZ:
        raise argparse.ArgumentTypeError(f"expected a number above 0, {HIGHEST_HZ:g} at the most")
    return number


def _roles(text: str) -> tuple[str, ...]:
    known = ("viewer", "trader", "admin")
    names = text.split(",")
    if not set(names) <= set(known):
        raise argparse.ArgumentTypeError(f"expected some of {','.join(known)}, was {text!r}")
    return tuple(role for role in known if role in names)


def _url(options: argparse.Namespace) -> str:
    from config.load import load_config  # noqa: PLC0415  # --help answers without loading anything
    from node.remote.address import node_url  # noqa: PLC0415  # likewise

    return node_url(options.url, load_config(options.config, overrides=options.set).server)


def _api_key(options: argparse.Namespace) -> str | None:
    from node.remote.address import api_key_of  # noqa: PLC0415  # --help answers without loading anything

    return api_key_of(options.api_key_env, os.environ)


def _live(options: argparse.Namespace) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):  # until the node listens itself
        signal.signal(number, _end_at_once)
    from config.load import base_dir, load_config  # noqa: PLC0415  # --help answers without loading anything

    config = load_config(options.config, overrides=options.set)
    from actors.memory import return_engine_memory  # noqa: PLC0415  # likewise
    from node.lean import hidden  # noqa: PLC0415  # a wrong configuration is told before the engine loads

    return_engine_memory()

    with hidden("rich"):  # the logging library would load it, 0.1 s and 8 MB, for tracebacks we print as JSON
        from node.live import run_live  # noqa: PLC0415

    return run_live(config, base_dir(options.config), started=STARTED)


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # the same again while we end is nothing new
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def _backtest(options: argparse.Namespace) -> int:
    from config.load import base_dir, load_config  # noqa: PLC0415  # --help answers without loading anything

    config = load_config(options.config, overrides=options.set)
    from node.backtest.command import backtest_command  # noqa: PLC0415  # a wrong configuration is told before the engine loads

    return backtest_command(config, base_dir(options.config), json_only=options.json)


def _watch(options: argparse.Namespace) -> int:
    from node.remote.watch import watch_command  # noqa: PLC0415  # --help answers without loading anything

    return watch_command(
        _url(options),
        options.channels,
        count=options.count,
        max_hz=options.max_hz,
        api_key=_api_key(options),
    )


def _record(options: argparse.Namespace) -> int:
    from node.remote.options import wanted_of  # noqa: PLC0415  # --help answers without loading anything
    from node.remote.record import record_command  # noqa: PLC0415  # likewise

    wanted = wanted_of(
        options.out,
        instruments=options.instruments,
        channels=options.channels,
        history=options.history,
        duration=options.duration,
        until=options.until,
    )
    return record_command(_url(options), wanted, _api_key(options))


def _config(options: argparse.Namespace) -> int:
    from config.load import base_dir, load_config  # noqa: PLC0415
    from config.schema import LogSection  # noqa: PLC0415
    from config.show import schema_text, settings_text  # noqa: PLC0415

    if options.action == "schema":
        print(schema_text())  # noqa: T201
        return 0
    config = load_config(options.config, overrides=options.set)
    if options.action == "show":
        print(settings_text(config))  # noqa: T201
        return 0
    from node.check import check_config  # noqa: PLC0415  # only this action opens the market
    from node.logs import configure_logs  # noqa: PLC0415  # likewise

    configure_logs(LogSection(level="error"), sys.stderr)
    check_config(config, base_dir(options.config))
    print(f"{options.config}: good")  # noqa: T201
    return 0


def _database(options: argparse.Namespace) -> int:
    from config.load import load_config  # noqa: PLC0415  # --help answers without loading anything
    from node.database import database_command  # noqa: PLC0415  # likewise

    return database_command(options.action, load_config(options.config, overrides=options.set), options.file)


def _user(options: argparse.Namespace) -> int:
    from config.load import load_config  # noqa: PLC0415  # --help answers without loading anything
    from node.users_command import users_command  # noqa: PLC0415  # likewise

    return users_command(load_config(options.config, overrides=options.set), options)


if __name__ == "__main__":
    sys.exit(main())
