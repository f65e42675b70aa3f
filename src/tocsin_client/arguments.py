"""What may be said to ``tocsin exec``? One description for the service's command line and the client's own."""

from __future__ import annotations

import argparse
import re

HELP = "Run a command as a recorded workflow run"
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--workflow", required=True, metavar="NAME", help="what the runs are listed under")
    command.add_argument("--run-id", metavar="ID", help="of this run (made up)")
    command.add_argument("--environment", default="", metavar="NAME", help="such as production")
    command.add_argument("--version", default="", metavar="TEXT", help="of what is run")
    command.add_argument("--timeout", type=seconds, metavar="TIME", help="end it after so long, such as 30m or 1h")
    command.add_argument("--label", action="append", default=[], type=_label, metavar="NAME=TEXT", dest="labels")
    command.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND …", help="what to run")


def command_of(asked: argparse.Namespace) -> list[str]:
    command: list[str] = asked.command
    return command[1:] if command[:1] == ["--"] else command


def seconds(text: str) -> float:
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write it like 30s, 10m or 1h30m")
    return float(sum(int(number) * _SECONDS[unit] for number, unit in parts))


def _label(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not a label; write it like team=shop")
    return name, value
