"""A disk that takes nothing any more, not even a line of the log: what ends meanwhile is started anew."""

import os
import signal

from support.service import Service


def test_a_worker_that_ends_while_the_log_cannot_be_written_is_started_anew(tmp_path):
    with Service("", tmp_path) as service:
        before = service.processes()
        service.limit_files(0)
        os.kill(before[1], signal.SIGKILL)
        service.wait_until(lambda: set(service.processes()) - set(before) != set(), "another worker", 10)
        service.limit_files()
        event = {"workflow": "pay", "outcome": "failed", "error": {"type": "Boom"}}
        assert service.post("/api/v1/events", event)[0] == 202
        service.wait_drained(30)
