"""Is a command watched without being changed, and is its end told truly?"""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.service import children_of, free_port, is_gone, wait_until
from support.sinks import Answer, HttpSink
from support.watched import Watched, events_of, taken, taking

PYTHON = sys.executable


@pytest.fixture
def tocsin():
    with taking() as sink:
        yield sink


@pytest.fixture
def watched(tmp_path, tocsin):
    return Watched(tmp_path, f"http://127.0.0.1:{tocsin.port}")


def told(tocsin):
    """The start and the end of the one run that was watched."""
    start, end = sorted(events_of(tocsin.requests), key=lambda event: event["outcome"] != "running")
    assert start["run_id"] == end["run_id"]
    return start, end


def sh(script):
    return "sh", "-c", script


def test_a_start_and_an_end_are_told(watched, tocsin):
    options = ("--environment", "prod", "--version", "1.4", "--label", "team=shop", "--label", "a=b=c")
    done = watched.run("true", options=options)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    start, end = told(tocsin)
    assert (start["outcome"], end["outcome"]) == ("running", "succeeded")
    for event in (start, end):
        assert (event["workflow"], event["engine"]) == ("job", "exec")
        assert (event["environment"], event["version"]) == ("prod", "1.4")
        assert event["labels"] == {"host": os.uname().nodename, "team": "shop", "a": "b=c"}
    assert end["started_at"] == start["occurred_at"] <= end["occurred_at"]
    assert "error" not in end
    assert watched.waiting() == []


def test_a_long_command_gives_signs_of_life_which_are_never_kept(watched, tocsin):
    often = "import sys; from tocsin_client import exec; exec._SIGN_EVERY_SECONDS = 0.1; exec.main(sys.argv[1:])"
    command = [sys.executable, "-c", often, "--workflow", "job", "--", "sleep", "1"]
    subprocess.run(command, env=watched.environment, check=True, timeout=30)
    *signs, end = events_of(tocsin.requests)
    assert len(signs) > 3
    assert {(sign["outcome"], sign["silent_after"], sign["run_id"]) for sign in signs} == {
        ("running", "15m", end["run_id"])
    }
    away = {**watched.environment, "TOCSIN_URL": f"http://127.0.0.1:{free_port()}"}
    subprocess.run(command, env=away, check=True, timeout=30)
    assert [event["outcome"] for event in watched.waiting()] == ["running", "succeeded"]


def test_a_failure_is_told_with_its_last_lines(watched, tocsin):
    done = watched.run(*sh("echo copying; echo 'disk full' >&2; exit 3"), options=("--run-id", "r-1"))
    assert (done.returncode, done.stdout, done.stderr) == (3, b"copying\n", b"disk full\n")
    _, end = told(tocsin)
    assert (end["run_id"], end["outcome"]) == ("r-1", "failed")
    assert (end["error"]["type"], end["error"]["message"]) == ("NonZeroExit", "exit code 3: disk full")
    assert sorted(end["error"]["stack"].splitlines()) == ["copying", "disk full"]


def test_an_exception_is_told_as_what_it_is_though_much_was_printed(watched, tocsin):
    program = "for n in range(2000): print('row', n)\nraise KeyError('order 7')"
    assert watched.run(PYTHON, "-c", program).returncode == 1
    _, end = told(tocsin)
    assert (end["error"]["type"], end["error"]["message"]) == ("KeyError", "'order 7'")
    assert "Traceback" in end["error"]["stack"]
    assert "row 1999" in end["error"]["stack"]


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGTERM"])
def test_a_command_that_a_signal_ends_has_crashed(watched, tocsin, name):
    number = getattr(signal, name)
    assert watched.run(*sh(f"kill -{int(number)} $$")).returncode == 128 + number
    _, end = told(tocsin)
    assert (end["outcome"], end["error"]["type"]) == ("crashed", name)


@pytest.mark.parametrize(
    ("command", "code", "kind"),
    [
        (("/nowhere/nosuch",), 127, "CommandNotFound"),
        (("/dev/null",), 126, "NotExecutable"),
        (("/tmp",), 126, "NotExecutable"),
        (sh("nosuch-command"), 127, "CommandNotFound"),
    ],
)
def test_a_command_that_cannot_be_run_has_failed(watched, tocsin, command, code, kind):
    done = watched.run(*command)
    assert done.returncode == code
    assert command[-1].encode() in done.stderr
    [end] = [event for event in events_of(tocsin.requests) if event["outcome"] != "running"]
    assert (end["outcome"], end["error"]["type"]) == ("failed", kind)
    assert end["error"]["message"].startswith(f"exit code {code}: ")


