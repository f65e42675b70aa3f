"""Can what lies in deploy/ be used as it is? The container's own steps, one after the other, and systemd's units."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.fleet import Fleet
from support.service import bare_environment, free_port

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def build(inside: Path) -> None:
    """What the container would hold under /opt/tocsin: its COPY and RUN steps, done here."""
    for step in (DEPLOY / "Containerfile").read_text().splitlines():
        word, _, rest = step.partition(" ")
        if word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                _copy(ROOT / source, inside / target if target != "./" else inside / source)
        elif word == "RUN":
            environment = {**bare_environment(inside), "HOME": str(Path.home())}
            command = rest.replace("/opt/tocsin", str(inside))
            subprocess.run(["sh", "-c", command], cwd=inside, env=environment, check=True, timeout=300)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_the_steps_of_the_container_make_a_service_that_answers(tmp_path):
    image = tmp_path / "image"
    image.mkdir()
    build(image)
    text = (DEPLOY / "Containerfile").read_text()
    [entry] = re.findall(r'ENTRYPOINT \["(.+)"\]', text)
    command = [entry.replace("/opt/tocsin", str(image)), "serve", "--listen", f"127.0.0.1:{free_port()}"]
    with Fleet.of_one(tmp_path, command) as fleet:
        fleet.wait_ready()
        assert fleet.post("/api/v1/events", {"workflow": "w", "outcome": "failed"})[0] == 202
        fleet.wait_until(fleet.drained, "drained")
    tools = {path.name for path in (image / "venv" / "bin").iterdir()}
    assert not tools & {"pytest", "mypy", "ruff"}


@pytest.mark.parametrize("unit", sorted(path.name for path in (DEPLOY / "systemd").iterdir()))
def test_systemd_finds_nothing_wrong_with_a_unit(tmp_path, unit):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    text = (DEPLOY / "systemd" / unit).read_text().replace("/opt/tocsin/venv/bin/tocsin", "/bin/true")
    path = tmp_path / unit.replace("@.", "@1.")
    path.write_text(text)
    done = subprocess.run([analyze, "verify", str(path)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
