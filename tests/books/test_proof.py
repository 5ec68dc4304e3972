"""The tree of RFC 9162: known answers of Certificate Transparency's own tests, then laws."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidaria.core.proof import (
    EMPTY,
    Checkpoint,
    Frontier,
    NoteSignature,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    key_hash,
    leaf_hash,
    node_hash,
    note,
    read_note,
    root_of,
)

# The eight entries and the roots of the reference tests of Certificate Transparency
# (google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc, and transparency-dev/merkle, testonly).
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def test_the_empty_tree_hashes_to_sha256_of_nothing() -> None:
    assert root_of([]) == EMPTY == sha256(b"").digest()
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_inclusion_proofs_are_those_of_certificate_transparency() -> None:
    assert [one.hex() for one in inclusion_proof(0, LEAVES)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [one.hex() for one in inclusion_proof(5, LEAVES)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_the_consistency_proofs_are_those_of_certificate_transparency() -> None:
    assert [one.hex() for one in consistency_proof(6, LEAVES)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [one.hex() for one in consistency_proof(2, LEAVES[:5])] == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]


def definition(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash word for word as RFC 9162 defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(definition(leaves[:k]), definition(leaves[k:]))


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


@given(st.integers(0, 70))
def test_the_growing_edge_gives_the_root_of_the_definition(size: int) -> None:
    tree = Frontier()
    for leaf in leaves_of(size):
        tree.add(leaf)
    assert tree.root() == definition(leaves_of(size)) and tree.size == size


@given(st.integers(1, 70), st.data())
def test_every_entry_is_proved_at_its_own_place_and_at_no_other(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    place = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size + 3))
    proof = inclusion_proof(place, leaves)
    assert is_included(leaves[place], place, size, proof, root_of(leaves))
    if other != place:
        assert not is_included(leaves[place], other, size, proof, root_of(leaves))
    assert not is_included(leaf_hash(b"never"), place, size, proof, root_of(leaves))


@given(st.integers(0, 70), st.integers(0, 70), st.data())
def test_a_log_that_was_only_added_to_is_consistent_and_a_changed_one_is_not(
    one: int, other: int, data: st.DataObject
) -> None:
    earlier, size = sorted((one, other))
    leaves = leaves_of(size)
    proof = consistency_proof(earlier, leaves)
    assert is_consistent(earlier, size, root_of(leaves[:earlier]), root_of(leaves), proof)
    if earlier > 0:
        changed = list(leaves)
        changed[data.draw(st.integers(0, earlier - 1))] = leaf_hash(b"rewritten")
        rewritten = consistency_proof(earlier, changed)
        assert not is_consistent(earlier, size, root_of(leaves[:earlier]), root_of(changed), rewritten)


def test_a_checkpoint_reads_back_as_it_was_written() -> None:
    made = Checkpoint("urn:solidaria:taller-hilo", 8, root_of(LEAVES))
    signed = NoteSignature("urn:solidaria:taller-hilo", b"abcd", bytes(64))
    text = note(made, [signed])
    root = base64.b64encode(root_of(LEAVES)).decode()
    assert text.startswith(f"urn:solidaria:taller-hilo\n8\n{root}\n\n— urn:solidaria:taller-hilo ")
    assert read_note(text) == (made, (signed,))


@pytest.mark.parametrize(
    "text", ["", "a\n1\nAAAA\n\n", "a\n-1\nAAAA\n\n", "a\n01\nnot base 64\n\n", "a\n1\n\n— x y\n"]
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_note(text)


def test_the_key_of_a_note_is_named_as_in_the_go_checksum_database() -> None:
    # The published verifier key of sum.golang.org: name+hash+key (golang.org/x/mod, go command).
    name, named, key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8".split("+", 2)
    content = base64.b64decode(key)
    assert content[0] == 1
    assert key_hash(name, content[1:]).hex() == named
