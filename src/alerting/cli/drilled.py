"""How far has word of a drill come? By what the API explains of its run and tells of each delivery; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.instants import parse_instant

Found = Mapping[str, Any]
_LATER = frozenset({"grouped", "digest_later", "muted", "rate_limited"})  # a message may still come of it


@dataclass(slots=True)
class Standing:
    """``done`` is what has happened, in order; ``waits`` what is still to come; ``lost`` what will not come, and why.
    ``alerts`` are those that were raised."""

    done: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    heard: int = 0

    @property
    def arrived(self) -> bool:
        return bool(self.heard) and not self.waits and not self.lost

    @property
    def over(self) -> bool:
        """Nothing more is to be waited for."""
        return not self.waits


@dataclass(slots=True, frozen=True)
class Answers:
    """``explained`` is None until the run is known; ``tries`` are of the messages by their ids, the newest first."""

    explained: Found | None
    tries: Mapping[str, Sequence[Found]]
    channels: Mapping[str, Found]


def messages_of(explained: Found | None) -> list[Found]:
    """Those about the drill: messages of an alert that was open before say nothing of it."""
    if explained is None:
        return []
    began = parse_instant(explained["run"]["ended_at"])
    found = [each for rule in explained["rules"] for each in rule["messages"]]
    return [each for each in found if parse_instant(each["created_at"]) >= began]


def standing(answers: Answers) -> Standing:
    found, told = Standing(), answers.explained
    if told is None:
        found.waits.append("the run is not recognised yet; is a worker running? tocsin doctor says")
        return found
    run = told["run"]
    found.done.append(f"recognised as run {run['id']}: {run['outcome']}, severity {run['severity'] or 'not known yet'}")
    if "not judged yet" in told["summary"]:
        found.waits.append(told["summary"])
        return found
    found.lost.extend(f"not sent because {_why(each)}" for each in told["silences"])
    looking = [rule for rule in told["rules"] if rule["matched"]]
    for rule in looking:
        _rule(found, answers, rule)
    if not looking:
        found.lost.append(told["summary"])
        found.lost.extend(f"rule {rule['rule']} does not look at it: {rule['because']}" for rule in told["rules"])
    elif not found.alerts and not found.lost:
        found.waits.extend(_unfired(looking))
    return found


def _rule(found: Standing, answers: Answers, rule: Found) -> None:
    fired = [each for each in rule["alerts"] if each["state"] == "firing"]
    changes = ", ".join(each["change"] for each in rule["judged"]) or "no answer yet"
    found.done.append(f"rule {rule['rule']} looks at it: {changes}")
    found.done.extend(f"alert {each['id']}, severity {each['severity']}" for each in fired)
    found.alerts.extend(each["id"] for each in fired)
    route = rule["route"]
    if not fired or route is None:
        return
    if route["silence"]:
        found.lost.append(f"rule {rule['rule']} tells nobody: {route['silence']}")
    for channel in () if route["silence"] else route["channels"]:
        _channel(found, answers, rule, channel)


def _channel(found: Standing, answers: Answers, rule: Found, channel: str) -> None:
    mine = [each for each in messages_of({**(answers.explained or {}), "rules": [rule]}) if each["channel"] == channel]
    if not mine:
        _unsaid(found, rule, channel)
    for message in mine:
        found.done.append(f"message for {channel} decided ({message['about']})")
        _message(found, answers, message)


def _message(found: Standing, answers: Answers, message: Found) -> None:
    channel = answers.channels.get(message["channel"], {})
    tries = answers.tries.get(message["id"], ())
    for target in channel.get("targets", ()):
        last = next((e for e in tries if (e["channel"], e["target"]) == (message["channel"], target)), None)
        place = f"{message['channel']} ({target})"
        if last is not None:
            _tried(found, place, last)
        elif message["status"] == "sent" and channel["state"] == "ill":
            found.lost.append(f"{place}: put together with another message, which died ({channel['detail']})")
        elif message["status"] == "sent":
            found.heard += 1
            found.done.append(f"{place}: delivered, together with another message")
        elif message["status"] == "dead":
            found.lost.append(f"{place}: given up")
        else:
            paused = f"the channel is paused until {channel['paused_until']}" if channel["paused_until"] else "queued"
            found.waits.append(f"{place}: {paused}")
    for each in tries:
        if each["channel"] != message["channel"] and each["receipt"] == "delivered":
            found.done.append(f"{each['channel']} ({each['target']}) was told in the place of {message['channel']}")


def _tried(found: Standing, place: str, last: Found) -> None:
    detail = f" ({last['detail']})" if last["detail"] else ""
    said = f"{place}: {last['receipt']}{detail} in {last['latency_ms']} ms"
    if last["receipt"] == "delivered":
        found.heard += 1
        found.done.append(said)
    elif last["next_attempt_at"]:
        found.waits.append(f"{said}; next try at {last['next_attempt_at']}")
    else:
        found.lost.append(said)


def _unsaid(found: Standing, rule: Found, channel: str) -> None:
    silences = [each for each in rule["silences"] if each["channel"] in (channel, None)]
    planned = [f"{each['what']} at {each['due_at']}" for each in rule["planned"] if each["channel"] == channel]
    if not silences:
        found.waits.append(f"{channel}: no message was decided yet")
        return
    last = silences[-1]
    said = f"{channel}: not sent because {_why(last)}" + "".join(f"; {each}" for each in planned)
    (found.waits if last["reason"] in _LATER else found.lost).append(said)


def _why(silence: Found) -> str:
    return f"{silence['reason']}: {silence['because']}" if silence["because"] else str(silence["reason"])


def _unfired(looking: Sequence[Found]) -> Iterator[str]:
    for rule in looking:
        planned = "; ".join(f"{each['what']} at {each['due_at']}" for each in rule["planned"])
        yield f"rule {rule['rule']} ({rule['condition']}) has not fired" + (f": {planned}" if planned else "")
