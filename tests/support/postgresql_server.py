"""A PostgreSQL server of a test's own: to be stopped, restarted, cut off. Made from the binaries of this machine."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from support.service import free_port


def binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).parent if there else None


class PostgresqlServer:
    """Runs until ``close``; as user postgres where the tests run as root, since it refuses to be root's."""

    def __init__(self, folder: Path, listen: str = "127.0.0.1", port: int = 0, wrap: tuple[str, ...] = ()) -> None:
        self._bin = binaries()
        if self._bin is None:
            pytest.skip("no PostgreSQL server is installed here")
        self.listen, self.port, self._wrap = listen, port or free_port(), wrap
        self._folder = folder / "postgresql"
        self._folder.mkdir(parents=True)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        data = str(self._folder / "data")
        self._run("initdb", "-D", data, "-A", "trust", "-U", "root", "--no-sync", "-E", "UTF8", "--locale=en_US.UTF-8"
                  if _has_locale("en_US.utf8") else "--locale=C.UTF-8")  # fmt: skip
        with (self._folder / "data" / "postgresql.conf").open("a") as conf:
            conf.write(f"listen_addresses = '{listen}'\nport = {self.port}\nunix_socket_directories = ''\n")
            conf.write("max_connections = 60\n")
        with (self._folder / "data" / "pg_hba.conf").open("a") as hba:
            hba.write("host all all 0.0.0.0/0 trust\n")
        self.start()

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self.listen == "*" else self.listen
        return f"postgresql://root@{host}:{self.port}/postgres"

    def start(self) -> None:
        self._control("start")

    def stop(self, mode: str = "fast") -> None:
        self._control("stop", "-m", mode)

    def restart(self) -> None:
        self._control("restart", "-m", "fast")

    def close(self) -> None:
        self._control("stop", "-m", "immediate", check=False)

    def _control(self, *command: str, check: bool = True) -> None:
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-l", log, "-w", *command, check=check)

    def _let_in(self) -> None:
        """Into the folders above its own: any other run of pytest closes the one that they share."""
        for parent in self._folder.parents:
            if parent.stat().st_mode & 0o011 != 0o011 and str(parent).startswith("/tmp/"):
                parent.chmod(parent.stat().st_mode | 0o011)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        if os.geteuid() == 0:
            self._let_in()
        as_user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        command = [*self._wrap, *as_user, f"{self._bin}/{program}", *arguments]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=60)
        assert not check or done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"


def _has_locale(name: str) -> bool:
    return name in subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
