"""Small real pictures, and the things that phones write into them."""

from __future__ import annotations

import base64
import struct
import zlib

#: A JPEG of 16 × 8 points, red and white, as a browser makes it.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////"
    "m8H////6/+b9//j/2wBDASstLTw1PHZBQXb4pYyl+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4"
    "+Pj/wAARCAAIABADASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAQG/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/EABUBAQEAAAAA"
    "AAAAAAAAAAAAAAID/8QAFxEBAAMAAAAAAAAAAAAAAAAAAAIDQf/aAAwDAQACEQMRAD8AnaEBirbj/9k="
)
#: Where a phone was, in the words of these tests: nothing of it may be left anywhere.
PLACE = b"lat=-34.6037 lon=-58.3816"


def exif(turned: int = 6, order: str = "<") -> bytes:
    """An Exif segment as phones write it: which way up, which phone, and where."""
    maker = b"Phone of Ana\x00\x00"
    entries = [
        struct.pack(f"{order}HHII", 0x010F, 2, len(maker), 50),
        struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turned, 0),
        struct.pack(f"{order}HHII", 0x8825, 4, 1, 50 + len(maker)),
    ]
    head = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(f"{order}I", 8)
    body = head + struct.pack(f"{order}H", 3) + b"".join(entries) + b"\x00\x00\x00\x00" + maker + PLACE
    return segment(0xE1, b"Exif\x00\x00" + body)


def segment(marker: int, body: bytes) -> bytes:
    """One segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def from_a_phone(turned: int = 6, order: str = "<") -> bytes:
    """A JPEG with all that phones add: Exif, XMP, a colour profile, a comment, a preview, and a film behind the picture."""
    added = [
        exif(turned, order),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>" + PLACE),
        segment(0xE2, b"ICC_PROFILE\x00\x01\x01" + PLACE),
        segment(0xED, b"Photoshop 3.0\x00" + PLACE),
        segment(0xFE, b"comment " + PLACE),
        segment(0xE0, b"JFXX\x00\x10" + PLACE),
    ]
    return JPEG[:2] + b"".join(added) + JPEG[2:] + b"ftypmp42 film " + PLACE


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int = 2, height: int = 1, *more: bytes) -> bytes:
    """A white PNG; `more` are chunks before the picture."""
    rows = b"".join(b"\x00" + b"\xff" * 3 * width for _ in range(min(height, 50)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + b"".join(more)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
