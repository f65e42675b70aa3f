"""``tocsin.yaml``: read, checked with file and line, and turned into what the rest works with."""

from alerting.configuration.loading import check, load
from alerting.configuration.model import Configuration, Ping, Retention, with_notify
from alerting.configuration.problems import Clash, Invalid, Problem

__all__ = ["Clash", "Configuration", "Invalid", "Ping", "Problem", "Retention", "check", "load", "with_notify"]
