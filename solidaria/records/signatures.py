"""Ed25519: keys in files, signatures under checkpoints. No database here: `solidaria verify` runs without one."""

from __future__ import annotations

import base64
import os
import struct
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from solidaria.core.proof import (
    COSIGNATURE,
    OWN_SIGNATURE,
    Checkpoint,
    NoteSignature,
    cosigned_text,
    key_hash,
)


def key_in(path: Path) -> Ed25519PrivateKey:
    """The private key in a file, made there (readable by its owner alone) when there is none yet."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = Ed25519PrivateKey.generate()
        content = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return key_in(path)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    found = load_pem_private_key(content, password=None)
    if not isinstance(found, Ed25519PrivateKey):
        raise ValueError(f"{path.name} holds no Ed25519 key")
    return found


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key as text: 32 bytes in base64."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def public_bytes(text: str) -> bytes:
    """The 32 bytes of a public key; raises ValueError where the text is none."""
    content = base64.b64decode(text, validate=True)
    if len(content) != 32:
        raise ValueError("this is not a public key")
    return content


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey, name: str) -> NoteSignature:
    """The log's own signature under its checkpoint."""
    public = public_bytes(public_text(key))
    return NoteSignature(name, key_hash(name, public), key.sign(checkpoint.text.encode()))


def countersign(checkpoint: Checkpoint, key: Ed25519PrivateKey, name: str, time: int) -> NoteSignature:
    """A witness's signature: it saw the checkpoint at this moment, in seconds since 1970 (C2SP: tlog-cosignature)."""
    public = public_bytes(public_text(key))
    signature = struct.pack(">Q", time) + key.sign(cosigned_text(checkpoint.text, time))
    return NoteSignature(name, key_hash(name, public, COSIGNATURE), signature)


def signed_by(checkpoint: Checkpoint, signature: NoteSignature, public: str) -> int | None:
    """When the holder of a public key signed this checkpoint: seconds since 1970, 0 for the log's own; None: never."""
    try:
        content = public_bytes(public)
    except ValueError:
        return None
    key = Ed25519PublicKey.from_public_bytes(content)
    try:
        if signature.key == key_hash(signature.name, content, OWN_SIGNATURE):
            key.verify(signature.signature, checkpoint.text.encode())
            return 0
        if signature.key == key_hash(signature.name, content, COSIGNATURE) and len(signature.signature) == 72:
            (time,) = struct.unpack(">Q", signature.signature[:8])
            key.verify(signature.signature[8:], cosigned_text(checkpoint.text, time))
            return int(time)
    except InvalidSignature:
        return None
    return None
