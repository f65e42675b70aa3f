"""The doors, the API and the pages of a house, without a port."""

from dataclasses import replace

from fastapi.testclient import TestClient

from alerting.api.context import ApiContext
from alerting.api.in_force import InForce
from alerting.api.turned_away import TurnedAways
from alerting.app import create_app
from alerting.links import Links
from alerting.scrub import Scrubber
from alerting.settings import Settings
from alerting.traces.reading import spans_of_run
from support.house import House

ADDRESS = "http://127.0.0.1:4318"
LINKS = Links(ADDRESS, "a key")


def doors(house: House, settings: Settings | None = None) -> TestClient:
    """With the house's configuration as its file."""
    file = house.folder / "tocsin.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(house.text)
    settings = replace(settings or Settings(), config=file)
    in_force = InForce(settings, {}, house.store, house.clock, house.inbox, house._activate, house.text)
    context = ApiContext(
        settings, house.store, house.clock, house.inbox, in_force,
        lambda run: spans_of_run(house.store, house.archive, Scrubber(), run),
        lambda _connection, _done: 0, TurnedAways(house.clock.now), LINKS,
    )  # fmt: skip
    return TestClient(create_app(context), base_url=ADDRESS)
