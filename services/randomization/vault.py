"""The keys of the deployment, and what they open: the one slot that an allocation has taken.

Made from the settings before a transaction begins, so that no network call for a key ever happens
while a stratum is locked. Nothing here draws randomness.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.randomization import errors
from services.randomization.domain import manifest, sealing
from services.randomization.domain.sealing import Opening, SealBroken, SealedSlot
from shared.settings import Settings

KEY_HEX_DIGITS = 64


@dataclass(frozen=True, repr=False)
class TakenSlot:
    """A slot as the database handed it out, with the root that its list's row states."""

    list_id: str
    root: bytes
    sealed: SealedSlot

    @classmethod
    def of(cls, row: Mapping[str, Any], *, label: str, list_id: str, position: int) -> "TakenSlot":
        sealed = SealedSlot(
            label=label,
            position=position,
            leaf_index=row["leaf_index"],
            ciphertext=bytes(row["ciphertext"]),
            commitment=bytes(row["commitment"]),
            path=bytes(row["path"]),
        )
        return cls(list_id, bytes(row["root"]), sealed)


@dataclass(frozen=True)
class Published:
    """A manifest whose signature was found good, with its hash."""

    content: Mapping[str, Any]
    sha256: str

    @property
    def root(self) -> bytes:
        return bytes.fromhex(self.content["root"])

    @property
    def leaf_count(self) -> int:
        return int(self.content["leaf_count"])


@dataclass(frozen=True, repr=False)
class Vault:
    """The sealing key and the signing keys. It has no repr, so that no log shows a key."""

    master: bytes
    signing_seeds: tuple[bytes, ...]
    _list_keys: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _published: dict[tuple[str, str, str, bytes, bytes], Published] = field(default_factory=dict)

    @property
    def key_name(self) -> str:
        return sealing.key_name(self.master)

    def list_key(self, study: str, list_id: str) -> bytes:
        known = self._list_keys.get((study, list_id))
        if known is None:
            known = sealing.list_key(self.master, study, list_id)
            self._list_keys[study, list_id] = known
        return known

    def sign(self, content: Mapping[str, object]) -> tuple[bytes, bytes, bytes]:
        """Canonical manifest, its signature, and the public key, by the newest signing key."""
        canonical = manifest.canonical(content)
        seed = self.signing_seeds[0]
        return canonical, manifest.sign(canonical, seed), manifest.public_key(seed)

    def published(self, study: str, row: Mapping[str, Any]) -> Published:
        """The manifest of a list's row. Raises ``SealBroken`` where it is not as it was signed."""
        text, list_id = str(row["manifest"]), str(row["list_id"])
        # By all that was verified: a signature altered since is no less altered.
        stated = (study, list_id, text, bytes(row["signature"]), bytes(row["public_key"]))
        known = self._published.get(stated)
        if known is None:
            known = self._verified(list_id, text, row)
            self._published[stated] = known
        if known.content["study"] != study or known.content["list_id"] != list_id:
            raise SealBroken(list_id, "*", 0, "the manifest is another list's")
        return known

    def open(self, study: str, taken: TakenSlot, published: Published) -> Opening:
        """What the slot holds, once key, commitment and path to the published root agree.

        Raises ``SealBroken``: the transaction is then given up and the list suspended.
        """
        if taken.root != published.root:
            raise SealBroken(taken.list_id, taken.sealed.label, taken.sealed.position, "root")
        if published.content["key_name"] != self.key_name:
            raise errors.KeysUnavailable("The list was sealed with another key.")
        key = self.list_key(study, taken.list_id)
        opening = sealing.open_slot(key, taken.sealed, study=study, list_id=taken.list_id)
        sealing.check(
            taken.sealed,
            opening,
            list_id=taken.list_id,
            root=published.root,
            count=published.leaf_count,
        )
        return opening

    def _verified(self, list_id: str, text: str, row: Mapping[str, Any]) -> Published:
        key, signature = bytes(row["public_key"]), bytes(row["signature"])
        if key not in {manifest.public_key(seed) for seed in self.signing_seeds}:
            raise SealBroken(list_id, "*", 0, "the manifest is signed by an unknown key")
        try:
            manifest.verify(text.encode(), signature, key)
            content = json.loads(text)
        except (manifest.ManifestForged, ValueError):
            raise SealBroken(list_id, "*", 0, "the manifest is not as it was signed") from None
        return Published(content, manifest.manifest_hash(content))


_VAULTS: dict[tuple[str, str], Vault] = {}


def vault(settings: Settings) -> Vault:
    """The vault of a deployment's settings. Raises ``KeysUnavailable`` without usable keys.

    Several signing keys may be given, parted by commas: the first signs, each may have signed.
    """
    wanted = (settings.sealing_key, settings.signing_key)
    if wanted not in _VAULTS:
        keys = [settings.sealing_key, *settings.signing_key.split(",")]
        if any(len(key) != KEY_HEX_DIGITS for key in keys):
            raise errors.KeysUnavailable("This deployment has no sealing or signing key.")
        try:
            master, *seeds = (bytes.fromhex(key) for key in keys)
        except ValueError:
            raise errors.KeysUnavailable("A key is no hexadecimal number.") from None
        _VAULTS[wanted] = Vault(master, tuple(seeds))
    return _VAULTS[wanted]
