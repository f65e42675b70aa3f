"""What is said where: the conversations as the rules left them."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import bindparam, delete, select

from alerting.database.port import Connection, is_postgresql
from alerting.database.statements import Row, chunks, insert_new, upsert
from alerting.storage.schema import ConversationRow, table
from rules.conversation import Conversation

_conversation = table(ConversationRow)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Conversation)


def load(connection: Connection, keys: Iterable[str]) -> list[Conversation]:
    """Those that are there. Where others write too, each is locked until the transaction ends, in the order of the
    keys, whether it is there already or not; alerts are always locked before."""
    wanted = sorted(set(keys))
    if is_postgresql(connection):
        _make_lockable(connection, wanted)
    found: list[Conversation] = []
    for piece in chunks(wanted):
        columns = (_conversation.c.body,)
        statement = select(*columns).where(_conversation.c.key.in_(piece)).order_by(_conversation.c.key)
        bodies = connection.execute(statement.with_for_update()).scalars()
        found.extend(_decoder.decode(body) for body in bodies if body)
    return found


def _make_lockable(connection: Connection, keys: list[str]) -> None:
    there: set[str] = set()
    for piece in chunks(keys):
        there.update(connection.execute(select(_conversation.c.key).where(_conversation.c.key.in_(piece))).scalars())
    missing: list[Row] = [_row(key) for key in keys if key not in there]
    insert_new(connection, _conversation, missing)


def _row(key: str, conversation: Conversation | None = None) -> Row:
    if conversation is None:
        return {"key": key, "policy": "", "channel": "", "body": ""}
    body = _encoder.encode(conversation).decode()
    return {"key": key, "policy": conversation.policy, "channel": conversation.channel, "body": body}


def save(connection: Connection, conversations: Iterable[Conversation]) -> None:
    """One that nothing is left to say in, or to remember of, goes."""
    kept: list[Conversation] = []
    gone: list[Conversation] = []
    for each in conversations:
        (gone if each.idle and not each.recent and not each.last_at else kept).append(each)
    upsert(connection, _conversation, [_row(each.key, each) for each in kept])
    if gone:
        statement = delete(_conversation).where(_conversation.c.key == bindparam("gone"))
        connection.execute(statement, [{"gone": each.key} for each in gone])
