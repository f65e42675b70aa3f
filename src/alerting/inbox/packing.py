"""How large is a body in the inbox? Packed where that pays: what is sent in batches says the same words many times."""

import zstandard
from msgspec.structs import replace

from alerting.inbox.port import Entry

_WORTH_IT = 4 * 1024  # bytes
_LEVEL = 1


class Packer:
    """For one thread."""

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(_LEVEL)

    def packed(self, entry: Entry) -> Entry:
        """The same body, as if it had been sent by zstd; one that was sent compressed stays as it is."""
        if entry.encoding or len(entry.body) < _WORTH_IT:
            return entry
        return replace(entry, body=self._compressor.compress(entry.body), encoding="zstd")
