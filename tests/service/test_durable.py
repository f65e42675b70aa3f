"""Acknowledged means on the disk: every 2xx follows an fsync that came after the body was written."""

import shutil

import pytest

from support.service import Service

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
    order = happenings(trace.read_text(errors="replace").splitlines())
    acknowledged = [index for index, kind in enumerate(order) if kind == "202"]
    assert len(acknowledged) == 25
    before = 0
    for index in acknowledged:
        between = order[before:index]
        assert "stored" in between, "nothing was written before the answer"
        last_write = len(between) - 1 - between[::-1].index("stored")
        assert "synced" in between[last_write:], "the answer went out before the write was on the disk"
        before = index


def happenings(lines: list[str]) -> list[str]:
    """``stored`` and ``synced`` for the inbox's log, ``202`` for an acknowledgement, in the order of the trace. A sync
    that another process interrupted in the trace counts where it came back."""
    found, syncing = [], set()
    for line in lines:
        process = line.split(" ", 1)[0]
        if "HTTP/1.1 202" in line:
            found.append("202")
        elif process in syncing and "resumed>" in line:
            syncing.discard(process)
            found.append("synced")
        elif "/inbox/" in line and "-wal>" in line:
            if "sync(" not in line:
                found.append("stored")
            elif "unfinished" in line:
                syncing.add(process)
            else:
                found.append("synced")
    return found
