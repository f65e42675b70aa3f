"""Reports: summed up, weighed, gathered and exported."""

import asyncio
import subprocess


class ExportFailed(Exception):
    pass


class SectionMissing(Exception):
    pass


def render(report):
    total = sum_up(report)
    weights = weigh(report["categories"], report["top"])
    sections = asyncio.run(gather(report))
    export(report["export"])
    return total, weights, sections


def sum_up(report):
    total = sum(row["cents"] for row in report["rows"])
    assert total == report["total"], f"the rows of report {report['id']} come to {total}, not {report['total']}"
    return total


def weigh(categories, name):
    return 1 + weigh_all(categories, categories.get(name, []))


def weigh_all(categories, names):
    return sum(weigh(categories, name) for name in names)


async def gather(report):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(load(report["id"], section)) for section in report["sections"]]
    return [task.result() for task in tasks]


async def load(report, section):
    await asyncio.sleep(0.001)
    if section["rows"] is None:
        raise SectionMissing(f"section {section['name']} of report {report} has no rows since {section['since']}")
    return [row * 2 for row in section["rows"]]


def export(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ExportFailed(f"exporter ended with {done.returncode}: {done.stderr}")
