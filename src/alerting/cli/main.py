"""``tocsin``: which command is asked for? Each is imported only when it is, so that all start quickly."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from tocsin_client.arguments import HELP, add_arguments

FINE, BAD, WRONG_USAGE, UNREACHABLE = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    module, _, function = asked.run.partition(":")
    try:
        result: int = getattr(importlib.import_module(module), function)(asked)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt:
        return 130
    return result


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="tocsin", description="Alerting and observability for workflow runs.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    _services(commands)
    _configuration(commands)
    _rendering(commands)
    _looking(commands)
    _changing(commands)
    _moving(commands)
    add_arguments(_add(commands, "exec", HELP, "tocsin_client.exec:run"))
    return whole


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help_: str, run: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_, description=help_)
    command.set_defaults(run=run)
    return command


def _service_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--listen", metavar="HOST:PORT", help="where to listen (127.0.0.1:4318)")
    command.add_argument(
        "--listen-grpc", metavar="HOST:PORT", help="where OTLP/gRPC is taken in, or off (127.0.0.1:4317)"
    )
    command.add_argument("--data", metavar="DIR", help="where the data lie (./tocsin-data)")
    command.add_argument("--config", metavar="FILE", help="the configuration (./tocsin.yaml, if it is there)")


def _services(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, help_ in (
        ("serve", "Start receiver, pages and worker"),
        ("api", "Start the receiver and the pages alone"),
        ("worker", "Start the worker alone"),
    ):
        command = _add(commands, name, help_, f"alerting.cli.services:{name}")
        _service_arguments(command)
        command.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    demo = _add(commands, "demo", "Play a day of small workflows, and serve what came of it", "alerting.cli.demo:demo")
    demo.add_argument("--once", action="store_true", help="stop when the day is over")
    demo.add_argument("--listen", metavar="HOST:PORT", help="where to listen (127.0.0.1:4318)")
    demo.add_argument("--data", metavar="DIR", default="demo-data", help="emptied first (./demo-data)")
    demo.add_argument("--seconds", type=int, default=20, help="how long the day takes to play")


def _configuration(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = _add(commands, "check", "Say what is wrong with a configuration", "alerting.cli.configuration:check")
    check.add_argument("file", nargs="?", default="tocsin.yaml")
    test = _add(commands, "test", "Say whether rules do what their tests expect", "alerting.cli.rehearsing:test")
    test.add_argument("files", nargs="+", metavar="FILE")
    _add(commands, "schema", "Print the JSON schema of tocsin.yaml, for editors", "alerting.cli.configuration:schema")
    replay = "Say what these rules would have sent, by what was stored"
    backtest = _add(commands, "backtest", replay, "alerting.cli.backtest:backtest")
    backtest.add_argument("--since", default="30d", metavar="AGO")
    backtest.add_argument("--until", metavar="TIME")
    backtest.add_argument("--config", metavar="FILE", help="other rules than those in force")
    backtest.add_argument("--data", metavar="DIR", help="where the data lie (./tocsin-data)")
    backtest.add_argument("--json", action="store_true", help="for scripts")
    sample = "Say what would become of a webhook's body"
    webhook = _add(commands, "webhook", sample, "alerting.cli.webhooks:preview")
    webhook.add_argument("sender", metavar="SENDER", help="github, gitlab, …, or a name under webhooks: in the file")
    webhook.add_argument("sample", metavar="SAMPLE.json")
    webhook.add_argument("--config", metavar="FILE")
    send = _add(commands, "send-test", "Send a test message to a channel", "alerting.cli.configuration:send_test")
    send.add_argument("channel")
    send.add_argument("--config", metavar="FILE")


def _rendering(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    render = _add(commands, "render", "Print what a channel would send, and send nothing", "alerting.cli.render:render")
    render.add_argument("--channel", required=True, metavar="NAME")
    render.add_argument("--reason", default="first", metavar="REASON", help="first, again, resolved, … (first)")
    render.add_argument("--config", metavar="FILE")


def _looking(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name in ("runs", "alerts", "groups", "changes", "channels", "workers", "silences"):
        command = _add(commands, name, f"List {name} of a running service", "alerting.cli.looking:show")
        command.set_defaults(what=name)
        command.add_argument("--json", action="store_true", help="for scripts")
        command.add_argument("--url", help="the service (TOCSIN_PUBLIC_URL, else http://127.0.0.1:4318)")
        if name not in {"channels", "workers", "silences"}:
            command.add_argument("--limit", type=int, default=20)
        if name in {"runs", "alerts", "groups", "changes"}:
            command.add_argument("--workflow", metavar="GLOB")
            command.add_argument("--since", metavar="AGO")
    help_ = "Say what arrives, what of it is understood, and what mends the rest"
    _add(commands, "doctor", help_, "alerting.cli.doctor:doctor").add_argument("--url", help="the service")
    _delivering(commands)
    _acting(commands)
    why = _add(commands, "explain", "Say why somebody was told of a run, or nobody", "alerting.cli.explaining:explain")
    why.add_argument("subject", metavar="RUN", help="Tocsin's id, or the engine's run id")
    why.add_argument("--json", action="store_true", help="for scripts")
    why.add_argument("--url", help="the service")
    report = _add(commands, "report", "Write the failure trend report", "alerting.cli.report:report")
    report.add_argument("--since", default="30d", metavar="AGO")
    report.add_argument("--until", metavar="TIME")
    report.add_argument("--workflow", action="append", default=[], metavar="GLOB")
    for name in ("environment", "version", "severity"):
        report.add_argument(f"--{name}", default="", metavar=name.upper())
    report.add_argument("--tz", default="UTC", metavar="ZONE")
    report.add_argument("--data", metavar="DIR")
    report.add_argument("--out", required=True, metavar="FILE.html|.csv|.json|.parquet")


def _delivering(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    help_ = "List every try to hand a message over, what waits, what died, and what was not sent"
    deliveries = _add(commands, "deliveries", help_, "alerting.cli.delivering:deliveries")
    deliveries.add_argument("--channel", metavar="NAME")
    deliveries.add_argument("--alert", metavar="ID", help="also why something about it was not sent")
    deliveries.add_argument("--notification", metavar="ID")
    deliveries.add_argument("--retry", metavar="ID", help="send a dead letter again: the notification's id")
    deliveries.add_argument("--limit", type=int, default=20)
    deliveries.add_argument("--json", action="store_true", help="the tries alone, for scripts")
    help_ = "Let something fail, follow it to every channel, and say whether word of it arrived"
    drill = _add(commands, "drill", help_, "alerting.cli.drill:drill")
    drill.add_argument(
        "--workflow", default="tocsin-drill", metavar="NAME", help="to be told as this one (%(default)s)"
    )
    severity = ("low", "medium", "high", "critical")
    drill.add_argument("--severity", default="critical", choices=severity, help="unless the rule says (%(default)s)")
    drill.add_argument("--environment", default="", metavar="NAME")
    drill.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="for all receipts (60)")
    for command in (deliveries, drill):
        command.add_argument("--url", help="the service")


def _acting(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ack = _add(commands, "ack", "Acknowledge an alert", "alerting.cli.looking:act")
    ack.set_defaults(action="acknowledge")
    ack.add_argument("--until", metavar="2h|TIME", help="as long as the policy says, without it")
    unack = _add(commands, "unack", "Take an acknowledgement back", "alerting.cli.looking:act")
    unack.set_defaults(action="unacknowledge")
    resolve = _add(commands, "resolve", "Resolve an alert, or an error group", "alerting.cli.looking:act")
    resolve.set_defaults(action="resolve")
    resolve.add_argument("--version", metavar="V", help="of a group: the version that mends it")
    for command, what in ((ack, "ALERT"), (unack, "ALERT"), (resolve, "ALERT|GROUP")):
        command.add_argument("alert", metavar=what)
        command.add_argument("--url", help="the service")


def _changing(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    reload = _add(commands, "reload", "Let a running service read its file again", "alerting.cli.changing:reload")
    silence = _add(commands, "silence", "Tell nobody about alerts that match", "alerting.cli.changing:silence")
    silence.add_argument("--match", action="append", required=True, metavar="FIELD=PATTERN", help="several: all hold")
    until = silence.add_mutually_exclusive_group()
    until.add_argument("--until", metavar="2h|TIME")
    until.add_argument("--until-resolved", action="store_true", help="until each alert's present episode ends")
    silence.add_argument("--comment", metavar="WHY")
    silence.add_argument("--maintenance", dest="kind", action="store_const", const="maintenance", default="silence")
    silence.add_argument("--preview", action="store_true", help="list what it would match now, and change nothing")
    unsilence = _add(commands, "unsilence", "End a silence", "alerting.cli.changing:unsilence")
    unsilence.add_argument("silence", metavar="SILENCE")
    changed = _add(commands, "changed", "Mark what was changed: a deployment, say", "alerting.cli.changed:changed")
    changed.add_argument("title", help='such as "deployed 2.4.1"')
    changed.add_argument("--kind", metavar="KIND", help="configuration, schedule, … (deployment)")
    changed.add_argument("--version", metavar="V")
    changed.add_argument("--workflow", action="append", metavar="GLOB", help="several: any of them; without it all")
    changed.add_argument("--environment", metavar="NAME")
    changed.add_argument("--at", metavar="TIME", help="when it was made (now)")
    changed.add_argument("--link", metavar="URL", help="where to read more")
    changed.add_argument("--id", metavar="ID", help="the same id is the same change, however often it is told")
    for command in (reload, silence, unsilence, changed):
        command.add_argument("--url", help="the service")


def _moving(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    migrate = _add(commands, "migrate", "Move an embedded installation to PostgreSQL", "alerting.cli.moving:migrate")
    migrate.add_argument("--to", required=True, metavar="URL", help="postgresql://user:password@host/database")
    migrate.add_argument("--data", metavar="DIR", help="where the data lie (./tocsin-data)")
    backup = _add(commands, "backup", "Write all that is known into one file", "alerting.cli.moving:backup")
    backup.add_argument("file", metavar="FILE")
    backup.add_argument("--data", metavar="DIR", help="where the data lie (./tocsin-data)")
    restore = _add(commands, "restore", "Fill an empty installation from a backup", "alerting.cli.moving:restore")
    restore.add_argument("file", metavar="FILE")
    restore.add_argument("--data", metavar="DIR", help="where the data shall lie (./tocsin-data)")


def complain(text: str, code: int) -> int:
    sys.stderr.write(f"tocsin: {text}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
