"""Photos of deliveries: nothing of where and when is left, only the two sides see them, the hash is proved."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from solidaria.actions import agree
from solidaria.actions.agree import photo_folder
from solidaria.actions.ledger import texts_of
from solidaria.core.problem import Refused
from solidaria.records.models import CallOff, Handover, HandoverPhoto, LedgerEvent
from solidaria.records.photos import MOST_BYTES, keep, kept, place, plain_photo
from tests.books.pictures import JPEG, PLACE, chunk, exif, from_a_phone, png, segment
from tests.books.test_actions import TODAY, sewing, signed
from tests.web.people import World, doer, person, world


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("turned", [1, 3, 6, 8])
def test_nothing_a_phone_adds_is_left_in_a_jpeg_but_which_way_up_it_is_held(turned: int, order: str) -> None:
    content, kind = plain_photo(from_a_phone(turned, order))
    assert kind == "image/jpeg" and content.startswith(b"\xff\xd8") and content.endswith(b"\xff\xd9")
    for trace in (PLACE, b"-34.6", b"Phone of Ana", b"xmp", b"ICC", b"Photoshop", b"comment", b"JFXX", b"film"):
        assert trace not in content
    if turned == 1:
        assert b"Exif" not in content
    else:
        assert content.count(b"Exif") == 1 and struct.pack(">HHIH", 0x0112, 3, 1, turned) in content
    # What is plain stays as it is: taking out once is taking out for good.
    assert plain_photo(content)[0] == content


def test_the_picture_itself_is_kept_point_by_point() -> None:
    content, _ = plain_photo(from_a_phone(1))
    assert content == plain_photo(JPEG)[0]
    assert content[content.index(b"\xff\xda") :] == JPEG[JPEG.index(b"\xff\xda") :]


def test_nothing_is_left_in_a_png_but_the_picture() -> None:
    more = [
        chunk(b"tEXt", b"Comment\x00" + PLACE),
        chunk(b"eXIf", PLACE),
        chunk(b"iTXt", b"XML:com.adobe.xmp\x00" + PLACE),
        chunk(b"tIME", b"\x07\xea\x0b\x18\x0a\x00\x00"),
        chunk(b"juNk", PLACE),
    ]
    content, kind = plain_photo(png(2, 1, *more) + b"behind it " + PLACE)
    assert (content, kind) == (png(2, 1), "image/png")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html>",
        b"\xff\xd8\xff",
        JPEG[:-1],
        JPEG[: len(JPEG) // 2],
        JPEG[:2] + segment(0xE1, b"x")[:-1],
        b"\xff\xd8\xff\xd9",
        png()[:-1],
        png().replace(b"IHDR", b"IHDX"),
        png().replace(b"IDATx", b"IDATy"),
        png(20_000, 1),
        png(12_000, 12_000),
        JPEG + b"x" * MOST_BYTES,
    ],
)
def test_what_is_no_whole_photo_is_refused_with_what_would_help(content: bytes) -> None:
    with pytest.raises(Refused) as why:
        plain_photo(content)
    assert [fault.column for fault in why.value.faults] == ["photo"] and str(why.value.faults[0].help)


@hypothesis_settings(max_examples=300)
@given(st.binary(max_size=60), st.integers(0, 400), st.sampled_from([JPEG, from_a_phone(), png()]))
def test_no_bytes_break_the_reader_and_no_place_slips_through(more: bytes, at: int, picture: bytes) -> None:
    broken = picture[: at % len(picture)] + more + picture[at % len(picture) :]
    try:
        content, _ = plain_photo(broken)
    except Refused:
        return
    assert len(content) <= len(broken) + 40


@pytest.mark.parametrize(
    "body", [b"Exif\x00\x00", b"Exif\x00\x00II*\x00\xff\xff\xff\xff", b"Exif\x00\x00MM\x00*", exif()[4:40]]
)
def test_a_broken_exif_says_nothing_of_which_way_up(body: bytes) -> None:
    assert b"Exif" not in plain_photo(JPEG[:2] + segment(0xE1, body) + JPEG[2:])[0] or body == exif()[4:40]


def test_a_photo_that_was_changed_on_the_disk_is_not_shown(tmp_path: Path) -> None:
    digest = keep(tmp_path, JPEG)
    assert keep(tmp_path, JPEG) == digest and kept(tmp_path, digest) == JPEG
    assert place(tmp_path, digest).stat().st_mode & 0o777 == 0o600
    place(tmp_path, digest).write_bytes(png())
    assert kept(tmp_path, digest) is None and kept(tmp_path, "0" * 64) is None


# --- with a delivery ---


@pytest.fixture
def here(db: None) -> World:
    made = world()
    sewing(made)
    return made


def order(here: World) -> CallOff:
    return agree.call_off(doer(here.ana), here.barrio, agreement=signed(here), line=0, quantity="10", due=TODAY)


def delivered(here: World, photo: bytes | None = None, **given: Any) -> Handover:
    return agree.hand_over(
        doer(here.ana),
        here.workshop,
        call_off=order(here),
        quantity="4",
        day=TODAY,
        made=True,
        photo=from_a_phone() if photo is None else photo,
        **given,
    )


def test_the_hash_of_the_photo_stands_in_the_event_and_so_in_the_proof_of_both_sides(here: World) -> None:
    row = delivered(here, note="x" * 400)
    photo = row.photos.get()
    content = kept(photo_folder(), photo.digest)
    assert content is not None and PLACE not in content and photo.size == len(content)
    agree.confirm_handover(doer(here.ana), here.barrio, handover=row)
    row.refresh_from_db()
    event = LedgerEvent.objects.get(uid=row.event)
    assert event.note.endswith(f" photo:sha256:{photo.digest}") and len(event.note) <= 400
    for one in (here.workshop, here.barrio):
        assert any(photo.digest in text for text in texts_of(one))


def test_a_photo_that_is_none_is_told_with_everything_else_that_is_wrong(here: World) -> None:
    with pytest.raises(Refused) as why:
        agree.hand_over(
            doer(here.ana), here.workshop, call_off=order(here), quantity="x", day=None, photo=b"GIF89a"
        )
    assert sorted(fault.column or "" for fault in why.value.faults) == ["day", "photo", "quantity"]
    assert not Handover.objects.exists()


def test_a_photo_is_seen_by_the_two_sides_and_nobody_else_and_cannot_run(here: World) -> None:
    photo = delivered(here).photos.get()
    assert not str(photo_folder()).startswith((str(settings.STATIC_ROOT), str(settings.MEDIA_ROOT)))

    def asked(who: Any, code: str) -> Any:
        client = Client()
        client.force_login(who)
        return client.get(reverse("handover_photo", args=[code, photo.pk]))

    for who, one in ((here.ana, here.workshop), (here.bheki, here.barrio)):
        answer = asked(who, one.code)
        assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff" and answer["Cache-Control"] == "private, no-store"
        assert answer["Content-Disposition"].startswith("inline") and "Cookie" in answer["Vary"]
        assert PLACE not in answer.content
    assert asked(here.ana, here.network.code).status_code == 404  # the network is no side of it
    assert asked(here.carla, here.elsewhere.code).status_code == 404
    assert asked(here.carla, here.workshop.code).status_code == 404
    assert Client().get(reverse("handover_photo", args=[here.workshop.code, photo.pk])).status_code == 302


def test_a_photo_comes_with_the_form_of_a_phone_and_stands_on_both_pages(here: World) -> None:
    client = Client()
    client.force_login(here.ana)
    made = order(here)
    data = {
        "quantity": "4",
        "day": TODAY.isoformat(),
        "made": "1",
        "photo": SimpleUploadedFile("IMG_1234.jpg", from_a_phone(), "image/jpeg"),
    }
    answer = client.post(reverse("hand_over", args=[here.workshop.code, made.pk]), data)
    assert answer.status_code == 302
    where = reverse("handover_photo", args=[here.workshop.code, HandoverPhoto.objects.get().pk])
    assert where in client.get(reverse("deliveries", args=[here.workshop.code])).content.decode()
    client.force_login(here.bheki)
    assert "Photo of the delivery" in client.get(reverse("deliveries", args=[here.barrio.code])).content.decode()


def test_a_photo_that_is_too_large_is_refused_before_it_is_read(here: World) -> None:
    client = Client()
    client.force_login(here.ana)
    where = reverse("hand_over", args=[here.workshop.code, order(here).pk])
    data = {
        "quantity": "4",
        "day": TODAY.isoformat(),
        "photo": SimpleUploadedFile("a.jpg", JPEG + b"x" * MOST_BYTES),
    }
    answer = client.post(where, data)
    assert answer.status_code == 422 and "larger than 8 MB" in answer.content.decode()
    data["photo"] = SimpleUploadedFile("a.jpg", JPEG + b"x" * (MOST_BYTES + 200_000))
    assert client.post(where, data).status_code == 413


def test_somebody_without_a_mandate_delivers_nothing(here: World) -> None:
    one = person("lena")
    client = Client()
    client.force_login(one)
    where = reverse("hand_over", args=[here.workshop.code, order(here).pk])
    assert client.post(where, {"quantity": "4"}).status_code == 404
