"""The Node SDK's own exporters against a real service: what its users will really send with."""

import shutil
from pathlib import Path

import pytest

from support.engines import LIVE, needs, run
from support.service import Service, free_port

HERE = LIVE / "exporters"
NODE = Path(shutil.which("node") or "/usr/bin/node")
WAYS = ["json", "json gzip", "protobuf", "protobuf gzip", "grpc", "grpc gzip"]
pytestmark = needs(HERE / "node_modules" / ".ready", NODE)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    grpc = f"127.0.0.1:{free_port()}"
    with Service("", tmp_path_factory.mktemp("exporters"), TOCSIN_LISTEN_GRPC=grpc) as running:
        running.grpc = grpc
        yield running


@pytest.mark.parametrize("way", WAYS)
def test_what_the_sdk_sends_arrives(service, way, tmp_path):
    kind, _, compression = way.partition(" ")
    run([NODE, HERE / "app.js", service.url, service.grpc, kind, compression or "none"], tmp_path)
    service.wait_drained()
    name = f"{kind} {compression or 'none'}"
    runs = {each["workflow"]: each for each in service.items("/api/v1/runs") if each["workflow"].startswith(name)}
    well, ill = runs[f"{name} well"], runs[f"{name} ill"]
    assert (well["outcome"], well["error"], well["version"]) == ("succeeded", None, "2.1")
    assert (ill["outcome"], ill["failing_step"]) == ("failed", "charge")
    assert (ill["error"]["type"], ill["error"]["message"]) == ("RangeError", "card declined for order 7")
    [group] = [each for each in service.items("/api/v1/error-groups") if each["id"] == ill["error_group"]]
    assert group["count"] == 1
    frames = [value for name, value in group["components"] if "frame" in name]
    assert any(value.startswith("exporters/app in charge") for value in frames)
