"""The bell between receiver and worker: heard at once, also by a worker that was started after the last one."""

import pytest

from alerting.inbox.doorbell import Bell, Listener


@pytest.fixture
def bell(tmp_path):
    bell = Bell(tmp_path)
    yield bell
    bell.close()


def test_nobody_has_to_listen(bell):
    bell.ring()


def test_all_rings_so_far_are_heard_as_one(bell, tmp_path):
    listener = Listener(tmp_path)
    for _ in range(1000):  # more than a socket holds
        bell.ring()
    assert listener.wait(0)
    assert not listener.wait(0)
    listener.close()


def test_the_next_worker_hears_the_first_ring(bell, tmp_path):
    first = Listener(tmp_path)
    bell.ring()
    first.close()
    second = Listener(tmp_path)
    bell.ring()
    assert second.wait(0)
    second.close()


def test_a_folder_may_lie_deep(tmp_path):
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    bell, listener = Bell(deep), Listener(deep)
    bell.ring()
    assert listener.wait(0)
    bell.close()
    listener.close()
