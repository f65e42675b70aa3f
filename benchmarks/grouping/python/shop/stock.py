"""Stock, asked of the warehouse over HTTP."""

import requests


class OutOfStock(Exception):
    pass


class StockReserved(Exception):
    pass


def sync_stock(warehouse, sku, wanted, patience):
    found = get(f"{warehouse}/{sku}", patience)
    return take(found, sku, wanted)


def get(url, patience):
    answer = requests.get(url, timeout=patience)
    answer.raise_for_status()
    return answer.json()


def take(found, sku, wanted):
    told = f"{wanted} of {sku} cannot be had from {found['place']}"
    if found["on_hand"] < wanted:
        raise OutOfStock(told)
    if found["on_hand"] - found["reserved"] < wanted:
        raise StockReserved(told)
    return found["on_hand"] - wanted
