"""Which timers are there? The kinds of deadlines of the rules; the owner of each is an alert's key.

``TALK`` alone is a conversation's.
"""

FOR = "for"  # the condition has held for as long as the rule asks
CLEAR = "clear"  # it has not held for as long as the alert goes on without it
LOOK = "look"  # the condition wants to be asked again
QUIET = "quiet"  # no failure for so long
ESCALATE = "escalate"
ACK = "ack"  # the acknowledgement has run out
CALM = "calm"  # it no longer flaps
RECHECK = "recheck"  # what kept it from being told may be over
TALK = "talk"


def turn(kind: str) -> int:
    """Of deadlines due at one time: first what alerts may be told, then what becomes of them, then what is said."""
    return {RECHECK: 0, TALK: 2}.get(kind, 1)
