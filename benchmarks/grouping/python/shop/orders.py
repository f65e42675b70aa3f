"""Orders as partners send them: read, checked and priced."""

import json

PRICES = {"A-100": 1250, "A-200": 900, "B-310": 15900, "C-777": 450}
COUNTRIES = {"DE", "FR", "NL", "PL"}


class OrderInvalid(Exception):
    pass


def import_order(body):
    order = json.loads(body)
    lines = read_lines(order["lines"])
    check(order, lines)
    return sum(price_of(line) for line in lines)


def read_lines(given):
    lines = []
    for each in given:
        lines.extend(read_lines(each["bundle"]) if "bundle" in each else [read_line(each)])
    return lines


def read_line(given):
    return {"sku": given["sku"].strip(), "quantity": given["quantity"] * given.get("packs", 1)}


def check(order, lines):
    if order["country"] not in COUNTRIES:
        raise OrderInvalid(f"order {order['id']}: there is no shipping to {order['country']!r}")
    for line in lines:
        if line["quantity"] <= 0:
            told = f"quantity {line['quantity']} of {line['sku']} is not positive"
            raise OrderInvalid(f"order {order['id']} of {order['customer']}: {told}")


def price_of(line):
    return PRICES[line["sku"]] * line["quantity"]
