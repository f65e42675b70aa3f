"""Which time zones may a user name? Those of the IANA database, spelt as there."""

import difflib
import zoneinfo
from functools import cache
from typing import Annotated

from pydantic import AfterValidator

_OF_THE_MACHINE = ("localtime", "posixrules", "posix/", "right/")  # not IANA names: each machine has its own


def known_zone(name: str) -> str:
    """The name itself. Raises ValueError with the nearest name that there is."""
    if name.startswith(_OF_THE_MACHINE) or not _is_there(name):
        raise ValueError(f"{name!r} is not a time zone; {_hint(name)}")
    return name


Zone = Annotated[str, AfterValidator(known_zone)]


@cache
def zone_info(name: str) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(name)


def _is_there(name: str) -> bool:
    try:
        zone_info(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a folder
        return False
    return True


def _hint(name: str) -> str:
    spelt = _spellings()
    near = difflib.get_close_matches(name.lower().replace(" ", "_"), spelt, 1)
    return f"did you mean {spelt[near[0]]}?" if near else "write it like Europe/Vienna or UTC"


@cache
def _spellings() -> dict[str, str]:
    """What people write instead → the name: in small letters, or the city alone."""
    names = sorted(zoneinfo.available_timezones())
    return {name.rpartition("/")[2].lower(): name for name in names} | {name.lower(): name for name in names}
