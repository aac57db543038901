"""Reading rule packs: TOML in, a `Pack` with the hash of its content out."""

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from shared.rules.model import Pack
from shared.rules.reading import PackError, Reader

__all__ = ["PackError", "changed_pack", "load_pack", "pack_from_text", "shipped_packs"]


def shipped_packs() -> tuple[str, ...]:
    """Ids of the packs that come with the product, sorted."""
    folder = resources.files("shared.rules")
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load_pack(pack_id: str) -> Pack:
    """A shipped pack. Raises KeyError where there is none, PackError where it is malformed."""
    if pack_id not in shipped_packs():
        raise KeyError(pack_id)
    text = resources.files("shared.rules").joinpath(f"{pack_id}.toml").read_text("utf-8")
    pack = pack_from_text(text, pack_id)
    if pack.id != pack_id:
        raise PackError(pack_id, ["id: differs from the name of the file"])
    return pack


def pack_from_text(text: str, name: str = "pack") -> Pack:
    """The pack in TOML text. Raises PackError with every fault."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PackError(name, [str(error)]) from None
    return _pack(content, name)


def changed_pack(pack_id: str, values: Mapping[str, str | int | bool | list[str]]) -> Pack:
    """A shipped pack with other parameter values, as a study sets its switches.

    Version and hash differ from the shipped pack's, so that no result hides the change. Raises
    KeyError for an unknown parameter, PackError for a value that does not fit.
    """
    text = resources.files("shared.rules").joinpath(f"{pack_id}.toml").read_text("utf-8")
    content = tomllib.loads(text)
    for name, value in values.items():
        if name not in content["parameters"]:
            raise KeyError(name)
        content["parameters"][name]["value"] = value
    if values:
        content["version"] += "+changed"
    return _pack(content, pack_id)


def _pack(content: dict[str, Any], name: str) -> Pack:
    reader = Reader()
    reader.header(content)
    parameters = reader.parameters(content)
    rules = reader.rules(content)
    tables = reader.tables(content)
    if reader.faults:
        raise PackError(name, reader.faults)
    return Pack(
        content["id"],
        content["version"],
        content["title"],
        _content_hash(content),
        parameters,
        rules,
        tables,
        content.get("arm_revealing", False),
    )


def _content_hash(content: dict[str, Any]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode("utf-8")).hexdigest()
