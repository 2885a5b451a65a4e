"""Envelope encryption: a data key seals the content, the key file seals the data key.

The key file (`StoreKey`) lives outside of the database and only ever encrypts data keys, so that rotating it
re-wraps a few rows instead of every blob, and keyed hashes stay what they are. A sealed text is
`number of the data key (4 bytes) | nonce (12) | AES-256-GCM ciphertext`; its purpose (such as the blob's
address) is authenticated with it, so that rows cannot be swapped. Random nonces are safe for 2^32 texts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cantata.core.model.errors import BlobUnreadable, SealedUnderLostKey
from cantata.store.errors import StoreKeyInvalid

KEY_BYTES = 32
NONCE_BYTES = 12
NUMBER_BYTES = 4
DATA_KEY, HASH_KEYS = b"data key", b"hash keys"


class StoreKey:
    """The content of the key file: 32 bytes that never show in a text."""

    __slots__ = ("_cipher", "_content")

    def __init__(self, content: bytes) -> None:
        if len(content) != KEY_BYTES:
            raise StoreKeyInvalid(
                f"a key of {len(content)} bytes is not one of {KEY_BYTES} bytes", subject="store key"
            )
        self._content = content
        self._cipher = AESGCM(content)

    @classmethod
    def generate(cls) -> StoreKey:
        return cls(os.urandom(KEY_BYTES))

    def text(self) -> str:
        """The form that stands in the key file."""
        return base64.b64encode(self._content).decode() + "\n"

    def wrap(self, number: int, content: bytes, what: bytes = DATA_KEY) -> bytes:
        """A data key, or the hash keys that stand beside it."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, b"%s %d" % (what, number))

    def unwrap(self, number: int, wrapped: bytes, what: bytes = DATA_KEY) -> bytes | None:
        """None when this key did not wrap it."""
        try:
            nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
            return self._cipher.decrypt(nonce, sealed, b"%s %d" % (what, number))
        except InvalidTag:
            return None


def load_key(path: Path) -> StoreKey:
    """Raises `StoreKeyInvalid` when the file is missing, unreadable or holds no key."""
    try:
        return StoreKey(base64.b64decode(path.read_bytes().strip(), validate=True))
    except OSError as error:
        trouble = f"the key file {path} cannot be read: {error.strerror}"
    except (binascii.Error, StoreKeyInvalid):
        trouble = f"the key file {path} does not hold a key"
    raise StoreKeyInvalid(
        trouble, subject=f"key file {path}", hint="Put the file back from your backup of it."
    )


def save_key(path: Path, key: StoreKey) -> None:
    """Writes a new file with mode 0600; raises `FileExistsError` instead of replacing one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The file appears under its name only when it is whole: another process may start at the same moment.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.") as draft:
        draft.write(key.text())
        draft.flush()
        os.fsync(draft.fileno())
        os.link(draft.name, path)


def load_or_create_key(path: Path) -> StoreKey:
    """The key of the file, made with mode 0600 at the first start. Raises `StoreKeyInvalid`."""
    if not path.exists():
        try:
            save_key(path, StoreKey.generate())
        except FileExistsError:
            return load_key(path)
        except OSError as error:
            raise StoreKeyInvalid(
                f"the key file {path} cannot be made: {error.strerror}",
                subject=f"key file {path}",
                hint="Name a folder that you may write to.",
            ) from error
    return load_key(path)


class Keyring:
    """The unwrapped data keys of an open store; the newest seals, every one unseals.

    `hashing` are the keys of addresses and keyed hashes, as they were given over by the data key before; a
    data key that followed none makes its own.
    """

    def __init__(self, data_keys: Mapping[int, bytes], hashing: bytes | None = None) -> None:
        self._ciphers = {number: AESGCM(data_key) for number, data_key in data_keys.items()}
        self._newest = max(data_keys)
        self.older = sorted(number for number in data_keys if number != self._newest)
        newest = data_keys[self._newest]
        self.hashing = hashing or b"".join(
            hashlib.blake2b(newest, person=person).digest() for person in (b"blob address", b"keyed hash")
        )
        half = len(self.hashing) // 2
        self._address_key, self._hash_key = self.hashing[:half], self.hashing[half:]

    def seal(self, content: bytes, purpose: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, content, purpose.encode())
        return self._newest.to_bytes(NUMBER_BYTES, "big") + nonce + sealed

    def unseal(self, sealed: bytes, purpose: str) -> bytes:
        """Raises `BlobUnreadable`; `SealedUnderLostKey` when the key was given up."""
        number = int.from_bytes(sealed[:NUMBER_BYTES], "big")
        nonce = sealed[NUMBER_BYTES : NUMBER_BYTES + NONCE_BYTES]
        cipher = self._ciphers.get(number)
        if cipher is None and 0 < number < self._newest:
            raise SealedUnderLostKey(
                f"{purpose} was sealed under a key that is lost",
                subject=purpose,
                hint="It cannot be read any more; what depends on it has to be made anew.",
            )
        if cipher is not None:
            with suppress(InvalidTag, ValueError):
                return cipher.decrypt(nonce, sealed[NUMBER_BYTES + NONCE_BYTES :], purpose.encode())
        raise BlobUnreadable(
            f"{purpose} does not decrypt",
            subject=purpose,
            hint="Restore the database and its key file from one backup; or save the secret values again and "
            "deploy again.",
        )

    def opens(self, sealed: bytes) -> bool:
        """Whether its data key is there."""
        return int.from_bytes(sealed[:NUMBER_BYTES], "big") in self._ciphers

    def address(self, content: bytes) -> str:
        """64 hex digits that say nothing about the content to who does not hold the key."""
        return hashlib.blake2b(content, key=self._address_key, digest_size=32).hexdigest()

    def keyed_hash(self, content: bytes) -> str:
        """32 hex digits, for use outside of the store."""
        return hashlib.blake2b(content, key=self._hash_key, digest_size=16).hexdigest()
