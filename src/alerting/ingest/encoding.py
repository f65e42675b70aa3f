"""What may come through the door? Decompression under a running limit, and the errors a body can earn."""

import zlib
from collections.abc import Callable

import zstandard

_PIECE = 64 * 1024


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
    """``body`` without its Content-Encoding. Never holds more than ``limit`` bytes plus one piece, bomb or not."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return _within(body, limit)
    if name in {"gzip", "x-gzip"}:
        return _inflate(body, limit, lambda: zlib.decompressobj(wbits=31), "gzip")
    if name == "deflate":
        wbits = 15 if body[:1] in {b"\x78", b"\x58", b"\x08", b"\x18", b"\x28", b"\x38", b"\x48", b"\x68"} else -15
        return _inflate(body, limit, lambda: zlib.decompressobj(wbits=wbits), "deflate")
    if name == "zstd":
        return _unzstd(body, limit)
    raise UnsupportedEncoding(f"Content-Encoding {encoding!r} is not known; send gzip, deflate, zstd or none")


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise TooLarge(f"the body has more than {limit} bytes; send smaller batches")
    return body


def _inflate(body: bytes, limit: int, fresh: "Callable[[], zlib._Decompress]", name: str) -> bytes:
    found = bytearray()
    rest = body
    try:
        while rest:
            inflater = fresh()
            found += inflater.decompress(rest, limit + 1 - len(found))
            _within_compressed(len(found), limit)
            if not inflater.eof:
                raise BadBody(f"the {name} body ends too early; send the whole of it")
            rest = inflater.unused_data
    except zlib.error as error:
        raise BadBody(f"the body is not {name}: {error}; leave Content-Encoding out, or compress it") from None
    return bytes(found)


def _unzstd(body: bytes, limit: int) -> bytes:
    found = bytearray()
    try:
        with zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(body, read_across_frames=True) as reader:
            while piece := reader.read(_PIECE):
                found += piece
                _within_compressed(len(found), limit)
    except zstandard.ZstdError as error:
        raise BadBody(f"the body is not zstd: {error}; leave Content-Encoding out, or compress it") from None
    return bytes(found)


def _within_compressed(size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(f"the body unpacks to more than {limit} bytes; send smaller batches")
