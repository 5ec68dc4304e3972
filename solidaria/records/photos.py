"""Photos of deliveries: what says where, when and with which phone a picture was taken is removed before it is kept.

Only the picture itself is copied out of the file, piece by piece: everything that is not known to be part of it is
left behind, so what phones will add tomorrow is left behind, too. The one exception is which way up a JPEG is held.
"""

from __future__ import annotations

import os
import struct
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Final

from solidaria.core.problem import Fault, Refused, Sentence, say

MOST_BYTES: Final = 8_000_000
#: Wider or higher pictures only stop the phones that show them.
MOST_SIDE: Final = 12_000
MOST_PIXELS: Final = 60_000_000

JPEG, PNG = "image/jpeg", "image/png"
_PNG = b"\x89PNG\r\n\x1a\n"
#: Chunks of a PNG that are the picture, or say how its colours are meant.
_PNG_KEPT: Final = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT")
#: Segments of a JPEG that are the picture: tables, frames, scans; APP0 (JFIF) and APP14 (how colours are stored).
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_KEPT: Final = _FRAMES | {0xC4, 0xCC, 0xDA, 0xDB, 0xDD, 0xE0, 0xEE}
#: An Exif segment that says nothing but which way up the picture is held.
_UPRIGHT: Final = (
    b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00%c\x00\x00\x00\x00\x00\x00"
)


def plain_photo(content: bytes) -> tuple[bytes, str]:
    """The picture alone, and its kind: a JPEG or a PNG without place, time, phone, preview and what is hidden behind it.

    Raises Refused for what is neither, is not whole, or is too large.
    """
    if len(content) > MOST_BYTES:
        raise _refused(
            say("The photo is larger than {most} MB.", most=MOST_BYTES // 1_000_000),
            say("Set the camera to smaller pictures."),
        )
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content), JPEG
    if content.startswith(_PNG):
        return _png(content), PNG
    raise _refused(
        say("This is not a photo that can be kept: it is neither JPEG nor PNG."),
        say("Take it with the camera of the phone, or save it as JPEG."),
    )


def _refused(what: Sentence, help: Sentence) -> Refused:
    return Refused([Fault("", None, "photo", what, help)])


def _broken() -> Refused:
    return _refused(say("The photo is not whole."), say("Take it once more, or choose another."))


def _fits(width: int, height: int) -> None:
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and width * height <= MOST_PIXELS):
        raise _refused(
            say("The photo has {width} × {height} points.", width=width, height=height),
            say("Set the camera to smaller pictures."),
        )


def _jpeg(content: bytes) -> bytes:
    """A JPEG's own segments, up to the end of the picture."""
    kept = [b"\xff\xd8"]
    at, framed, scanned = 2, False, False
    while True:
        if content[at : at + 1] != b"\xff":
            raise _broken()
        while content[at : at + 1] == b"\xff":
            at += 1
        if at >= len(content):
            raise _broken()
        marker = content[at]
        at += 1
        if marker == 0xD9:
            break
        if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8 or at + 2 > len(content):
            raise _broken()
        size = int.from_bytes(content[at : at + 2], "big")
        if size < 2 or at + size > len(content):
            raise _broken()
        body = content[at + 2 : at + size]
        at += size
        if marker in _FRAMES:
            if len(body) < 6:
                raise _broken()
            _fits(*struct.unpack(">HH", body[1:5])[::-1])
            framed = True
        if marker == 0xE1 and (turn := _turned(body)):
            kept.insert(1, _segment(0xE1, _UPRIGHT % turn))
        if marker == 0xE0:
            # JFIF alone, without the small preview behind it.
            body = body[:12] + b"\x00\x00" if body.startswith(b"JFIF\x00") and len(body) >= 14 else b""
        if marker == 0xEE and not body.startswith(b"Adobe"):
            body = b""
        if marker in _JPEG_KEPT and body:
            kept.append(_segment(marker, body[:12] if marker == 0xEE else body))
        if marker == 0xDA:
            if not framed:
                raise _broken()
            end = _end_of_scan(content, at)
            kept.append(content[at:end])
            at, scanned = end, True
    if not scanned:
        raise _broken()
    return b"".join(kept) + b"\xff\xd9"


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the points of a scan end: at the next marker that is no restart and no escaped 255."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise _broken()
        if content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7:
            at += 2
        elif content[at + 1] == 0xFF:
            at += 1
        else:
            return at


def _turned(body: bytes) -> int:
    """Which way up an Exif segment says the picture is held, 2 to 8; 0 where it says nothing of it, or plainly upright."""
    if not body.startswith(b"Exif\x00\x00"):
        return 0
    inner = body[6:]
    order = {b"II": "<", b"MM": ">"}.get(inner[:2])
    try:
        if order is None:
            return 0
        first = struct.unpack_from(f"{order}I", inner, 4)[0]
        for number in range(min(struct.unpack_from(f"{order}H", inner, first)[0], 200)):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", inner, first + 2 + 12 * number)
            if tag == 0x0112 and kind == 3 and count == 1:
                return value if 2 <= value <= 8 else 0
    except struct.error:
        return 0
    return 0


def _png(content: bytes) -> bytes:
    """A PNG's own chunks, up to the end of the picture."""
    kept = [_PNG]
    at, first, points = len(_PNG), True, False
    while True:
        if at + 12 > len(content):
            raise _broken()
        size, name = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        body, sum_of = content[at + 8 : at + 8 + size], content[at + 8 + size : at + 12 + size]
        if len(body) != size or int.from_bytes(sum_of, "big") != zlib.crc32(name + body) or len(sum_of) != 4:
            raise _broken()
        if first != (name == b"IHDR") or (first and size != 13):
            raise _broken()
        if first:
            _fits(*struct.unpack(">II", body[:8]))
        first = False
        points = points or name == b"IDAT"
        if name in _PNG_KEPT:
            kept.append(content[at : at + 12 + size])
        at += 12 + size
        if name == b"IEND":
            break
    if not points:
        raise _broken()
    return b"".join(kept)


# --- where they are kept ---


def keep(folder: Path, content: bytes) -> str:
    """Keep a photo as a file named by its hash, and give that; the same photo is kept once."""
    digest = sha256(content).hexdigest()
    path = place(folder, digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_name(f"{digest}.{os.getpid()}.part")
        with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    return digest


def place(folder: Path, digest: str) -> Path:
    """Where the photo with this hash is kept."""
    return folder / digest[:2] / digest


def kept(folder: Path, digest: str) -> bytes | None:
    """The photo with this hash; None where it is gone or was changed."""
    try:
        content = place(folder, digest).read_bytes()
    except OSError:
        return None
    return content if sha256(content).hexdigest() == digest else None
