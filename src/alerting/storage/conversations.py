"""What is said where: the conversations as the rules left them."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import bindparam, delete

from alerting.database.port import Connection
from alerting.database.statements import Row, locked_bodies, upsert
from alerting.storage.forgetting import BLANK_SINCE, day_of
from alerting.storage.schema import ConversationRow, table
from rules.conversation import Conversation
from rules.instants import Instant

_conversation = table(ConversationRow)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Conversation)


def load(connection: Connection, keys: Iterable[str]) -> list[Conversation]:
    """Those that are there. Where others write too, each is locked until the transaction ends, in the order of the
    keys, whether it is there already or not; alerts are always locked before."""
    return [_decoder.decode(body) for body in locked_bodies(connection, _conversation, keys, _BLANK)]


_BLANK: Row = {"policy": "", "channel": "", "body": "", "idle_since": BLANK_SINCE}


def _row(conversation: Conversation, day: Instant) -> Row:
    body = _encoder.encode(conversation).decode()
    return {
        "key": conversation.key,
        "policy": conversation.policy,
        "channel": conversation.channel,
        "body": body,
        "idle_since": day if conversation.idle else 0,
    }


def save(connection: Connection, conversations: Iterable[Conversation], at: Instant) -> None:
    """One that nothing is left to say in, or to remember of, goes."""
    kept: list[Conversation] = []
    gone: list[Conversation] = []
    for each in conversations:
        (gone if each.idle and not each.recent and not each.last_at else kept).append(each)
    upsert(connection, _conversation, [_row(each, day_of(at)) for each in kept])
    if gone:
        statement = delete(_conversation).where(_conversation.c.key == bindparam("gone"))
        connection.execute(statement, [{"gone": each.key} for each in gone])
