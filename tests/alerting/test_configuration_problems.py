"""Is each mistake in a tocsin.yaml told once, at its line and column, with the remedy?"""

import pytest

from alerting.configuration import check


def rule(text):
    return "rules:\n  - {name: a, " + text + "}"


def policy(text):
    return "policies:\n  default: {" + text + "}"


def said(text):
    return [str(problem).removeprefix("f:") for problem in check(text, "f", {})]


REPORTS = "channels: {hook: {type: webhook, url: 'http://x'}}\nreports: ["


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rulez: []", "1:1: rulez: is not a key that is known here; did you mean rules?"),
        ("rules:\n  - name: a\n    mach: {}",
         "3:5: rules[0].mach: is not a key that is known here; did you mean match?"),
        ("rules:\n  - match: {}", "2:5: rules[0].name: is missing; add it"),
        ("rules: [5]", "1:9: rules[0]: must be a mapping such as {key: value}"),
        ("rules: 5", "1:1: rules: must be a list such as [a, b]"),
        ("rules:\n  - {name: a}\n  - {name: a}", "3:6: rules[1].name: 'a' names two rules; give each its own name"),
        (rule("for_: 1m"), "2:15: rules[0].for_: is not a key that is known here; did you mean for?"),
        (rule("for: 90"), "2:15: rules[0].for: 90 is not a duration; write it like 500ms, 30s, 10m, 1h30m or 7d"),
        (rule("match: {workflw: x}"),
         "2:23: rules[0].match.workflw: 'workflw' is not a field that can be matched; did you mean workflow?"),
        (rule("match: {rule: x}"),
         "2:23: rules[0].match.rule: a run has no rule; match on workflow, error.type or the like"),
        (rule("match: {severity: [high, hgh]}"),
         "2:40: rules[0].match.severity[1]: severity: 'hgh' is not a severity; did you mean high?"),
        (rule("notify: on"), "2:15: rules[0].notify: 'on' is not known here; use live or shadow"),
        (rule("on: atempt"), "2:15: rules[0].on: 'atempt' is not known here; did you mean attempt?"),
        (rule("severity: hgh"), "2:15: rules[0].severity: 'hgh' is not known here; did you mean high?"),
        (rule("by: [workflow, stp]"), "2:30: rules[0].by[1]: 'stp' is not known here; did you mean step?"),
        (rule("policy: nope"), "2:15: rules[0].policy: there is no policy 'nope'; there are default"),
        (rule("resolve: {}"), "2:15: rules[0].resolve: say on_success: 1, quiet_for: 30m, upstream or manual"),
        (rule("resolve: {on_sucess: 1}"),
         "2:25: rules[0].resolve.on_sucess: is not a key that is known here; did you mean on_success?"),
        (rule("resolve: {on_success: 0}"), "2:25: rules[0].resolve.on_success: must be 1 or more"),
        (rule("condition: eech"), "2:15: rules[0].condition: 'eech' is not a condition; did you mean each?"),
        (rule("condition: {count: 0, within: 1m}"), "2:27: rules[0].condition.count: must be 1 or more"),
        (rule("condition: {count: x, within: 1m}"), "2:27: rules[0].condition.count: must be a whole number"),
        (rule("condition: {count: 2, wihin: 1m, within: 2m}"),
         "2:37: rules[0].condition.wihin: is not a key that is known here; did you mean within?"),
        (rule("condition: {raet: 0.2}"), "2:27: rules[0].condition.raet: is not a condition; did you mean rate?"),
        (rule("condition: {spike: {ration: 2}}"),
         "2:35: rules[0].condition.spike.ration: is not a key that is known here; did you mean ratio?"),
        (rule("condition: {stuck: {quit: 2m, attempts: 2}}"),
         "2:35: rules[0].condition.stuck.quit: is not a key that is known here; did you mean quiet?"),
        (rule("condition: {all: [each, {count: 2, within: 1m, x: 1}], within: 1h}"),
         "2:62: rules[0].condition.all[1].x: is not a key that is known here; known are count, within"),
        (rule("condition: {any: [each, {cont: 2, within: 1m}]}"),
         "2:40: rules[0].condition.any[1].cont: is not a condition; did you mean count?"),
        (rule("condition: {regressed: yes}"), "2:27: rules[0].condition.regressed: must be true"),
        (rule("condition: {missed: {cron: 61 * * * *}}, match: {workflow: w}"),
         "2:36: rules[0].condition.missed.cron: '61 * * * *': '61' is no minute; it may be 0-59; "
         "each also as *, a list 1,3, a range 1-5 that goes upwards, or a step */5"),
        (rule("condition: {missed: {interval: 1h}}"),
         "2:5: rules[0].match: what does not run must be named, without * ? [ or ~, "
         "as in match: {workflow: nightly-backup}"),
        (rule("condition: {missed: {interval: 1h}}, match: {workflow: n*}"),
         "2:60: rules[0].match.workflow: what does not run must be named, without * ? [ or ~, "
         "as in match: {workflow: nightly-backup}"),
        (rule("condition: {missed: {interval: 1h}}, match: {workflow: n}, by: [workflow, version]"),
         "2:89: rules[0].by[1]: what does not run has no version; name one under match, or leave it out of by"),
        (rule("condition: {rate: 0.5, within: 1h}, by: [workflow, error_group]"),
         "2:66: rules[0].by[1]: rate looks at runs that did not fail, which have no error_group; "
         "use engine, environment, version, workflow or labels.NAME"),
        (rule("condition: {consecutive: 3}, on: attempt"),
         "2:44: rules[0].on: consecutive looks at whole runs; leave on out, "
         "or use a condition on failures such as count"),
        (rule("condition: {count: 2, within: 3d}") + "\nretention: {failures: 1d}",
         "2:37: rules[0].condition.within: looks back 3d, longer than retention.failures (1d); "
         "shorten it, or keep failures for longer"),
        (rule("condition: {rate: 0.5, within: 3d}") + "\nretention: {runs: 2d}",
         "2:38: rules[0].condition.within: looks back 3d, longer than retention.runs (2d); "
         "shorten it, or keep runs for longer"),
        ("severity:\n  - {match: {severity: high}, severity: low}",
         "2:6: severity[0].match: a severity rule may not match on severity; "
         "match on workflow, error.type or the like"),
        (policy("channels: [a]"), "2:24: policies.default.channels[0]: there is no channel 'a'; there are none"),
        (policy("digets: {}"), "2:13: policies.default.digets: is not a key that is known here; did you mean digest?"),
        (policy("digest: {att: '09:00'}"),
         "2:22: policies.default.digest.att: is not a key that is known here; did you mean at?"),
        (policy("digest: {at: 9:00}"), "2:22: policies.default.digest.at: must be a time of the day such as 09:00"),
        (policy("digest: {timezone: Europe/Wien}"),
         "2:22: policies.default.digest.timezone: 'Europe/Wien' is not a time zone; did you mean Europe/Vienna?"),
        (policy("timing: {high: hurly}"), "2:22: policies.default.timing.high: 'hurly' is not known here; "
         "did you mean hourly?"),
        (policy("timing: {hig: now}"), "2:22: policies.default.timing.hig: is not a severity; did you mean high?"),
        (policy("group_by: [colour]"),
         "2:24: policies.default.group_by[0]: 'colour' is not known here; use workflow, error_group, cause, engine, "
         "environment, version, step, severity, error_type, rule or labels.NAME"),
        (policy("group_wait: {defalt: 1s}"),
         "2:26: policies.default.group_wait.defalt: is not a severity; did you mean default?"),
        (policy("group_wait: soon"),
         "2:13: policies.default.group_wait: 'soon' is not a duration; write it like 500ms, 30s, 10m, 1h30m or 7d"),
        (policy("group_interval: {high: soon}"),
         "2:30: policies.default.group_interval.high: 'soon' is not a duration; "
         "write it like 500ms, 30s, 10m, 1h30m or 7d"),
        (policy("remind: {high: [0s]}"),
         "2:29: policies.default.remind.high[0]: is too often for a reminder; make it 1s or longer"),
        (policy("escalate: [{after: 1m, channels: [a]}]"),
         "2:47: policies.default.escalate[0].channels[0]: there is no channel 'a'; there are none"),
        (policy("escalate: [{afte: 1m, after: 1m, channels: [notify]}]"),
         "2:25: policies.default.escalate[0].afte: is not a key that is known here; did you mean after?"),
        (policy("storm: {alert: 3}"),
         "2:21: policies.default.storm.alert: is not a key that is known here; did you mean alerts?"),
        (policy("flapping: {changes: 1}"), "2:24: policies.default.flapping.changes: must be 2 or more"),
        (policy("mute: [nite]") + "\nmute_timings: {night: {}}",
         "2:20: policies.default.mute[0]: there is no mute timing 'nite'; did you mean night?"),
        ("mute_timings: {night: {dys: [mon]}}",
         "1:24: mute_timings.night.dys: is not a key that is known here; did you mean days?"),
        ("mute_timings: {night: {days: [mo]}}",
         "1:31: mute_timings.night.days[0]: 'mo' is not a day; write one of mon, tue, wed, thu, fri, sat, sun "
         "or a range such as mon-fri"),
        ("owners: [{team: a, teem: b}]", "1:20: owners[0].teem: is not a key that is known here; did you mean team?"),
        ("owners: [{team: a, channels: [b]}]", "1:31: owners[0].channels[0]: there is no channel 'b'; there are none"),
        ("owners: [{team: a, match: {workflow: '[a'}}]",
         "1:28: owners[0].match.workflow: the glob '[a' has a bad [...]; write [[] for the bracket itself"),
        ("silences: [{until: 2030-01-01T00:00:00Z}]", "1:12: silences[0].comment: is missing; add it"),
        ("silences: [{comment: x}]",
         "1:12: silences[0]: say either until: 2026-12-01T00:00:00Z or until_resolved: true"),
        ("silences: [{comment: x, until: tomorrow}]",
         "1:25: silences[0].until: 'tomorrow' is not RFC 3339, such as 2026-11-23T08:00:00Z"),
        ("silences: [{comment: x, until: 2020-01-01T00:00:00Z}]", None),
        ("inhibit: [{source: {rule: a}, target: {}}]", "1:31: inhibit[0].target: must not be empty; add something"),
        ("inhibit: [{source: {rule: a}, target: {rule: b}, equal: [envronment]}]",
         "1:58: inhibit[0].equal[0]: 'envronment' is not a field of alerts; did you mean environment?"),
        ("lost_after: [{after: soon}]",
         "1:15: lost_after[0].after: 'soon' is not a duration; write it like 500ms, 30s, 10m, 1h30m or 7d, or never"),
        ("pings: [{key: a, workflow: b, grace: 1m}]",
         '1:9: pings[0]: timezone and grace go with cron; add cron: "0 2 * * *", or leave them out'),
        ("pings: [{key: a, workflow: b*, cron: '0 2 * * *'}]",
         "1:18: pings[0].workflow: names a pattern; what has a schedule must be named without * ? ["),
        ("pings:\n- {key: a, workflow: b, cron: '0 2 * * *'}\n- {key: c, workflow: b, cron: '0 3 * * *'}",
         "3:25: pings[1].cron: pings[0] has a schedule for b as well; leave out one of them"),
        ("channels:\n  a: {type: webhok, url: x}", "2:7: channels.a.type: 'webhok' is not a kind of channel; "
         "did you mean webhook?"),
        ("channels:\n  a: {type: webhook}", "2:3: channels.a.url: is missing; add it"),
        ("channels:\n  a: {type: webhook, url: 'http://x', secrt: red}",
         "2:39: channels.a.secrt: is not a key of webhook channels; did you mean secret?"),
        ("channels:\n  a: {type: webhook, url: '${NOT_THERE}'}",
         "2:22: channels.a.url: the environment variable NOT_THERE is not set; set it before Tocsin starts"),
        ("channels:\n  a: {type: webhook, url: 'http://x', fallback: b}",
         "2:39: channels.a.fallback: there is no other channel 'b'; there are none"),
        ("channels:\n  a: {type: slack, url: 'http://x'}\n  a: {type: slack, url: 'http://y'}",
         "3:3: channels.a: stands here twice; keep one of them"),
        ("channels:\n  a: {type: webhook, url: 'http://x', template: {titel: x, text: y}}",
         "2:50: channels.a.template.titel: is not a key of template; did you mean title?"),
        ("channels:\n  a:\n    type: webhook\n    url: 'http://x'\n    template:\n      title: '{{ alert.workflw }}'",
         "6:7: channels.a.template.title: line 1: 'dict object' has no attribute 'workflw'"
         " (tried with a message of reason first)"),
        ("self: {}", "1:1: self: tells nobody; say channel: NAME, ping_url: https://…, or both"),
        ("self: {channel: mial}\nchannels: {mail: {type: slack, url: 'http://x'}}",
         "1:8: self.channel: there is no channel 'mial'; did you mean mail?"),
        ("self: {chanel: a}", "1:8: self.chanel: is not a key that is known here; did you mean channel?"),
        ("self: {ping_url: 'ftp://x'}", "1:8: self.ping_url: must be a URL that starts with https:// or http:// "
         "and names a host (and a port, if any)"),
        ("self: {ping_url: '${NOT_THERE}'}",
         "1:8: self.ping_url: the environment variable NOT_THERE is not set; set it before Tocsin starts"),
        ("self: {ping_url: 'http://x', after: 5s}",
         "1:30: self.after: must be 10s or longer: the worker gives a sign of life every 5s"),
        ("self: {ping_url: 'http://x', ping_every: 100ms}",
         "1:30: self.ping_every: must be 1s or longer: more often says no more"),
        ("reports: [{name: weekly}]", "1:11: reports[0].channels: is missing; add it"),
        ("reports: [{name: w, channels: [nobody]}]",
         "1:32: reports[0].channels[0]: there is no channel 'nobody'; there are none"),
        (REPORTS + "{name: w, channels: [hook], cron: '99 8 * * *'}]",
         "2:39: reports[0].cron: '99 8 * * *': '99' is no minute; it may be 0-59; each also as *, a list 1,3, a range "
         "1-5 that goes upwards, or a step */5"),
        (REPORTS + "{name: w, channels: [hook], period: 5m}]",
         "2:39: reports[0].period: must be 1h or longer: there is nothing to compare in less"),
        (REPORTS + "{name: w, channels: [hook]}, {name: w, channels: [hook]}]",
         "2:41: reports[1].name: 'w' names two reports; give each its own name"),
        ("retention: {raw: soon}",
         "1:13: retention.raw: 'soon' is not a duration; write it like 500ms, 30s, 10m, 1h30m or 7d"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_once(text, problem):
    assert said(text) == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("rules: [", "1:9: is not YAML"),
        ("rules:\n\t- x", "2:1: is not YAML"),
        ("- a", "1:1: must be a mapping"),
        ("scrub: {patterns: ['(']}", "1:20: scrub.patterns[0]: "),
        (rule("match: {workflow: '~ ('}"), "2:23: rules[0].match.workflow: workflow: the pattern '(' does not compile"),
        ("rules:\n  - !!python/object:os.system {}", "2:5: rules[0]"),
    ],
)
def test_where_others_word_it_the_place_is_right(text, start):
    assert said(text)[0].startswith(start)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('attemt > 2', "3:11"),
        ('error.type != "x" && attemt > 2', "3:32"),
        ("'error.type == ''its'' && attemt > 2'", "3:37"),
        ('"error.type == \\"x\\" && attemt > 2"', "3:35"),
        ('"error.type == \\"\\x41\\\\t\\" && \\\n        attemt > 2"', "4:9"),
        ('|\n      error.type == "x" &&\n        attemt > 2', "5:9"),
        ('>-  # folded\n      error.type == "x" &&\n\n      attemt > 2', "6:7"),
        ('error.type == "x" &&\n      attemt > 2', "4:7"),
        ('&it !!str attemt > 2', "3:21"),
        ("attempt >", "3:20"),
        ("on", "3:11"),
    ],
)  # fmt: skip
def test_an_expression_s_mistake_is_told_where_it_stands_in_the_file(text, place):
    [problem] = said(f"rules:\n  - name: a\n    when: {text}\n")
    assert problem.startswith(f"{place}: rules[0].when: ")


def test_mistakes_of_one_part_do_not_hide_those_of_others():
    text = "rules:\n- {name: a, x: 1}\n- {name: b, policy: c}\npolicies: {d: {x: 1, channels: [e]}, c: {y: 1}}"
    assert [problem.partition(": ")[0] for problem in said(text)] == ["2:13", "4:16", "4:42"]
