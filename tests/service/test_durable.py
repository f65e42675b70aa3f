"""Acknowledged means on the disk: every 2xx follows an fsync that came after the body was written."""

import re
import shutil

import pytest

from support.service import Service

LINE = re.compile(r"^(\d+)\s+(\d+\.\d+) (fsync|fdatasync|sendto|send|writev?|pwrite64|sendmsg)\((\d+)(.*)$")
strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@strace
def test_every_acknowledgement_follows_an_fsync(tmp_path):
    trace = tmp_path / "trace"
    calls = "trace=fsync,fdatasync,sendto,sendmsg,write,writev,pwrite64"
    wrap = ("strace", "-f", "-y", "-ttt", "-s", "48", "-e", calls, "-o", str(trace))
    with Service("", tmp_path, wrap=wrap) as service:
        for number in range(25):
            event = {"workflow": "w", "run_id": f"r{number}", "outcome": "succeeded"}
            assert service.post("/api/v1/events", event)[0] == 202
    order = [kind for kind in map(classified, trace.read_text(errors="replace").splitlines()) if kind]
    acknowledged = [index for index, kind in enumerate(order) if kind == "202"]
    assert len(acknowledged) == 25
    before = 0
    for index in acknowledged:
        between = order[before:index]
        assert "stored" in between, "nothing was written before the answer"
        last_write = len(between) - 1 - between[::-1].index("stored")
        assert "synced" in between[last_write:], "the answer went out before the write was on the disk"
        before = index


def classified(line: str) -> str | None:
    """``stored`` and ``synced`` for the inbox's log, ``202`` for an acknowledgement; None for all else."""
    if "HTTP/1.1 202" in line:
        return "202"
    if "/inbox/" not in line or "-wal>" not in line:
        return None
    if "fsync(" in line or "fdatasync(" in line:
        return "synced" if "unfinished" not in line else None
    return "stored" if "pwrite64(" in line or "write(" in line else None
