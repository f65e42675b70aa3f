"""Is this the name of a time zone?"""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone; write it like Europe/Vienna or UTC") from None
    return name


Zone = Annotated[str, AfterValidator(_known)]
