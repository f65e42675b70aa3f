"""Links in messages that act: who can make one, for how long it holds, and in which messages it stands."""

from contextlib import closing
from urllib.parse import urlsplit

import pytest

from alerting.database.postgresql import open_postgresql
from alerting.database.sqlite import open_sqlite
from alerting.links import HOLDS, BadLink, Link, Links, links_of
from alerting.settings import Settings
from rules.instants import DAY, SECOND
from support.delivering import deliver
from support.doors import ADDRESS, LINKS, doors
from support.house import START, House

HOOK = 'channels: {hook: {type: webhook, url: "http://127.0.0.1:9/x"}}'


def token(url):
    return url.rpartition("/")[2]


def test_a_link_is_for_one_action_and_one_alert():
    url = LINKS.url("acknowledge", "a1", START)
    assert url.startswith(f"{ADDRESS}/act/")
    assert LINKS.read(token(url), START) == Link("acknowledge", "a1")


def test_a_link_holds_for_seven_days_by_the_service_s_clock():
    made = token(LINKS.url("silence", "a1", START))
    assert LINKS.read(made, START + HOLDS - SECOND) == Link("silence", "a1")
    with pytest.raises(BadLink, match="expired"):
        LINKS.read(made, START + 7 * DAY)


@pytest.mark.parametrize("spoil", [
    lambda made: made[:-1],
    lambda made: made + "x",
    lambda made: "x" + made,
    lambda _: token(Links("http://tocsin", "another key").url("silence", "a1", START)),
    lambda _: "",
    lambda _: "ä.ö.ü",
    lambda _: "x" * 100_000,
    lambda _: LINKS._signer.dumps(["resolve", "a1", 1 << 60]),
    lambda _: LINKS._signer.dumps("a1"),
])  # fmt: skip
def test_what_tocsin_did_not_make_is_refused(spoil):
    made = token(LINKS.url("silence", "a1", START))
    with pytest.raises(BadLink):
        LINKS.read(spoil(made), START)


def test_without_a_secret_key_one_is_made_once_and_kept(tmp_path, database):
    for open_store in (lambda: open_sqlite(tmp_path), lambda: open_postgresql(database.url, 2)):
        with closing(open_store()) as first, closing(open_store()) as second:
            made = token(links_of(first, "http://tocsin", "").url("silence", "a1", START))
            assert links_of(second, "http://tocsin", "").read(made, START).alert == "a1"
            with pytest.raises(BadLink):
                links_of(second, "http://tocsin", "given").read(made, START)


def test_firing_alerts_have_links_and_others_have_none(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.work()
    links = Links("http://tocsin", "k")
    deliver(h, links)
    [row] = h.rows("SELECT id FROM alert")
    h.event(run_id="ok", outcome="succeeded")
    h.work()
    deliver(h, links)
    first, over = h.channels["hook"].messages
    for said in (first.links, first.alerts[0].links):
        assert links.read(token(said["acknowledge"]), h.clock.now()) == Link("acknowledge", row["id"])
        assert links.read(token(said["silence"]), h.clock.now()) == Link("silence", row["id"])
    assert over.reason == "resolved"
    assert not {"acknowledge", "silence"} & set(over.links)


def test_an_acknowledged_alert_can_only_be_silenced(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.work()
    [row] = h.rows("SELECT id FROM alert")
    h.act("acknowledge", row["id"])
    h.work()
    deliver(h, LINKS)
    [told] = h.channels["hook"].messages
    assert {"acknowledge", "silence"} & set(told.links) == {"silence"}


@pytest.fixture
def opened(tmp_path):
    """(a house with a firing alert, a client of its pages with a password, the id of the alert)"""
    house = House(tmp_path, HOOK)
    house.event(workflow="pay", run_id="r1", error={"type": "Boom", "message": "<script>x</script>"})
    house.work()
    yield house, doors(house, Settings(admin_password="a password")), house.rows("SELECT id FROM alert")[0]["id"]
    house.close()


def test_looking_at_a_link_changes_nothing(opened):
    house, client, alert = opened
    path = urlsplit(LINKS.url("acknowledge", alert, house.clock.now())).path
    seen = client.get(path)
    assert (seen.status_code, client.head(path).status_code) == (200, 200)
    assert "&lt;script&gt;" in seen.text
    assert "<script" not in seen.text
    assert seen.headers["cache-control"] == "no-store"
    house.work()
    assert house.rows("SELECT acknowledged_by FROM alert") == [{"acknowledged_by": ""}]
    assert house.rows("SELECT * FROM audit") == []


def test_a_form_of_another_site_does_nothing(opened):
    house, client, alert = opened
    path = urlsplit(LINKS.url("acknowledge", alert, house.clock.now())).path
    assert client.post(path, headers={"origin": "http://evil.example"}).status_code == 403
    house.work()
    assert house.rows("SELECT acknowledged_by FROM alert") == [{"acknowledged_by": ""}]


def test_the_form_acts_without_a_login_and_says_who(opened):
    house, client, alert = opened
    path = urlsplit(LINKS.url("acknowledge", alert, house.clock.now())).path
    assert client.get(f"/alerts/{alert}", follow_redirects=False).status_code == 401
    assert client.post(path, data={"by": " ann \n of ops "}, headers={"origin": ADDRESS}).status_code == 200
    house.work()
    assert house.rows("SELECT acknowledged_by FROM alert") == [{"acknowledged_by": "ann of ops"}]
    assert "acknowledged already, by ann of ops" in client.get(path).text
    [audited] = house.rows("SELECT * FROM audit")
    assert (audited["by"], audited["action"], audited["object"]) == ("ann of ops", "acknowledge", f"alert {alert}")


def test_a_link_that_opens_nothing_says_why(opened):
    house, client, alert = opened
    path = urlsplit(LINKS.url("silence", alert, house.clock.now())).path
    forged = client.post("/act/forged")
    assert (forged.status_code, "did not make this link" in forged.text) == (410, True)
    old = urlsplit(LINKS.url("silence", alert, house.clock.now() - 8 * DAY)).path
    assert "expired" in client.post(old).text
    house.event(workflow="pay", run_id="ok", outcome="succeeded")
    house.work()
    over = client.post(path)
    assert (over.status_code, "is over already" in over.text) == (410, True)
    assert house.rows("SELECT * FROM audit") == []


def test_composing_without_links_leads_to_pages_alone(house):
    h = house(HOOK)
    h.event(run_id="r1")
    h.work()
    deliver(h)
    assert "acknowledge" not in h.channels["hook"].messages[0].links
