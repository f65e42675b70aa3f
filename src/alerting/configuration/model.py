"""What does a configuration come to?"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from alerting.configuration.overlay import NOTHING, RULES, Overlay
from notifiers.context import http_url
from rules.calendar.mute import MuteTiming
from rules.calendar.zones import Zone
from rules.condition_models import Grace, Missed, MissedCondition, cron_expression
from rules.config import ANY_FAILURE, ConfigDuration, MatchSpec, Policy, Rule, Section, SeverityRule
from rules.instants import DAY, HOUR, MINUTE, SECOND, Duration, format_duration
from rules.policy import Owner
from rules.quiet import Inhibit, Maintenance, SilenceConfig
from rules.ruleset import Quiet, Ruleset
from rules.suppression import silence_id
from rules.vocabulary import Severity

NOTIFY = "notify"
Period = TypeVar("Period", SilenceConfig, Maintenance)
PING_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")


class Retention(Section):
    raw: ConfigDuration = 48 * HOUR
    runs: ConfigDuration = 400 * DAY
    failures: ConfigDuration = 400 * DAY
    traces: ConfigDuration = 30 * DAY


class LostAfter(Section):
    """For how long a run that matches may be silent."""

    match: MatchSpec = Field(default_factory=dict)
    after: Literal["never"] | ConfigDuration


class Scrub(Section):
    keys: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


class Webhook(Section):
    """What is agreed with one sender of webhooks; ``map`` for one that Tocsin does not know."""

    secret: str = ""
    signature: str = ""
    map: dict[str, Any] | None = None


class Ping(Section):
    """Whoever knows ``key`` may tell what becomes of ``workflow``, by calling ``/ping/KEY``. With ``cron``, nothing
    told at such a time, nor ``grace`` after, is an alert."""

    key: str = Field(repr=False)
    workflow: Annotated[str, Field(min_length=1, max_length=200)]
    environment: Annotated[str, Field(max_length=200)] = ""
    cron: Annotated[str, AfterValidator(cron_expression)] | None = None
    timezone: Zone = "UTC"
    grace: Grace = 10 * MINUTE

    @model_validator(mode="after")
    def _with_a_schedule(self) -> "Ping":
        if self.cron is None and self.model_fields_set & {"timezone", "grace"}:
            raise ValueError('timezone and grace go with cron; add cron: "0 2 * * *", or leave them out')
        return self

    @field_validator("key")
    @classmethod
    def _fits_an_address(cls, key: str) -> str:
        if "${" not in key and not PING_KEY.fullmatch(key):
            raise ValueError("must be 1 to 100 letters, digits, - and _, for it is part of an address")
        return key


def at_least(least: Duration, why: str) -> AfterValidator:
    def check(duration: Duration) -> Duration:
        if duration < least:
            raise ValueError(f"must be {format_duration(least)} or longer: {why}")
        return duration

    return AfterValidator(check)


_Patience = Annotated[ConfigDuration, at_least(10 * SECOND, "the worker gives a sign of life every 5s")]


class SelfWatch(Section):
    """Who hears that Tocsin itself is ill: ``channel``, once something was bad for so long; and whoever waits for a
    ping, by its absence."""

    channel: str | None = None
    ping_url: Annotated[str | None, Field(repr=False)] = None
    ping_every: Annotated[ConfigDuration, at_least(SECOND, "more often says no more")] = MINUTE
    after: _Patience = MINUTE
    stuck_after: _Patience = 2 * MINUTE
    remind_every: Annotated[ConfigDuration, at_least(MINUTE, "nobody mends faster for it")] = HOUR

    @model_validator(mode="after")
    def _tells_somebody(self) -> "SelfWatch":
        if self.channel is None and self.ping_url is None:
            raise ValueError("tells nobody; say channel: NAME, ping_url: https://…, or both")
        return self

    @field_validator("ping_url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None and "${" not in url:
            http_url(SecretStr(url))
        return url


class ScheduledReport(Section):
    """The trend report of the last ``period``, to ``channels``, at the times of ``cron``. The rest is what it is about:
    globs of workflows, and exact values."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    cron: Annotated[str, AfterValidator(cron_expression)] = "0 8 * * mon"
    timezone: Zone = "UTC"
    period: Annotated[ConfigDuration, at_least(HOUR, "there is nothing to compare in less")] = 7 * DAY
    workflow: tuple[str, ...] = ()
    environment: str = ""
    version: str = ""
    severity: Severity | None = None