def test_one_that_takes_too_long_is_asked_to_end_with_all_it_began(watched, tocsin):
    done = watched.run(*sh("sleep 300 & echo $!; wait"), options=("--timeout", "300ms"))
    assert done.returncode == 128 + signal.SIGTERM
    _, end = told(tocsin)
    assert (end["outcome"], end["error"]["type"], end["error"]["message"]) == (
        "timed_out", "TimedOut", "not done after 0.3 s",
    )  # fmt: skip
    wait_until(lambda: is_gone(int(done.stdout)), "gone", 10, str)


def test_one_that_will_not_end_is_made_to(watched, tocsin):
    began = time.monotonic()
    program = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"
    done = watched.run(PYTHON, "-c", program, options=("--timeout", "500ms"))
    assert done.returncode == 128 + signal.SIGKILL
    assert 10 < time.monotonic() - began < 20
    assert told(tocsin)[1]["outcome"] == "timed_out"


def counting(name):
    """A program that counts how often a signal reaches it from when it says that it is ready."""
    return (
        f"import signal, sys\nwanted = {{signal.{name}}}\nsignal.pthread_sigmask(signal.SIG_BLOCK, wanted)\n"
        "print('ready', flush=True)\n"
        "count = bool(signal.sigtimedwait(wanted, 60)) + bool(signal.sigtimedwait(wanted, 0.3))\n"
    )


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"])
def test_signals_reach_the_command_once_and_what_it_makes_of_them_holds(watched, tocsin, name):
    program = counting(name) + "print(count, flush=True); sys.exit(7)"
    wrapper = watched.start(PYTHON, "-c", program)
    assert wrapper.stdout.readline() == b"ready\n"
    wrapper.send_signal(getattr(signal, name))
    out, _ = wrapper.communicate(timeout=30)
    assert (out, wrapper.returncode) == (b"1\n", 7)
    assert told(tocsin)[1]["error"]["message"] == "exit code 7: 1"


def test_ctrl_c_in_a_terminal_reaches_the_command_once(watched, tocsin):
    program = counting("SIGINT") + "sys.exit(count)"
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execve(PYTHON, watched.command(PYTHON, "-c", program), watched.environment)
    shown = b""
    ready = select.poll()
    ready.register(terminal, select.POLLIN)
    while b"ready" not in shown:
        assert ready.poll(20_000)
        shown += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 1


