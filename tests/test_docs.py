"""Do the reference pages say what the code does? And do their examples work?"""

import argparse
import re
from pathlib import Path

import pytest

from alerting.api import (
    acting,
    auditing,
    beside,
    changes,
    delivering,
    explaining,
    managing,
    pings,
    reading,
    reports,
    silencing,
    status,
    webhooks,
)
from alerting.api.ingest import routes
from alerting.cli.main import parser
from alerting.configuration import check
from alerting.ingest.engines import ADAPTERS, about
from alerting.settings import Settings
from notifiers.registry import CHANNEL_TYPES
from rules.matchers import FIELDS
from support import sections

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"


def page(name):
    return (REFERENCE / name).read_text()


@pytest.mark.parametrize(
    ("model", "where"),
    [
        *((each, REFERENCE / "configuration.md") for each in sections.of_the_file()),
        *((each, ROOT / "docs" / "how-to" / "test-rules.md") for each in sections.of_rule_tests()),
    ],
)
def test_every_key_is_described(model, where):
    text = where.read_text()
    if where.parent == REFERENCE:
        text += page("rules.md") + page("policies.md")
    for name, field in model.model_fields.items():
        key = field.alias or name
        assert f"`{key}`" in text or f"{key}:" in text, key


def test_every_field_that_can_be_matched_is_named():
    for field in set(FIELDS) - {"rule"}:
        assert f"`{field}`" in page("configuration.md")


@pytest.mark.parametrize("name", ["configuration.md", "channels.md", "rules.md", "policies.md", "expressions.md"])
def test_every_example_of_a_file_is_right(name):
    blocks = re.findall(r"```yaml\n(.*?)```", page(name), re.S)
    assert blocks
    for block in blocks:
        assert check(block, name, {}) == []


def test_the_readme_s_example_is_right():
    [block] = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert check(block, "README.md", {"SLACK_WEBHOOK_URL": "https://hooks.example.com/x"}) == []


def test_every_command_is_described():
    [commands] = [a for a in parser()._actions if isinstance(a, argparse._SubParsersAction)]
    for name in commands.choices:
        assert f"| `tocsin {name}`" in page("commands.md")


def test_every_environment_variable_is_described_and_no_other():
    described = set(re.findall(r"^\| `(\w+)`", page("environment.md"), re.M))
    packages = [ROOT / "src" / "alerting", ROOT / "src" / "tocsin_client"]
    sources = "".join(path.read_text() for package in packages for path in package.rglob("*.py"))
    used = set(re.findall(r"TOCSIN_[A-Z_]+\b", sources))
    assert {name for name in described if name.startswith("TOCSIN")} == used


def test_every_kind_of_channel_has_a_chapter():
    for kind in CHANNEL_TYPES:
        assert f"\n## {kind}\n" in page("channels.md")


def test_every_path_of_the_api_is_described():
    paths = {route.path for route in [*routes(), *webhooks.routes(), *pings.routes()]}
    parts = (
        acting, auditing, beside, changes, delivering, explaining, managing, reading, reports, silencing, status,
    )  # fmt: skip
    for part in parts:
        paths |= {route.path for route in part.router.routes if getattr(route, "include_in_schema", True)}
    for path in paths:
        assert path in page("api.md"), path


def test_the_default_of_every_setting_is_told():
    assert Settings().listen in page("environment.md")


def test_every_link_between_pages_leads_somewhere():
    for path in [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "client" / "README.md",
        *(ROOT / "docs").rglob("*.md"),
    ]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} → {target}"


def test_the_page_of_engines_is_made_of_the_code():
    assert page("engines.md") == about.page()
    assert {engine.engine for engine in about.ENGINES} == {adapter.engine for adapter in ADAPTERS} | {"dagster"}
    for engine in about.ENGINES:
        assert (ROOT / "docs" / "how-to" / f"{engine.page}.md").exists()
