"""What gets through the door when a body is compressed, cut off, or a bomb?"""

import gzip
import tracemalloc
import zlib

import pytest
import zstandard

from alerting.ingest.encoding import BadBody, TooLarge, UnsupportedEncoding, decompress

BODY = b"spans and spans and spans " * 4_000
LIMIT = 1_000_000


def raw_deflate(body):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def zstd(body):
    return zstandard.ZstdCompressor().compress(body)


PACKED = [
    ("", BODY),
    ("identity", BODY),
    ("gzip", gzip.compress(BODY)),
    ("GZIP", gzip.compress(BODY[:100]) + gzip.compress(BODY[100:])),
    ("deflate", zlib.compress(BODY)),
    ("deflate", raw_deflate(BODY)),
    ("zstd", zstd(BODY)),
    ("zstd", zstd(BODY[:100]) + zstd(BODY[100:])),
]
BOMBS = [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstd)]


@pytest.mark.parametrize(("encoding", "packed"), PACKED)
def test_every_accepted_encoding_gives_the_body_back(encoding, packed):
    assert decompress(packed, encoding, LIMIT) == BODY


@pytest.mark.parametrize(("encoding", "pack"), BOMBS)
def test_the_limit_holds_to_the_byte_after_decompression(encoding, pack):
    assert len(decompress(pack(bytes(LIMIT)), encoding, LIMIT)) == LIMIT
    with pytest.raises(TooLarge, match="smaller batches"):
        decompress(pack(bytes(LIMIT + 1)), encoding, LIMIT)


def test_a_plain_body_over_the_limit_is_refused():
    with pytest.raises(TooLarge):
        decompress(b"12345", "", 4)


@pytest.mark.parametrize(("encoding", "pack"), BOMBS)
def test_a_bomb_is_never_held_in_memory(encoding, pack):
    bomb = pack(bytes(300_000_000))
    tracemalloc.start()
    with pytest.raises(TooLarge):
        decompress(bomb, encoding, LIMIT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000_000


@pytest.mark.parametrize(("encoding", "packed"), [case for case in PACKED if case[1] != BODY])
def test_a_body_that_was_cut_off_is_refused(encoding, packed):
    for length in (1, len(packed) // 2, len(packed) - 1):
        with pytest.raises(BadBody):
            decompress(packed[:length], encoding, LIMIT)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_body_that_is_not_compressed_is_refused(encoding):
    with pytest.raises(BadBody, match="Content-Encoding"):
        decompress(b'{"workflow": "import"}', encoding, LIMIT)


@pytest.mark.parametrize("encoding", ["br", "snappy", "gzip, gzip"])
def test_an_unknown_encoding_is_415_and_names_the_known(encoding):
    with pytest.raises(UnsupportedEncoding, match="gzip, deflate, zstd or none") as refused:
        decompress(BODY, encoding, LIMIT)
    assert refused.value.status == 415
