"""What a service does is asked of it on both stores."""

from collections.abc import Iterator

import pytest

from support.databases import Database
from support.service import Service

STORES = ["sqlite", "postgresql"]


def _environment(store: str) -> Iterator[dict[str, str]]:
    if store == "sqlite":
        yield {}
        return
    database = Database()
    yield {"TOCSIN_DATABASE_URL": database.url}
    database.drop()


@pytest.fixture(params=STORES, scope="module")
def store(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment of a service that the tests of a module share."""
    yield from _environment(request.param)


@pytest.fixture(params=STORES)
def on_both(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every service that the test starts uses this store."""
    for environment in _environment(request.param):
        Service.everywhere = environment
        yield
        Service.everywhere = {}


@pytest.hookimpl(tryfirst=True)  # before those are left out that were not asked for
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long and hardly differs between the stores is seen on PostgreSQL by ``make soak``."""
    for item in items:
        if item.get_closest_marker("once") and "postgresql" in item.name:
            item.add_marker(pytest.mark.soak)
