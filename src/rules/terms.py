"""What does a policy come to at a given moment? A policy with its calendar, compiled."""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.calendar.digests import next_digest
from rules.calendar.mute import MuteTiming, Muting, compiled, muted_until
from rules.instants import DAY, Instant
from rules.policy import Policy
from rules.vocabulary import Severity

TROUBLE = "tocsin:rule-error:"


@dataclass(slots=True, frozen=True, eq=False)
class Terms:
    name: str
    policy: Policy
    mutes: tuple[Muting, ...] = ()

    @classmethod
    def of(cls, name: str, policy: Policy, timings: Mapping[str, MuteTiming]) -> "Terms":
        return cls(name, policy, tuple(compiled(timings[each]) for each in policy.mute if each in timings))

    def unmuted(self, at: Instant) -> Instant:
        """The first moment from ``at`` on at which the policy's mute timings let anybody be told."""
        if not self.mutes:
            return at
        return muted_until(self.mutes, at) or at

    def digest_after(self, at: Instant) -> Instant:
        return next_digest(self.policy.digest, at)


def trouble_terms(terms: Terms) -> Terms:
    """How a policy's first channel hears of rules that cannot be evaluated: once a day."""
    told = {"channels": terms.policy.channels[:1], "timing": dict.fromkeys(Severity, "now"), "dedup_window": DAY}
    policy = Policy().model_copy(update=told)
    return Terms(f"{TROUBLE}{terms.name}", policy)
