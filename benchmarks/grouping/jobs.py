"""What the shop is given: twenty causes, each with data that differs from variant to variant as data does.

Five causes share each workflow and its step. Nothing here knows what a fingerprint does; the only thing that tells a
job's true cause is its run id, ``c07-v3-1f0c9a2e``, which no fingerprint looks at.
"""

import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Given = dict[str, Any]
VARIANTS = 6


@dataclass(frozen=True)
class World:
    """The warehouse answers at ``warehouse``, nothing does at ``closed``; ``hosts`` all mean this machine."""

    warehouse: int
    closed: int
    database: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One job to come: its variant, the chance that makes its data, and the world it runs in."""

    variant: int
    chance: random.Random
    world: World

    def number(self, low: int = 1_000, high: int = 999_999) -> int:
        return self.chance.randint(low, high)

    def host(self) -> str:
        return self.chance.choice(self.world.hosts)

    def id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def pick(self, *of: Any) -> Any:
        return self.chance.choice(of)


def order(case: Case, **over: Any) -> Given:
    lines = [{"sku": case.pick("A-100", "A-200", "B-310"), "quantity": case.number(1, 9)} for _ in range(4)]
    customer = f"{case.pick('ann', 'b.meyer', 'C_Li')}@{case.pick('example.com', 'mail.example.org')}"
    return {"id": case.number(), "customer": customer, "country": "DE", "lines": lines, **over}


def with_line(case: Case, line: Given) -> Given:
    """An order of which one line is bad; in the fourth variant it lies in a bundle."""
    made = order(case)
    made["lines"].insert(case.number(0, 4), {"bundle": [line]} if case.variant == 4 else line)
    return {"body": json.dumps(made)}


def unknown_article(case: Case) -> Given:
    return with_line(case, {"sku": f"{case.pick('X', 'ZZ', 'Q')}-{case.number(100, 999)}", "quantity": 1})


def no_quantity(case: Case) -> Given:
    return with_line(case, {"sku": case.pick("A-100", "C-777")})


def cut_off_body(case: Case) -> Given:
    body = json.dumps(order(case), indent=case.pick(None, 2))
    return {"body": body[: case.number(20, len(body) - 10)]}


def not_positive(case: Case) -> Given:
    return with_line(case, {"sku": case.pick("A-100", "C-777"), "quantity": -case.number(0, 12)})


def no_shipping(case: Case) -> Given:
    return {"body": json.dumps(order(case, country=case.pick("US", "CH", "BR", "Great Britain", "")))}


def stock(case: Case, kind: str, port: int = 0, patience: float = 10.0) -> Given:
    where = f"http://{case.host()}:{port or case.world.warehouse}/{kind}/{case.pick('v1', 'v2')}"
    sku = case.pick("A-100", "B-310", "C-777", "K-4", "Z-90210")
    return {"warehouse": where, "sku": sku, "wanted": case.number(1, 40), "patience": patience}


def unavailable(case: Case) -> Given:
    return stock(case, "moved-unavailable" if case.variant == 3 else "unavailable")


def not_found(case: Case) -> Given:
    return stock(case, "absent")


def too_slow(case: Case) -> Given:
    return stock(case, "stalled" if case.variant in {2, 5} else "slow", patience=case.pick(0.2, 0.25, 0.3))


def refused(case: Case) -> Given:
    return stock(case, "any", case.world.closed)


def out_of_stock(case: Case) -> Given:
    return stock(case, "empty")


def all_reserved(case: Case) -> Given:
    return stock(case, "reserved")


def payment(case: Case, database: str = "", **over: Any) -> Given:
    payer = f"cust-{case.id()[:8]}"
    made = {"id": case.number(10**6, 10**9), "payer": payer, "legs": [], "history": case.number(9, 99)}
    amount = f"{case.number(1, 9999)}.{case.number(10, 99)}"
    return {"database": database or case.world.database, "payment": {**made, "amount": amount, **over}}


def database_away(case: Case) -> Given:
    return payment(case, f"postgresql://shop@{case.host()}:{case.world.closed}/shop")


def booked_twice(case: Case) -> Given:
    return payment(case, id=case.number(1, 1_000))


def deadlock(case: Case) -> Given:
    one, other = case.chance.sample(range(1, 200), 2)
    return payment(case, legs=[[one, other], [other, one]])


def long_history(case: Case) -> Given:
    return payment(case, history=case.number(40_000_000, 90_000_000))


def amount_with_words(case: Case) -> Given:
    return payment(case, amount=f"{case.number(1, 900)}{case.pick(',-', ' EUR', ' incl. VAT')}")


def report(case: Case, **over: Any) -> Given:
    rows = [{"cents": case.number(1, 90_000)} for _ in range(case.number(2, 9))]
    made = {"id": case.number(), "rows": rows, "total": sum(row["cents"] for row in rows), "top": "all"}
    return {"report": {**made, "categories": {}, "sections": [], "export": ["true"], **over}}


def wrong_total(case: Case) -> Given:
    return report(case, total=case.number(1, 9_999_999))


def categories_in_a_circle(case: Case) -> Given:
    """A few lead down to a category that lies, some further down, in itself."""
    names = ["all", *(f"category {case.number()}" for _ in range(case.number(2, 7)))]
    back = names[case.number(1, len(names) - 1)]
    below = {name: [following] for name, following in zip(names, [*names[1:], back], strict=True)}
    return report(case, categories=below)


def exporter_fails(case: Case) -> Given:
    stamp = f"2026-11-{case.number(10, 28)}T{case.number(10, 23)}:{case.number(10, 59)}:07.{case.number(100, 999)}Z"
    told = (
        f"[{stamp}] job {case.id()} on {case.number(10, 99)}.0.{case.number(1, 200)}.{case.number(1, 200)}:8443: "
        f"cannot write /var/spool/export/{case.number()}/part-{case.number(1, 90):05}.parquet: no space left on "
        f"device, {case.number(1, 900)} of {case.number(901, 4000)} blocks written in {case.number(1, 90)}."
        f"{case.number(1, 9)}s (worker pid {case.number(2, 40_000)}, etag {case.id().replace('-', '')})"
    )
    return report(case, export=["sh", "-c", 'echo "$0" >&2; exit 3', told])


def sections_without_rows(case: Case) -> Given:
    since = f"2026-11-{case.number(10, 28)}"
    names = case.chance.sample(["sales", "returns", "visits", "stock"], case.number(1, 3))
    empty = [{"name": name, "rows": None, "since": since} for name in names]
    return report(case, sections=[{"name": "costs", "rows": [1, 2], "since": since}, *empty])


CAUSES: tuple[tuple[str, Callable[[Case], Given]], ...] = (
    ("import_orders", unknown_article), ("import_orders", no_quantity), ("import_orders", cut_off_body),
    ("import_orders", not_positive), ("import_orders", no_shipping),
    ("sync_stock", unavailable), ("sync_stock", not_found), ("sync_stock", too_slow), ("sync_stock", refused),
    ("sync_stock", out_of_stock), ("sync_stock", all_reserved),
    ("settle", database_away), ("settle", booked_twice), ("settle", deadlock), ("settle", long_history),
    ("settle", amount_with_words),
    ("report", wrong_total), ("report", categories_in_a_circle), ("report", exporter_fails),
    ("report", sections_without_rows),
)  # fmt: skip


def jobs_of(variant: int, world: World, seed: str) -> list[dict[str, Any]]:
    """All causes' jobs of one variant, in an order of its own."""
    found = []
    for number, (workflow, given) in enumerate(CAUSES, 1):
        case = Case(variant, random.Random(f"{seed}-{number}-{variant}"), world)
        run = f"c{number:02}-v{variant}-{case.id()[:8]}"
        found.append({"run": run, "workflow": workflow, "given": given(case)})
    random.Random(f"{seed}-{variant}").shuffle(found)
    return found


def truth_of(run_id: str) -> tuple[str, int]:
    """(cause, variant) of a run's id."""
    cause, variant, _ = run_id.split("-")
    return CAUSES[int(cause[1:]) - 1][1].__name__, int(variant[1:])
