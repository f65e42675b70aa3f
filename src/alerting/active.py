"""What is in force just now? One configuration, compiled: rules, channels, scrubbing, pings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from alerting.configuration import Configuration, Ping
from alerting.configuration.mapping import EventMap
from alerting.scrub import Scrubber
from alerting.tracking.patience import Patience
from notifiers.channel import Channel
from notifiers.registry import rate_limit
from rules.ruleset import Ruleset


@dataclass(slots=True, frozen=True)
class Agreed:
    """With a sender of webhooks. ``secret`` is None where one was agreed on and cannot be read, "" where none was."""

    secret: str | None
    signature: str = ""
    map: EventMap | None = None


@dataclass(slots=True, frozen=True)
class Active:
    configuration: Configuration
    ruleset: Ruleset
    scrubber: Scrubber
    channels: Mapping[str, Channel]
    fallbacks: Mapping[str, str]
    webhooks: Mapping[str, Agreed] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)
    pings: Mapping[str, Ping] = field(default_factory=dict, repr=False)  # by their keys

    @property
    def mirrors(self) -> frozenset[str]:
        """The channels that show the state of an alert, and hear of it when somebody acknowledges one."""
        return frozenset(name for name, channel in self.channels.items() if getattr(channel, "mirrors", False))

    @property
    def targets(self) -> dict[str, tuple[str, ...]]:
        return {name: channel.targets for name, channel in self.channels.items()}

    def rate_limit(self, channel: str) -> float | None:
        """Messages a minute; None for a channel that may get as many as come."""
        config = self.configuration.channels.get(channel)
        return None if config is None else rate_limit(config)


Activate = Callable[[str], Active]
