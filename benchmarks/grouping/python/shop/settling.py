"""Payments, booked in PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal, InvalidOperation

from sqlalchemy import create_engine, text


class SettlementFailed(Exception):
    pass


def settle(database, payment):
    amount = amount_of(payment)
    engine = create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    try:
        book(engine, payment, amount)
        with ThreadPoolExecutor() as both:
            legs = [both.submit(transfer, engine, *leg, amount) for leg in payment["legs"]]
        for leg in legs:
            leg.result()
    finally:
        engine.dispose()


def amount_of(payment):
    try:
        return Decimal(payment["amount"])
    except InvalidOperation as error:
        raise SettlementFailed(f"payment {payment['id']}: cannot settle {payment['amount']} EUR") from error


def book(engine, payment, amount):
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 400"))
        connection.execute(text("SELECT sum(n) FROM generate_series(1, :days) n"), {"days": payment["history"]})
        values = {"id": payment["id"], "payer": payment["payer"], "amount": amount}
        connection.execute(text("INSERT INTO payments (id, payer, amount) VALUES (:id, :payer, :amount)"), values)


def transfer(engine, source, target, amount):
    with engine.begin() as connection:
        change = text("UPDATE accounts SET balance = balance + :change WHERE id = :id")
        connection.execute(change, {"change": -amount, "id": source})
        connection.execute(change, {"change": amount, "id": target})
