"""Does the schema for editors let pass what the file's reader does, and mark what it refuses?"""

import json
import re
from pathlib import Path

import pytest

from alerting.cli.main import main
from alerting.configuration.model import File
from alerting.configuration.positions import read
from alerting.configuration.schema import schema
from notifiers.registry import CHANNEL_TYPES
from rules.condition_config import KINDS
from support import sections
from support.schemas import fits

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [block for page in PAGES for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.S | re.M)]
FILES = [block for block in EXAMPLES if set(read(block, "x").value) <= set(File.model_fields)]


@pytest.mark.parametrize("text", FILES)
def test_every_example_of_the_pages_fits(text):
    assert fits(schema(), schema(), read(text, "x").value)


def test_there_are_examples():
    assert len(FILES) > 10


@pytest.mark.parametrize("model", [*sections.of_the_file(), *(config for config, _ in CHANNEL_TYPES.values())])
def test_every_key_of_every_model_is_in_it(model):
    names = {field.alias or name for name, field in model.model_fields.items()}
    if model is File:
        assert set(schema()["properties"]) == names
        return
    [found] = [
        part for title, part in schema()["$defs"].items()
        if title == model.__name__ or model is CHANNEL_TYPES.get(title.removesuffix("-channel"), (None,))[0]
    ]  # fmt: skip
    assert set(found["properties"]) == names


@pytest.mark.parametrize(
    "text",
    [
        "rulez: []",
        "rules: [{name: a, condition: {raet: 1}}]",
        "rules: [{name: a, for: 90}]",
        "rules: [{name: a, for: 90 minutes}]",
        "rules: [{name: a, match: {workflw: x}}]",
        "rules: [{name: a, condition: {running_longer: {afer: 1m}}}]",
        "rules: [{name: a, resolve: upsteam}]",
        "policies: {default: {timing: {high: hurly}}}",
        "policies: {default: {timing: {hig: now}}}",
        "policies: {default: {group_wait: {high: soon}}}",
        "channels: {a: {type: webhok}}",
        "channels: {a: {type: email, smtp: 'smtp://x'}}",
        "silences: [{until: 2030-01-01T00:00:00Z}]",
    ],
)
def test_what_is_wrong_does_not_fit(text):
    assert not fits(schema(), schema(), read(text, "x").value)


def test_it_is_about_what_people_write():
    definitions = schema()["$defs"]
    assert definitions["Policy"]["properties"]["dedup_window"]["default"] == "1h"
    assert definitions["Storm"]["properties"]["every"]["default"] == "10m"
    forms = definitions["Rule"]["properties"]["condition"]["anyOf"]
    assert len(forms) == len(KINDS) + 1


def test_the_command_prints_it(capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()
