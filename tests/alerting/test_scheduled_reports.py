"""Does a scheduled report come when it is due, once, with what it says and its pictures?"""

import email
import email.policy
import io

from PIL import Image

from alerting.compose import Composer
from alerting.configuration.model import ScheduledReport
from alerting.database.sqlite import open_sqlite
from alerting.reporting.kept import kept
from alerting.reporting.making import Order, make_in
from alerting.reporting.schedule import Apart, Reporter
from alerting.settings import from_environment
from alerting.storage.messages import Owed
from alerting.storage.report_words import decoded
from notifiers.mail_compose import compose
from rules.instants import DAY, HOUR, MINUTE, SECOND

FILE = """
channels:
  hook: {type: webhook, url: "http://127.0.0.1:9/x"}
  mail: {type: email, smtp: "smtp://127.0.0.1:9", from: "tocsin@example.com", to: ["ops@example.com"]}
reports:
  - {name: daily, cron: "0 8 * * *", timezone: Europe/Vienna, period: 1d, channels: [hook, mail]}
"""


def reporter(h, make=None, may=True):
    return Reporter(
        h.store,
        h.clock,
        lambda: h.consumer.active,
        lambda: may,
        make or (lambda order: make_in(h.store, "https://t.example.com", order)),
    )


def owed(h):
    return h.rows("SELECT id, channel, report, created_at FROM notification WHERE reason = 'report' ORDER BY number")


def composed(h, channel):
    [id_] = [row["id"] for row in owed(h) if row["channel"] == channel]
    [head] = h.rows(f"SELECT * FROM outbox WHERE notification = '{id_}'")
    [told] = h.rows(f"SELECT * FROM notification WHERE id = '{id_}'")
    return Composer(h.store, "https://t.example.com").compose(Owed((head,), (told,)), h.clock.now())


def test_it_comes_once_at_its_time_to_each_channel(house):
    h = house(FILE)
    for n in range(30):
        h.event(run_id=f"r{n}", outcome="failed" if n % 3 == 0 else "succeeded")
    h.work()
    told = reporter(h)
    assert told.send_due() == 0  # it is not sent for times before it was set up
    for _ in range(48):
        h.pass_time(HOUR // 2)
        told.send_due()
    assert [row["channel"] for row in owed(h)] == ["hook", "mail"]
    assert told.send_due() == 0
    h.pass_time(DAY)
    assert reporter(h).send_due() == 1
    assert len(owed(h)) == 4


def test_what_was_due_while_nobody_worked_comes_once_and_not_for_each_day(house):
    h = house(FILE)
    told = reporter(h)
    told.send_due()
    h.pass_time(6 * DAY)
    assert told.send_due() == 1
    assert told.send_due() == 0
    assert len(owed(h)) == 2


def test_one_that_cannot_be_made_is_tried_again(house):
    h = house(FILE)
    tries = []

    def make(order):
        tries.append(order.due)
        if len(tries) < 3:
            raise OSError("no room")
        return make_in(h.store, "", order)

    told = reporter(h, make)
    told.send_due()
    h.pass_time(DAY)
    assert [told.send_due() for _ in range(4)] == [0, 0, 1, 0]
    assert len(set(tries)) == 1


def test_the_mail_says_every_answer_and_brings_its_charts_along(house):
    h = house(FILE)
    told = reporter(h)
    told.send_due()
    for n in range(40):
        h.event(run_id=f"r{n}", outcome="failed" if n % 4 == 0 else "succeeded", error={"type": "Boom"})
        h.pass_time(MINUTE)
    h.pass_time(DAY)
    told.send_due()
    report = kept(h.store, owed(h)[0]["report"])
    assert report.section("headline").data["runs"] == 40
    message = composed(h, "mail")
    assert message.title.startswith("Trend report daily, ")
    assert "10 of 40 runs bad" in message.title
    mail = email.message_from_bytes(
        bytes(compose(message, "tocsin@example.com", "ops@example.com")), policy=email.policy.default
    )
    images = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    page = mail.get_body(("html",)).get_content()
    assert len(images) >= 2
    for image in images:
        assert f"cid:{image['Content-ID'].strip('<>')}" in page
        assert Image.open(io.BytesIO(image.get_content())).width >= 600
    for section in report.sections[1:]:
        assert section.heading in page
    assert f"https://t.example.com/reports/{report.id}" in page


def test_it_is_made_in_a_process_of_its_own(tmp_path):
    settings = from_environment({}, data=str(tmp_path), listens=False)
    open_sqlite(settings.data).close()
    now = 1_795_500_000 * SECOND
    made = Apart(settings)(Order(ScheduledReport(name="weekly", channels=("mail",)), now, now))
    told = decoded(made.told)
    assert told.title == "Trend report weekly, 2026-11-17 to 2026-11-24: no runs"
    assert told.text.endswith("No run ended in this period.")
