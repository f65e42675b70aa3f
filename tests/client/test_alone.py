"""Does the client need anything but Python? It goes into the environments of other people's apps."""

import ast
import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from support.service import bare_environment
from support.watched import events_of, taking

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tocsin_client"
# Files for apps of one engine, which bring that engine along.
GOES_INTO = {"otel.py": {"opentelemetry"}, "celery.py": {"celery", "opentelemetry"}, "dagster.py": {"dagster"}}


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_a_file_imports_the_standard_library_and_its_neighbours_alone(path):
    tops = {name.partition(".")[0] for name in imported(ast.parse(path.read_text()))}
    assert tops <= sys.stdlib_module_names | {"tocsin_client"} | GOES_INTO.get(path.name, set())


def test_no_file_of_the_client_needs_one_that_goes_into_an_engine():
    known = {f"tocsin_client.{Path(name).stem}" for name in GOES_INTO}
    needed = {name for path in PACKAGE.rglob("*.py") for name in imported(ast.parse(path.read_text()))}
    assert not known & needed


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_a_file_can_be_read_by_python_3_9(path):
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    future = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert future or not any(isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) for node in ast.walk(tree))


def test_both_distributions_have_one_version():
    projects = [tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"] for folder in (".", "client")]
    assert len({project["version"] for project in projects}) == 1


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A virtual environment with nothing but the client in it; hatchling, which builds it, stays outside."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True, timeout=120)
    pip = [str(folder / "venv/bin/pip"), "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    hatchling = os.pathsep.join(path for path in {sysconfig.get_path("purelib"), *sys.path} if "site-packages" in path)
    environment = {**bare_environment(folder, coverage=False), "PYTHONPATH": hatchling}
    subprocess.run([*pip, str(ROOT / "client")], check=True, timeout=120, env=environment)
    return folder


def test_alone_in_a_fresh_environment_the_client_watches_a_command_and_tells(fresh):
    tell = "from tocsin_client import tell; assert tell({'workflow': 'w', 'outcome': 'succeeded'})"
    with taking() as tocsin:
        environment = {
            **bare_environment(fresh, coverage=False),
            "TOCSIN_URL": f"http://127.0.0.1:{tocsin.port}",
            "TOCSIN_SPOOL": str(fresh / "spool"),
        }
        scripts = fresh / "venv/bin"
        watched = [str(scripts / "tocsin-exec"), "--workflow", "job", "--", "sh", "-c", "exit 3"]
        assert subprocess.run(watched, env=environment, timeout=30, check=False).returncode == 3
        subprocess.run([str(scripts / "python"), "-c", tell], env=environment, timeout=30, check=True)
        told = events_of(tocsin.requests)
    assert [event["outcome"] for event in told] == ["running", "failed", "succeeded"]
    packages = {path.name for path in (fresh / "venv").glob("lib/python*/site-packages/*") if path.is_dir()}
    assert not packages & {"alerting", "rules", "notifiers", "reports"}