def test_what_is_ignored_stays_ignored(watched, tocsin):
    """``nohup tocsin exec``: the hang-up is not meant for the command."""
    ignoring = {"stdin": subprocess.PIPE, "preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
    wrapper = watched.start(*sh("echo ready; read line; echo $line"), **ignoring)
    assert wrapper.stdout.readline() == b"ready\n"
    os.killpg(wrapper.pid, signal.SIGHUP)
    out, _ = wrapper.communicate(b"still here\n", timeout=30)
    assert (out, wrapper.returncode) == (b"still here\n", 0)


def test_stdin_open_files_folder_and_environment_are_the_commands(watched, tocsin, tmp_path):
    reading, writing = os.pipe()
    os.write(writing, b"from a file that was open\n")
    os.close(writing)
    script = f"cat; cat /dev/fd/{reading}; pwd; echo $MARK"
    watched.environment["MARK"] = "mark"
    done = watched.run(*sh(script), input=b"from stdin\n", pass_fds=[reading], cwd=tmp_path)
    os.close(reading)
    assert done.stdout == f"from stdin\nfrom a file that was open\n{tmp_path}\nmark\n".encode()


def test_output_goes_on_at_once(watched, tocsin):
    wrapper = watched.start(*sh("printf 'no newline'; read line; printf done >&2"), stdin=subprocess.PIPE)
    assert os.read(wrapper.stdout.fileno(), 100) == b"no newline"
    out, err = wrapper.communicate(b"\n", timeout=30)
    assert (out, err, wrapper.returncode) == (b"", b"done", 0)


def test_a_hundred_megabytes_of_bytes_pass_unchanged_in_little_memory(watched, tocsin, tmp_path):
    piece = bytes(range(256)) * 4096
    program = (
        "import sys\npiece = bytes(range(256)) * 4096\n"
        "for _ in range(100): sys.stdout.buffer.write(piece); sys.stderr.buffer.write(piece[:7])\n"
        "sys.stdout.flush(); print(); sys.exit(9)"
    )
    measured = tmp_path / "most"
    wrapper = watched.start(PYTHON, "-c", program, stderr=subprocess.DEVNULL)
    size = 0
    while data := wrapper.stdout.read(len(piece)):
        assert data == piece or (size == 100 * len(piece) and data == b"\n")
        size += len(data)
        most = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{wrapper.pid}/status").read_text())
        measured.write_text(most[1] if most else measured.read_text())
    assert wrapper.wait(30) == 9
    assert size == 100 * len(piece) + 1
    assert int(measured.read_text()) < 100_000
    assert len(told(tocsin)[1]["error"]["stack"]) <= 64 * 1024


def test_a_line_without_end_is_told_by_its_beginning(watched, tocsin):
    program = "import sys; sys.stderr.write('ValueError: ' + 'x' * 5_000_000); sys.exit(2)"
    done = watched.run(PYTHON, "-c", program)
    assert len(done.stderr) == 5_000_012
    assert told(tocsin)[1]["error"]["message"].startswith("exit code 2: ValueError: xxx")


def test_a_command_that_closes_its_output_goes_on(watched, tocsin, tmp_path):
    done = watched.run(*sh(f"exec >&- 2>&-; sleep 0.3; echo on > {tmp_path}/went; exit 4"))
    assert (done.returncode, (tmp_path / "went").read_text()) == (4, "on\n")
    assert told(tocsin)[1]["error"]["message"] == "exit code 4"


def test_one_that_it_leaves_behind_with_its_output_is_not_waited_for(watched, tocsin):
    began = time.monotonic()
    done = watched.run(*sh("sleep 60 & echo $!; echo last words"))
    process, _, last = done.stdout.partition(b"\n")
    os.kill(int(process), signal.SIGKILL)
    assert (done.returncode, last) == (0, b"last words\n")
    assert time.monotonic() - began < 20


def test_one_that_it_leaves_behind_may_write_without_end(watched, tocsin):
    done = watched.run(*sh("yes & echo $! >&2; sleep 0.2; exit 5"))
    assert done.returncode == 5
    wait_until(lambda: is_gone(int(done.stderr.split(b"\n")[0])), "gone", 10, str)


def test_a_reader_that_leaves_is_noticed_by_the_command(watched, tocsin):
    wrapper = watched.start("yes")
    wrapper.stdout.read(10)
    wrapper.stdout.close()
    assert wrapper.wait(30) == 128 + signal.SIGPIPE
    wrapper.stderr.close()


def test_the_command_knows_its_run_and_its_trace(watched, tocsin):
    done = watched.run(*sh("echo $TRACEPARENT $TOCSIN_RUN_ID"))
    traceparent, run_id = done.stdout.decode().split()
    start, end = told(tocsin)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", traceparent)
    assert {event["trace_id"] for event in (start, end)} == {traceparent.split("-")[1]}
    assert end["run_id"] == run_id


def test_inside_another_it_is_its_child_and_in_its_trace(watched, tocsin):
    watched.run(*watched.command("true"))
    ends = {event["run_id"]: event for event in events_of(tocsin.requests) if event["outcome"] == "succeeded"}
    [outer] = [event for event in ends.values() if "parent_run_id" not in event]
    [inner] = [event for event in ends.values() if "parent_run_id" in event]
    assert inner["parent_run_id"] == outer["run_id"]
    assert inner["trace_id"] == outer["trace_id"]


def test_a_traceparent_that_is_none_is_replaced(watched, tocsin):
    watched.environment["TRACEPARENT"] = f"00-{'0' * 32}-{'1' * 16}-01"
    watched.run("true")
    assert set(told(tocsin)[1]["trace_id"]) != {"0"}


def test_without_tocsin_the_exit_code_is_the_commands_and_the_run_waits(tmp_path):
    watched = Watched(tmp_path)
    began = time.monotonic()
    done = watched.run(*sh("echo out; exit 3"))
    assert (done.returncode, done.stdout) == (3, b"out\n")
    assert time.monotonic() - began < 20
    assert done.stderr.count(b"\n") == 1
    assert b"they wait in" in done.stderr
    assert [event["outcome"] for event in watched.waiting()] == ["running", "failed"]


def test_a_tocsin_that_does_not_answer_keeps_the_command_from_nothing(tmp_path):
    with HttpSink(default=Answer(202, delay=60)) as silent:
        watched = Watched(tmp_path, f"http://127.0.0.1:{silent.port}")
        wrapper = watched.start(*sh("echo begun"))
        began = time.monotonic()
        assert wrapper.stdout.readline() == b"begun\n"
        assert time.monotonic() - began < 2
        assert wrapper.wait(30) == 0
        assert time.monotonic() - began < 15
        wrapper.communicate()
    assert [event["outcome"] for event in watched.waiting()] == ["running", "succeeded"]


def test_told_to_end_while_it_tells_it_ends_and_loses_nothing(tmp_path):
    with HttpSink(default=Answer(202, delay=60)) as silent:
        watched = Watched(tmp_path, f"http://127.0.0.1:{silent.port}")
        wrapper = watched.start(*sh("exit 3"))
        wait_until(lambda: "succeeded" in outcomes(watched) or "failed" in outcomes(watched), "kept", 20, str)
        began = time.monotonic()
        wrapper.send_signal(signal.SIGTERM)
        assert wrapper.wait(10) == 3
        assert time.monotonic() - began < 3
        wrapper.communicate()
    assert set(outcomes(watched)) == {"running", "failed"}


def outcomes(watched):
    return [event["outcome"] for event in watched.waiting()]


def test_killed_it_leaves_a_run_that_is_open_and_a_spool_that_works(watched, tocsin):
    wrapper = watched.start("sleep", "300")
    tocsin.wait_for(1)
    [command] = children_of(wrapper.pid)
    wrapper.kill()
    wrapper.communicate(timeout=10)
    os.kill(command, signal.SIGKILL)  # it outlived its watcher, as it should
    assert [event["outcome"] for event in events_of(tocsin.requests)] == ["running"]
    assert watched.run("true").returncode == 0
    assert [event["outcome"] for event in events_of(tocsin.requests)] == ["running", "running", "succeeded"]
    assert watched.waiting() == []


def test_two_that_send_what_waits_send_each_event_once(tmp_path):
    cut_off = Watched(tmp_path)
    assert [cut_off.run("false").returncode for _ in range(2)] == [1, 1]
    late = [event["id"] for event in cut_off.waiting()]
    with HttpSink([Answer(503)], Answer(202, body=taken().body, delay=0.2)) as tocsin:
        watched = Watched(tmp_path, f"http://127.0.0.1:{tocsin.port}")
        both = [watched.start("true") for _ in range(2)]
        assert [wrapper.wait(30) for wrapper in both] == [0, 0]
        for wrapper in both:
            wrapper.communicate()
        sent = [event["id"] for request in tocsin.requests[1:] for event in request.json]
    assert len(late) == 4
    assert sent[:4] == late
    assert len(sent) == len(set(sent)) == 8
    assert watched.waiting() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workflow", "w"), "say what to run"),
        (("--workflow", "w", "--"), "say what to run"),
        (("--", "true"), "--workflow"),
        (("--workflow", "w", "--timeout", "10", "--", "true"), "is not a time"),
        (("--workflow", "w", "--label", "team", "--", "true"), "is not a label"),
    ],
)
@pytest.mark.parametrize("program", [["tocsin_client", "exec"], ["alerting.cli.main", "exec"]])
def test_wrong_usage_is_said(watched, tocsin, program, arguments, said):
    done = subprocess.run(
        [PYTHON, "-m", *program, *arguments], env=watched.environment, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert tocsin.requests == []


@pytest.mark.parametrize("command", [["--", "sh", "-c", "echo $0 $1", "--", "--timeout"], ["echo", "--", "--timeout"]])
def test_the_commands_own_arguments_are_left_alone(watched, tocsin, command):
    wrapper = [PYTHON, "-m", "alerting.cli.main", "exec", "--workflow", "w", *command]
    done = subprocess.run(wrapper, env=watched.environment, capture_output=True, text=True, timeout=30)
    assert done.stdout == "-- --timeout\n"
    assert told(tocsin)[1]["workflow"] == "w"
