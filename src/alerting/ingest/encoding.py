"""What may come through the door? Decompression under a running limit, and the errors a body can earn."""

import zlib
from collections.abc import Callable
from typing import Any

import zstandard

LIMIT = 64 * 1024 * 1024  # of a body, as it comes and unpacked
# So much is unpacked between two looks at the limit: at most 1 MiB comes of it by zlib, 32 MiB by zstd.
_PIECE = 1024
_LARGEST_WINDOW = 2**27


class IngestError(Exception):
    """A body that is refused. ``status`` is the HTTP answer; the text says where and how to mend it."""

    status = 400


class BadBody(IngestError):
    status = 400


class TooLarge(IngestError):
    status = 413


class UnsupportedEncoding(IngestError):
    status = 415


class UnsupportedMedia(IngestError):
    status = 415


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """``body`` without its Content-Encoding. Bomb or not, never holds more than ``limit`` bytes and one piece."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return _within(body, limit)
    if name in {"gzip", "x-gzip"}:
        return _unpacked(body, limit, lambda: zlib.decompressobj(wbits=31), name)
    if name == "deflate":
        wbits = 15 if _has_zlib_header(body) else -15
        return _unpacked(body, limit, lambda: zlib.decompressobj(wbits=wbits), name)
    if name == "zstd":
        decompressor = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
        return _unpacked(body, limit, decompressor.decompressobj, name)
    raise UnsupportedEncoding(f"Content-Encoding {encoding!r} is not known; send gzip, deflate, zstd or none")


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise TooLarge(f"the body has more than {limit} bytes; send smaller batches")
    return body


def _has_zlib_header(body: bytes) -> bool:
    """RFC 1950, 2.2. By the letter "deflate" has one; some senders leave it out."""
    return len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _unpacked(body: bytes, limit: int, fresh: Callable[[], Any], name: str) -> bytes:
    """All members (gzip) or frames (zstd) of ``body``, one after the other."""
    found = bytearray()
    unpacker = fresh()
    try:
        for start in range(0, len(body), _PIECE):
            rest = body[start : start + _PIECE]
            while rest:
                unpacker = fresh() if unpacker.eof else unpacker
                found += unpacker.decompress(rest)
                if len(found) > limit:
                    raise TooLarge(f"the body unpacks to more than {limit} bytes; send smaller batches")
                rest = unpacker.unused_data
    except (zlib.error, zstandard.ZstdError) as error:
        raise BadBody(f"the body is not {name}: {error}; leave Content-Encoding out, or compress it") from None
    if body and not unpacker.eof:
        raise BadBody(f"the {name} body ends too early; send the whole of it")
    return bytes(found)
