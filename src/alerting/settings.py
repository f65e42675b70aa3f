"""What does the environment say? Where to listen, where the data lie, who may come in."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_LISTEN = "127.0.0.1:4318"
_HTTP_PORT, _GRPC_PORT = 4318, 4317
OFF = "off"
_SHORTEST_PASSWORD = 8


class SettingsError(Exception):
    """A setting cannot be used; the text says which and how to mend it."""


@dataclass(slots=True, frozen=True)
class Settings:
    """``allow_private``: None allows every private address for outgoing calls, else the CIDRs that are. ``grpc`` is
    where OTLP/gRPC is taken in, "" for nowhere; ``grpc_named`` whether somebody asked for just that place."""

    host: str = "127.0.0.1"
    port: int = 4318
    grpc: str = ""
    grpc_named: bool = False
    data: Path = Path("tocsin-data")
    database_url: str = field(default="", repr=False)
    config: Path | None = None
    notify: str = field(default="", repr=False)
    public_url: str = ""
    admin_password: str = field(default="", repr=False)
    ingest_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    allow_private: tuple[str, ...] | None = None
    clock: str = ""
    inngest_key: str = field(default="", repr=False)
    inngest_dev: bool = False

    @property
    def listen(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def from_environment(
    environ: Mapping[str, str],
    listen: str | None = None,
    data: str | None = None,
    config: str | None = None,
    listens: bool = True,
    grpc: str | None = None,
) -> Settings:
    """The settings, arguments before environment; ``listens``: whether anything will. Raises SettingsError."""
    named = grpc or environ.get("TOCSIN_LISTEN_GRPC", "")
    host, port = parse_listen(listen or environ.get("TOCSIN_LISTEN") or DEFAULT_LISTEN)
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
    shown = f"[{shown}]" if ":" in shown else shown
    settings = Settings(
        host=host,
        port=port,
        grpc=_grpc(named, host, port),
        grpc_named=bool(named),
        data=Path(data or environ.get("TOCSIN_DATA") or "tocsin-data"),
        database_url=environ.get("TOCSIN_DATABASE_URL", ""),
        config=_config(config or environ.get("TOCSIN_CONFIG")),
        notify=environ.get("TOCSIN_NOTIFY", ""),
        public_url=environ.get("TOCSIN_PUBLIC_URL") or f"http://{shown}:{port}",
        admin_password=environ.get("TOCSIN_ADMIN_PASSWORD", ""),
        ingest_key=environ.get("TOCSIN_INGEST_KEY", ""),
        secret_key=environ.get("TOCSIN_SECRET_KEY", ""),
        allow_private=_allow_private(environ.get("TOCSIN_ALLOW_PRIVATE"), host),
        clock=environ.get("TOCSIN_CLOCK", ""),
        inngest_key=environ.get("INNGEST_SIGNING_KEY", ""),
        inngest_dev=environ.get("INNGEST_DEV", "0").lower() not in {"", "0", "false"},
    )
    if listens:
        guard(settings)
    return settings


def _grpc(named: str, host: str, port: int) -> str:
    """Beside the usual HTTP port the usual one of gRPC; beside another only what is named."""
    if named == OFF or (not named and port != _HTTP_PORT):
        return ""
    at, number = parse_listen(named) if named else (host, _GRPC_PORT)
    return f"[{at}]:{number}" if ":" in at else f"{at}:{number}"


def parse_listen(text: str) -> tuple[str, int]:
    """``HOST:PORT``, ``:PORT`` or ``[IPV6]:PORT``."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdigit() or not 0 <= int(port) < 65_536:
        raise SettingsError(f"{text!r} is not an address to listen on; write HOST:PORT, such as {DEFAULT_LISTEN}")
    return host, int(port)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def guard(settings: Settings) -> None:
    """Beyond this machine only with a password for people and a key for senders."""
    hosts = [settings.host, *([parse_listen(settings.grpc)[0]] if settings.grpc else [])]
    open_to_others = next((host for host in hosts if not is_loopback(host)), "")
    if not open_to_others:
        return
    if settings.inngest_dev:
        raise SettingsError(
            f"INNGEST_DEV takes unsigned calls, and {open_to_others} lets others in; set INNGEST_SIGNING_KEY instead"
        )
    needed = (("TOCSIN_ADMIN_PASSWORD", settings.admin_password), ("TOCSIN_INGEST_KEY", settings.ingest_key))
    missing = [name for name, value in needed if not value]
    if missing:
        raise SettingsError(
            f"listening on {open_to_others} lets others in: set {' and '.join(missing)} first, "
            f"or listen on {DEFAULT_LISTEN}"
        )
    short = [name for name, value in needed if len(value) < _SHORTEST_PASSWORD]
    if short:
        raise SettingsError(f"{' and '.join(short)} must have at least {_SHORTEST_PASSWORD} characters")


def _config(told: str | None) -> Path | None:
    if told:
        if not Path(told).is_file():
            raise SettingsError(f"there is no configuration file {told}; correct --config or TOCSIN_CONFIG")
        return Path(told)
    default = Path("tocsin.yaml")
    return default if default.is_file() else None


def _allow_private(told: str | None, host: str) -> tuple[str, ...] | None:
    if told is None:
        return None if is_loopback(host) else ()
    networks = tuple(part.strip() for part in told.split(",") if part.strip())
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise SettingsError(f"TOCSIN_ALLOW_PRIVATE: {network!r} is not a network such as 10.0.0.0/8") from None
    return networks
