"""What is said where: the conversations as the rules left them."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import bindparam, delete, select

from alerting.database.port import Connection, is_postgresql
from alerting.database.statements import Row, chunks, make_lockable, upsert
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
        make_lockable(connection, _conversation, wanted, _BLANK)
    found: list[Conversation] = []
    for piece in chunks(wanted):
        columns = (_conversation.c.body,)
        statement = select(*columns).where(_conversation.c.key.in_(piece)).order_by(_conversation.c.key)
        bodies = connection.execute(statement.with_for_update()).scalars()
        found.extend(_decoder.decode(body) for body in bodies if body)
    return found


_BLANK: Row = {"policy": "", "channel": "", "body": ""}


def _row(conversation: Conversation) -> Row:
    body = _encoder.encode(conversation).decode()
    return {
        "key": conversation.key,
        "policy": conversation.policy,
        "channel": conversation.channel,
        "body": body,
    }


def save(connection: Connection, conversations: Iterable[Conversation]) -> None:
    """One that nothing is left to say in, or to remember of, goes."""
    kept: list[Conversation] = []
    gone: list[Conversation] = []
    for each in conversations:
        (gone if each.idle and not each.recent and not each.last_at else kept).append(each)
    upsert(connection, _conversation, [_row(each) for each in kept])
    if gone:
        statement = delete(_conversation).where(_conversation.c.key == bindparam("gone"))
        connection.execute(statement, [{"gone": each.key} for each in gone])