class File(Section):
    """The whole file, section by section; channels are checked by their own kinds."""

    severity: tuple[SeverityRule, ...] = ()
    channels: dict[str, dict[str, Any]] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    policies: dict[str, Policy] = Field(default_factory=dict)
    owners: tuple[Owner, ...] = ()
    silences: tuple[SilenceConfig, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    mute_timings: dict[str, MuteTiming] = Field(default_factory=dict)
    inhibit: tuple[Inhibit, ...] = ()
    pings: tuple[Ping, ...] = ()
    lost_after: tuple[LostAfter, ...] = ()
    reports: tuple[ScheduledReport, ...] = ()
    retention: Retention = Retention()
    scrub: Scrub = Scrub()
    webhooks: dict[str, Webhook] = Field(default_factory=dict)
    self_: Annotated[SelfWatch | None, Field(alias="self")] = None


@dataclass(slots=True, frozen=True)
class Configuration:
    """``channels``, the keys of ``pings`` and the URL in ``self_watch`` are as written, their ``${NAME}`` unresolved:
    secrets are read when they are used. ``text`` is the file's and what was ``made`` beside it; each silence has an
    id."""

    text: str = ""
    rules: tuple[Rule, ...] = (ANY_FAILURE,)
    severities: tuple[SeverityRule, ...] = ()
    policies: Mapping[str, Policy] = field(default_factory=dict)
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    retention: Retention = field(default_factory=Retention)
    scrub: Scrub = field(default_factory=Scrub)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    pings: tuple[Ping, ...] = ()
    lost_after: tuple[LostAfter, ...] = ()
    quiet: Quiet = field(default_factory=Quiet)
    made: Overlay = NOTHING
    self_watch: SelfWatch | None = None
    reports: tuple[ScheduledReport, ...] = ()

    def ruleset(self) -> Ruleset:
        return Ruleset(self.rules, self.severities, self.policies, self.quiet)


def of_file(file: File, text: str, made: Overlay = NOTHING) -> Configuration:
    """What the file leaves out is filled: any failure, told at once to every channel. ``file`` holds what was ``made``
    too, which takes nothing away: only a rule of the same name stands in for that of any failure."""
    policies = dict(file.policies)
    policies.setdefault("default", Policy(channels=tuple(file.channels)))
    made_rules = made.section(RULES)
    is_bare = len(file.rules) == len(made_rules) and ANY_FAILURE.name not in made_rules
    rules = (ANY_FAILURE, *file.rules) if is_bare else file.rules
    return Configuration(
        text,
        (*rules, *missed_pings(file.pings, {rule.name for rule in rules})),
        file.severity,
        policies,
        file.channels,
        file.retention,
        file.scrub,
        file.webhooks,
        file.pings,
        file.lost_after,
        Quiet(
            tuple(_with_id(each) for each in file.silences),
            tuple(_with_id(each) for each in file.maintenance),
            file.inhibit,
            file.mute_timings,
            file.owners,
        ),
        made,
        file.self_,
        file.reports,
    )


def _with_id(quiet: Period) -> Period:
    """One of the file has none: what it says is what it is."""
    return quiet if quiet.id else quiet.model_copy(update={"id": silence_id(quiet)})


def missed_pings(pings: Iterable[Ping], taken: AbstractSet[str]) -> Iterator[Rule]:
    """The rules that look for pings that do not come. A name that is taken already gets the environment's."""
    names = set(taken)
    for ping in pings:
        if ping.cron is None:
            continue
        name = f"missed:{ping.workflow}"
        while name in names:
            name = f"{name}:{ping.environment or 'any'}"
        names.add(name)
        missed = Missed(cron=ping.cron, timezone=ping.timezone).model_copy(update={"grace": ping.grace})
        match = {"workflow": ping.workflow, **({"environment": ping.environment} if ping.environment else {})}
        rule = Rule(name="missed", match=match, condition=MissedCondition(missed=missed), by=tuple(match))
        yield rule.model_copy(update={"name": name})


def with_notify(configuration: Configuration, urls: list[str]) -> Configuration:
    """Add the channel of ``TOCSIN_NOTIFY``, and tell it by the default policy unless the file has channels."""
    if not urls or NOTIFY in configuration.channels:
        return configuration
    escaped = [url.replace("${", "$${") for url in urls]
    channels = {**configuration.channels, NOTIFY: {"type": "apprise", "url": escaped}}
    policies = dict(configuration.policies)
    default = policies.get("default", Policy())
    if not default.channels:
        policies["default"] = default.model_copy(update={"channels": (NOTIFY,)})
    return replace(configuration, channels=channels, policies=policies)
