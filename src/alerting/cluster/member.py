"""One worker among others: joins, keeps its lease, takes its share, and leaves."""

import os
from dataclasses import dataclass, field

from alerting.clock import SyncedClock
from alerting.cluster import membership
from alerting.cluster.membership import LeaseLost
from alerting.cluster.partitions import Owned
from alerting.database.port import Store
from alerting.inbox import claims
from rules.instants import MINUTE, SECOND, Duration, Instant

_MARGIN: Duration = SECOND
_LONGEST_SILENCE: Duration = MINUTE  # of a consumer that lives


@dataclass(slots=True)
class Member:
    """``keep`` is for a thread of its own, so that a long batch costs no lease; the rest is for the consumer's."""

    store: Store
    name: str = field(default_factory=membership.new_name)
    owned: Owned = field(default_factory=Owned)
    _joined: bool = False
    _renewed: Instant = 0
    _patient_until: Instant = 0
    _attended: Instant = field(default_factory=SyncedClock.monotonic)

    def join(self) -> None:
        asked = SyncedClock.monotonic()
        with self.store.write() as connection:
            membership.join(connection, self.name, os.getpid())
        self._joined, self._renewed = True, asked

    def renew(self) -> bool:
        """False when the others have given this worker up. Raises StoreUnavailable.

        One that could not renew in time does not judge others at once: if the database was away, they could not either.
        """
        asked = SyncedClock.monotonic()
        with self.store.write() as connection:
            late = membership.renew(connection, self.name) if self._joined else None
        if late is None:
            return False
        self._renewed = asked
        if late:
            self._patient_until = asked + membership.LEASE
        return True

    def keep(self) -> bool:
        """Renew, unless the consumer hangs: then the others shall have its work."""
        if SyncedClock.monotonic() - self._attended > _LONGEST_SILENCE:
            return False
        return self.renew()

    @property
    def holds_lease(self) -> bool:
        """Whether nobody can have taken this worker for dead yet, by what it knows itself."""
        return self._joined and SyncedClock.monotonic() - self._renewed < membership.LEASE - _MARGIN

    def attend(self) -> bool:
        """Take over from the dead, and keep to a fair share. Whether the partitions of this worker are others now.
        Raises LeaseLost."""
        self._attended = SyncedClock.monotonic()
        if not self.renew():
            raise LeaseLost(f"{self.name} was taken for dead: its lease was over")
        with self.store.write() as connection:
            if SyncedClock.monotonic() >= self._patient_until:
                claims.release_after_death(connection, membership.bury(connection))
            owned = membership.balance(connection, self.name)
        changed, self.owned = owned != self.owned, owned
        return changed

    def begin_anew(self) -> None:
        """Under another name, since this one was given up."""
        self._joined = False
        self.name, self.owned = membership.new_name(), Owned()
        self.join()

    def give_back(self) -> None:
        """The partitions and what was being read: others need not wait until the lease is over."""
        with self.store.write() as connection:
            claims.release(connection, self.name)
            membership.give_back(connection, self.name)
        self.owned = Owned()

    def leave(self) -> None:
        """The last call, once nothing is being sent any more: what this worker leased is free from then on."""
        self._joined = False
        with self.store.write() as connection:
            membership.leave(connection, self.name)
