#!/usr/bin/env python3
"""Check a randomization of Induct with nothing but Python (3.11 or later) and this one file.

    verify_randomization.py manifest MANIFEST.json [--public-key HEX]
    verify_randomization.py allocation ALLOCATION.json --manifest MANIFEST.json [--public-key HEX]
    verify_randomization.py reveal REVEAL.json [--public-key HEX] [--head STRATUM=HEX ...]

It shares no code with the service: it was written from verify-randomization.md, which says what
each check proves and what it does not. Exit status 0: every check held. 1: at least one did not,
or a file cannot be read. 2: the command line is wrong.
"""

import argparse
import hashlib
import hmac
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

ALGORITHM = "induct-rand-v1"
HEX32 = re.compile(r"[0-9a-f]{64}")
HEX64 = re.compile(r"[0-9a-f]{128}")
DRAW = re.compile(r"[0-9a-f]{16}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
LARGEST = 2**53 - 1


class Malformed(Exception):
    """A file is not what it should be."""


class Fault(NamedTuple):
    """What is wrong, and with which slot (None: with the whole)."""

    kind: str
    detail: str
    label: str | None = None
    position: int | None = None


class Place(NamedTuple):
    """The name of a slot. None: the file does not say it legibly."""

    label: str | None
    position: int | None


WHOLE = Place(None, None)


@dataclass
class Report:
    """What one run found."""

    faults: dict[Fault, None] = field(default_factory=dict)  # in order, each once
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, kind: str, detail: str, place: Place = WHOLE) -> None:
        """Note a fault once."""
        self.faults[Fault(kind, detail, *place)] = None


# --- Ed25519, verification only (RFC 8032 section 5.1.7) -----------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z
NEUTRAL: Point = (0, 1, 1, 0)


def point_add(p: Point, q: Point) -> Point:
    """Sum of two points."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(times: int, p: Point) -> Point:
    """``times`` p. Not in constant time: everything here is public."""
    total = NEUTRAL
    while times:
        if times & 1:
            total = point_add(total, p)
        p, times = point_add(p, p), times >> 1
    return total


def point_decode(encoded: bytes) -> Point | None:
    """The point of 32 bytes, None where they encode none."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if len(encoded) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def point_encode(p: Point) -> bytes:
    """The 32 bytes of a point."""
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL


def ed25519_verifies(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is of this message by this key; keys of small order are refused."""
    point = point_decode(public_key)
    if point is None or len(signature) != 64:
        return False
    commitment, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    if scalar >= L or point_encode(point_multiply(8, point)) == point_encode(NEUTRAL):
        return False
    challenge = hashlib.sha512(commitment + public_key + message).digest()
    times = int.from_bytes(challenge, "little") % L
    negative = (P - point[0], point[1], point[2], P - point[3])
    reached = point_add(point_multiply(scalar, BASE), point_multiply(times, negative))
    return point_encode(reached) == commitment


# --- Hashes --------------------------------------------------------------------------------------


def place_bytes(*texts: str, position: int) -> bytes:
    """Each text with a zero byte behind it, then the position as eight bytes, big-endian."""
    return b"".join(t.encode() + b"\0" for t in texts) + position.to_bytes(8, "big")


def salt_of(secret: bytes, list_id: str, label: str, position: int) -> bytes:
    """The salt of a slot of a generated list."""
    message = place_bytes(ALGORITHM, "salt", list_id, label, position=position)
    return hmac.new(secret, message, hashlib.sha256).digest()


def commitment_of(list_id: str, place: Place, salt: bytes, content: str) -> bytes:
    """The commitment of a slot."""
    prefix = place_bytes("induct-commit-v1", list_id, str(place[0]), position=place[1] or 0)
    return hashlib.sha256(prefix + salt + content.encode()).digest()


def link_of(list_id: str, place: Place, previous: bytes, said: Sequence[str]) -> bytes:
    """The link of a used slot; ``said`` are its number, arm and time."""
    prefix = place_bytes("induct-used-v1", list_id, str(place[0]), position=place[1] or 0)
    return hashlib.sha256(prefix + previous + "\0".join(said).encode()).digest()


def leaf_of(commitment: bytes) -> bytes:
    """A commitment as a leaf of the tree."""
    return hashlib.sha256(b"\0" + commitment).digest()


def node_of(left: bytes, right: bytes) -> bytes:
    """A node over two."""
    return hashlib.sha256(b"\1" + left + right).digest()


def merkle_root(commitments: Iterable[bytes]) -> bytes:
    """The root (RFC 6962 shape): full trees are joined as they come, then from the right."""
    trees: list[tuple[int, bytes]] = []
    for commitment in commitments:
        trees.append((1, leaf_of(commitment)))
        while len(trees) > 1 and trees[-1][0] == trees[-2][0]:
            (size, right), (_, left) = trees.pop(), trees.pop()
            trees.append((2 * size, node_of(left, right)))
    root = trees.pop()[1]
    while trees:
        root = node_of(trees.pop()[1], root)
    return root


def climb(index: int, count: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The root over ``count`` leaves that a leaf and its path lead to."""
    if count == 1:
        if path:
            raise ValueError("the path is too long")
        return leaf
    if not path:
        raise ValueError("the path is too short")
    split = 1 << (count - 1).bit_length() - 1
    if index < split:
        return node_of(climb(index, split, leaf, path[:-1]), path[-1])
    return node_of(path[-1], climb(index - split, count - split, leaf, path[:-1]))


# --- Generation (induct-rand-v1) -----------------------------------------------------------------


def word_stream(secret: bytes, list_id: str, label: str) -> Iterator[int]:
    """The 32-bit words of one stratum."""
    counter = 0
    while True:
        message = place_bytes(ALGORITHM, "list", list_id, label, position=counter)
        digest = hmac.new(secret, message, hashlib.sha256).digest()
        yield from (int.from_bytes(digest[at : at + 4], "big") for at in range(0, 32, 4))
        counter += 1


def below(words: Iterator[int], limit: int) -> int:
    """A number 0 .. limit-1; words of the incomplete last cycle are passed over."""
    return next(word for word in words if word < 2**32 - 2**32 % limit) % limit


def permuted_blocks(words: Iterator[int], arms: dict[str, int], asked: dict[str, Any]) -> list[str]:
    """Whole blocks until the capacity is reached."""
    sizes, total = sorted(asked["block_sizes"]), sum(arms.values())
    made: list[str] = []
    while len(made) < asked["capacity"]:
        size = sizes[below(words, len(sizes))]
        block = [arm for arm, share in arms.items() for _ in range(share * size // total)]
        for i in range(size - 1, 0, -1):
            j = below(words, i + 1)
            block[i], block[j] = block[j], block[i]
        made += block
    return made


def biased_coin(words: Iterator[int], arms: dict[str, int], asked: dict[str, Any]) -> list[str]:
    """Efron's coin; the probability is taken in lowest terms."""
    hits, sides = asked["probability"]["numerator"], asked["probability"]["denominator"]
    shared = math.gcd(hits, sides)
    hits, sides = hits // shared, sides // shared

    def toss(ahead: int) -> int:
        if ahead == 0:
            return below(words, 2)
        behind = int(ahead > 0)
        return behind if below(words, sides) < hits else 1 - behind

    return walk(toss, list(arms), asked["capacity"])


def big_stick(words: Iterator[int], arms: dict[str, int], asked: dict[str, Any]) -> list[str]:
    """A fair coin until the arms differ by the limit, then the arm behind, without a word."""

    def toss(ahead: int) -> int:
        return int(ahead > 0) if abs(ahead) == asked["limit"] else below(words, 2)

    return walk(toss, list(arms), asked["capacity"])


def walk(toss: Callable[[int], int], names: list[str], capacity: int) -> list[str]:
    """Toss for two arms, telling each toss the lead of the first one."""
    ahead, made = 0, []
    for _ in range(capacity):
        place = toss(ahead)
        ahead += 1 - 2 * place
        made.append(names[place])
    return made


def draws(words: Iterator[int], _: dict[str, int], asked: dict[str, Any]) -> list[str]:
    """The draws of a minimised list: two words each."""
    return [f"{next(words) << 32 | next(words):016x}" for _ in range(asked["draws"])]


METHODS: dict[str, Callable[[Iterator[int], dict[str, int], dict[str, Any]], list[str]]] = {
    "permuted_blocks": permuted_blocks,
    "biased_coin": biased_coin,
    "big_stick": big_stick,
    "minimisation": draws,
}


def labels_of(manifest: dict[str, Any]) -> list[str]:
    """The labels that the slots of a list carry, in the order of their bytes."""
    if manifest["method"] == "minimisation":
        return ["*"]
    return sorted(manifest["strata"], key=str.encode)


def regenerate(
    secret: bytes, manifest: dict[str, Any], asked: dict[str, Any]
) -> dict[Place, tuple[str, bytes]]:
    """Every slot that the secret makes: its content and its salt."""
    arms = {arm["code"]: arm["ratio"] for arm in manifest["arms"]}
    list_id, made = manifest["list_id"], {}
    for label in labels_of(manifest):
        contents = METHODS[asked["method"]](word_stream(secret, list_id, label), arms, asked)
        sealed = contents[: asked.get("slots_per_stratum", len(contents))]
        for position, content in enumerate(sealed, start=1):
            made[Place(label, position)] = (content, salt_of(secret, list_id, label, position))
    return made


# --- Reading files -------------------------------------------------------------------------------


def parse(text: str) -> Any:
    """Strict JSON: no number with a fraction, no name twice, no half characters."""

    def refuse(what: str) -> Any:
        raise Malformed(f"the number {what[:20]} is not a whole number")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise Malformed("a name stands twice in one object")
        return found

    try:
        content = json.loads(
            text, parse_float=refuse, parse_constant=refuse, object_pairs_hook=once
        )
        spell(content).encode()
    except RecursionError:
        raise Malformed("nested too deep") from None
    except ValueError as error:
        raise Malformed(f"not JSON: {error}") from None
    return content


def spell(content: Any, indent: int | None = None) -> str:
    """Canonical JSON; with ``indent`` the same for human eyes."""
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(
        content, sort_keys=True, separators=separators, indent=indent, ensure_ascii=False
    )


def read(name: str, report: Report) -> tuple[str, dict[str, Any]]:
    """The text and the content of a file. Raises `Malformed`; slots at the damage are noted."""
    try:
        raw = Path(name).read_bytes()
    except OSError as error:
        raise Malformed(f"{name} cannot be read: {error.strerror}") from None
    text = raw.decode(errors="replace")
    try:
        return text, parse_object(text, intact=text.encode() == raw)
    except Malformed as error:
        for place in damaged_places(text):
            report.add("malformed", "the file is damaged at this slot", place)
        raise Malformed(f"{name}: {error}") from None


def parse_object(text: str, *, intact: bool) -> dict[str, Any]:
    """The JSON object of a file whose bytes are, or are not, UTF-8."""
    if not intact:
        raise Malformed("not UTF-8")
    content = parse(text)
    if not isinstance(content, dict):
        raise Malformed("not a JSON object")
    return content


def damaged_places(text: str) -> list[Place]:
    """The slots whose own braces do not hold good JSON."""
    names: list[Place] = []
    broken: list[bool] = []
    for part in re.split(r"[{}]", text):
        if not part.strip(" \t\r\n,"):
            continue
        is_slot = any(f'"{name}"' in part for name in {*SLOT_FIELDS, *USED_FIELDS})
        names.append(scan_name(part) if is_slot else WHOLE)
        broken.append(is_slot and not is_whole("{" + part + "}"))
    good = {place.label for place, bad in zip(names, broken, strict=True) if not bad}
    known = [Place(None, n.position) if n.label not in good else n for n in names]
    found = [infer(known, i, ()) for i, bad in enumerate(broken) if bad]
    return [place for place in found if place.label is not None]


def scan_name(part: str) -> Place:
    """The label and position that stand in a torn object."""
    label = re.search(r'"label"\s*:\s*"([^"]*)"', part)
    position = re.search(r'"position"\s*:\s*([0-9]{1,15})\s*(?:[,}]|$)', part)
    return Place(label and label[1], int(position[1]) if position else None)


def is_whole(text: str) -> bool:
    """Whether a text is one slot or one allocation with all its fields."""
    try:
        names = set(parse_object(text, intact="\ufffd" not in text))
    except Malformed:
        return False
    return names in (set(SLOT_FIELDS), set(USED_FIELDS))


def check_layout(text: str, content: dict[str, Any], report: Report) -> None:
    """Every byte of a revealed file counts: it must be spelled in one of two ways."""
    indent = 2 if text[1:2] == "\n" else None
    expected = spell(content, indent)
    if text in (expected, expected + "\n"):
        return
    at = next(
        (i for i, pair in enumerate(zip(text, expected, strict=False)) if len(set(pair)) > 1), 0
    )
    start, end = text.rfind("{", 0, at) + 1, text.find("}", at)
    report.add("layout", "the file is not spelled canonically", scan_name(text[start:end]))


# --- Names of slots ------------------------------------------------------------------------------


def follows(before: Place | None, place: Place) -> bool:
    """Whether a slot stands rightly behind another (None: it is the first)."""
    if None in place:
        return False
    if before is None or before.label is None:
        return before is not None or place.position == 1
    if before.label == place.label:
        return before.position is None or place.position == before.position + 1
    return place.position == 1 and str(place.label).encode() > before.label.encode()


def infer(
    places: Sequence[Place],
    at: int,
    labels: Iterable[str],
    proven: Callable[[Place], bool] = lambda _: False,
) -> Place:
    """Which slot really stands at one place of a file, though its own name may be the damage.

    First the name under which its hash comes out, then the one that its neighbours leave room for.
    """
    stated = places[at]
    before = places[at - 1] if at else None
    after = places[at + 1] if at + 1 < len(places) else None
    tried = [stated]
    if after and after.label is not None and after.position is not None and after.position > 1:
        tried.append(Place(after.label, after.position - 1))
    if before and before.label is not None and before.position is not None:
        tried.append(Place(before.label, before.position + 1))
    tried += [Place(label, stated.position or 1) for label in labels]
    tried = [place for place in tried if None not in place]
    for place in tried:
        if proven(place):
            return place
    for place in tried:
        if follows(before, place) and (after is None or None in after or follows(place, after)):
            return place
    return stated


# --- The manifest --------------------------------------------------------------------------------


def is_text(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def is_number(value: object, least: int = 1) -> TypeGuard[int]:
    return type(value) is int and least <= value <= LARGEST


def is_hex(value: object, pattern: re.Pattern[str] = HEX32) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def are_arms(value: object) -> bool:
    if not isinstance(value, list) or not all(isinstance(arm, dict) for arm in value):
        return False
    good = all(
        set(arm) == {"code", "ratio"} and is_text(arm["code"]) and is_number(arm["ratio"])
        for arm in value
    )
    return good and len({arm["code"] for arm in value}) == len(value) > 1


def are_labels(value: object) -> bool:
    return (
        isinstance(value, list) and all(map(is_text, value)) and len(set(value)) == len(value) > 0
    )


MANIFEST_FIELDS: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(("study", "mode", "purpose", "list_id", "key_name", "author"), is_text),
    **dict.fromkeys(("approver", "activated_at", "definition_version"), is_text),
    **dict.fromkeys(("root", "sealed_sha256", "parameters_sha256", "definition_sha256"), is_hex),
    "format": lambda value: value == "induct-manifest-v1",
    "algorithm": lambda value: value == ALGORITHM,
    "method": lambda value: value in (*METHODS, "uploaded_list"),
    "leaf_count": is_number,
    "arms": are_arms,
    "strata": are_labels,
}


def check_manifest(bundle: dict[str, Any], pinned: str | None, report: Report) -> dict[str, Any]:
    """The manifest of a bundle after its signature was checked. Raises `Malformed`."""
    manifest = bundle.get("manifest")
    if not isinstance(manifest, dict):
        raise Malformed("there is no manifest in it")
    check_values(manifest)
    key, signature = bundle.get("public_key"), bundle.get("signature")
    content = spell(manifest).encode()
    hashed = hashlib.sha256(content).hexdigest()
    if not is_hex(key) or not is_hex(signature, HEX64):
        report.add("signature", "public_key or signature is not lower-case hexadecimal")
    elif not ed25519_verifies(bytes.fromhex(str(key)), bytes.fromhex(str(signature)), content):
        report.add("signature", "the signature is not of this manifest by this key")
    if pinned is None:
        report.notes.append("compare the public key with one from another source (--public-key)")
    elif pinned.lower() != key:
        report.add("public-key", "the manifest is signed by another key than the one given")
    if bundle.get("manifest_hash", hashed) != hashed:
        report.add("manifest-hash", "manifest_hash is the hash of another manifest")
    if manifest.get("approver") == manifest.get("author"):
        report.add("one-person", "author and approver are the same person")
    bad = sorted(name for name, good in MANIFEST_FIELDS.items() if not good(manifest.get(name)))
    if bad:
        raise Malformed(f"fields of the manifest are missing or wrong: {', '.join(bad)}")
    names = ("study", "mode", "purpose", "list_id", "method", "root", "leaf_count", "activated_at")
    report.facts |= {name: manifest[name] for name in names}
    report.facts |= {"manifest_hash": hashed, "public_key": key}
    return manifest


def check_values(value: object) -> None:
    """Only whole numbers below 2^53, texts, lists and objects have one spelling."""
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            check_values(member)
    elif not isinstance(value, str) and not is_number(value, -LARGEST):
        raise Malformed("a manifest holds whole numbers, texts, lists and objects only")


# --- One allocation ------------------------------------------------------------------------------

OPENING_FIELDS: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(("list_id", "label", "content"), is_text),
    **dict.fromkeys(("salt", "commitment"), is_hex),
    **dict.fromkeys(("position", "leaf_count"), is_number),
    "leaf_index": lambda value: is_number(value, 0),
    "path": lambda value: isinstance(value, list) and all(map(is_hex, value)),
}


def check_allocation(answer: dict[str, Any], manifest: dict[str, Any], report: Report) -> None:
    """One allocation's opening against the manifest that was published before it."""
    opening = answer.get("opening")
    if not isinstance(opening, dict):
        raise Malformed("the allocation has no opening")
    bad = sorted(name for name in (*OPENING_FIELDS, *opening) if not field_holds(name, opening))
    bad += [name for name in ("subject", "arm", "stratum") if not is_text(answer.get(name))]
    if bad:
        raise Malformed(f"fields are missing, wrong or unknown: {', '.join(dict.fromkeys(bad))}")
    place = Place(opening["label"], opening["position"])
    report.facts |= {"subject": answer["subject"], "arm": answer["arm"]}
    report.notes.append("proven is the arm of this slot; whose slot it is, the revealed list shows")
    for kind, wrong, detail in allocation_tests(answer, opening, manifest):
        if wrong:
            report.add(kind, detail, place)
    salt, path = bytes.fromhex(opening["salt"]), [bytes.fromhex(one) for one in opening["path"]]
    commitment = commitment_of(opening["list_id"], place, salt, opening["content"])
    if commitment.hex() != opening["commitment"]:
        report.add("commitment", "salt and content make another commitment", place)
    try:
        root = climb(opening["leaf_index"], opening["leaf_count"], leaf_of(commitment), path)
    except ValueError as error:
        report.add("path", str(error), place)
    else:
        if root.hex() != manifest["root"]:
            report.add("path", "the path does not lead to the root of the manifest", place)


def field_holds(name: str, opening: dict[str, Any]) -> bool:
    return name in OPENING_FIELDS and name in opening and OPENING_FIELDS[name](opening[name])


def allocation_tests(
    answer: dict[str, Any], opening: dict[str, Any], manifest: dict[str, Any]
) -> Iterator[tuple[str, bool, str]]:
    """What an opening must share with the allocation and with the manifest."""
    labels, arms = labels_of(manifest), [arm["code"] for arm in manifest["arms"]]
    label, index = opening["label"], opening["leaf_index"]
    hashed = hashlib.sha256(spell(manifest).encode()).hexdigest()
    yield "list", opening["list_id"] != manifest["list_id"], "the slot is of another list"
    yield "count", opening["leaf_count"] != manifest["leaf_count"], "another number of slots"
    yield "index", index >= opening["leaf_count"], "the slot lies outside the list"
    first = label == labels[0]
    # Slots before it: its own stratum's, and all of the strata sorted before it.
    room = index - (opening["position"] - 1)
    yield "index", room < 0 or first != (room == 0), "position and place in the tree disagree"
    yield "stratum", label not in labels, "the list has no such stratum"
    yield "hash", answer.get("manifest_sha256", hashed) != hashed, "made under another manifest"
    yield "list", answer.get("list_id", manifest["list_id"]) != manifest["list_id"], "another list"
    yield "study", answer.get("study", manifest["study"]) != manifest["study"], "another study"
    if manifest["method"] == "minimisation":
        yield "content", not is_hex(opening["content"], DRAW), "the content is not a draw"
        yield "arm", answer["arm"] not in arms, "the list has no such arm"
    else:
        yield "stratum", answer["stratum"] != label, "the slot is of another stratum"
        yield "arm", answer["arm"] != opening["content"], "the slot holds another arm"


# --- The whole list after the reveal -------------------------------------------------------------

SLOT_FIELDS: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(("label", "content"), is_text),
    **dict.fromkeys(("salt", "commitment"), is_hex),
    "position": is_number,
}
USED_FIELDS: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(("randomization_number", "label", "arm"), is_text),
    "position": is_number,
    "randomized_at": lambda value: isinstance(value, str) and time_of(value) is not None,
    "link": is_hex,
}
REVEAL_FIELDS = frozenset(
    ("manifest", "signature", "public_key", "parameters", "parameters_salt", "secret", "slots")
) | {"allocations", "digest"}


@dataclass(frozen=True)
class Row:
    """One slot or allocation of the file: its true name and its fields (None: damaged)."""

    place: Place
    fields: dict[str, Any] | None


def time_of(text: str) -> datetime | None:
    """The moment that a text with an offset means."""
    if TIME.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def check_reveal(
    content: dict[str, Any], manifest: dict[str, Any], noted: Sequence[str], report: Report
) -> None:
    """Everything that a revealed list can be held against."""
    odd = sorted(REVEAL_FIELDS ^ set(content))
    if odd:
        report.add("fields", f"missing or unknown: {', '.join(odd)}")
    without = {name: value for name, value in content.items() if name != "digest"}
    if content.get("digest") != hashlib.sha256(spell(without).encode()).hexdigest():
        report.add("digest", "the digest is of another file")
    slots = rows_of(content, "slots", SLOT_FIELDS, manifest, report)
    check_slots(slots, manifest, report)
    check_lengths(slots, content, manifest, report)
    expected = check_parameters(content, manifest, report)
    if expected is not None:
        check_regeneration(slots, expected, report)
    used = rows_of(content, "allocations", USED_FIELDS, manifest, report)
    check_used(used, slots, manifest, report)
    check_heads(used, noted, report)
    report.facts |= {"slots": len(slots), "allocations": len(used)}


def rows_of(
    content: dict[str, Any],
    name: str,
    fields: dict[str, Callable[[object], bool]],
    manifest: dict[str, Any],
    report: Report,
) -> list[Row]:
    """The rows of one list of the file, each under its true name; damaged rows are told."""
    raw = content.get(name)
    if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
        report.add("malformed", f"{name} is not a list of objects")
        return []
    stated = [
        Place(*(r.get(f) if fields[f](r.get(f)) else None for f in Place._fields)) for r in raw
    ]
    proof = proves_slot if name == "slots" else proves_used
    found: list[Row] = []
    for at, row in enumerate(raw):
        bad = sorted(f for f in fields if not fields[f](row.get(f))) + sorted(
            set(row) - set(fields)
        )
        before = raw[at - 1] if at else None
        proven = (
            proof(manifest["list_id"], row, before) if not set(bad) - {*Place._fields} else None
        )
        labels = labels_of(manifest)
        place = infer(stated, at, labels, proven) if proven else infer(stated, at, labels)
        if bad:
            report.add("malformed", f"{name}: missing, wrong or unknown: {', '.join(bad)}", place)
        elif place != stated[at]:
            report.add("order", f"{name}: {show(stated[at])} is written in its place", place)
        found.append(Row(place, None if bad else row))
    return found


def proves_slot(list_id: str, row: dict[str, Any], _: object) -> Callable[[Place], bool]:
    """Whether the commitment of a slot comes out under a name."""
    salt, content = bytes.fromhex(row["salt"]), row["content"]
    return lambda p: commitment_of(list_id, p, salt, content).hex() == row["commitment"]


def proves_used(list_id: str, row: dict[str, Any], before: Any) -> Callable[[Place], bool]:
    """Whether the link of an allocation comes out under a name."""
    said = [row[name] for name in ("randomization_number", "arm", "randomized_at")]

    def proven(place: Place) -> bool:
        previous = bytes(32) if place.position == 1 else link_before(before)
        return previous is not None and link_of(list_id, place, previous, said).hex() == row["link"]

    return proven


def link_before(before: Any) -> bytes | None:
    """The link that the allocation before it states."""
    link = before.get("link") if isinstance(before, dict) else None
    return bytes.fromhex(str(link)) if is_hex(link) else None


def check_slots(rows: list[Row], manifest: dict[str, Any], report: Report) -> None:
    """Number, order, labels, contents, commitments and root of the slots."""
    arms, by_draw = {arm["code"] for arm in manifest["arms"]}, manifest["method"] == "minimisation"
    labels = labels_of(manifest)
    if len(rows) != manifest["leaf_count"]:
        report.add("count", f"{len(rows)} slots, but {manifest['leaf_count']} were committed to")
    check_order("slots", rows, report)
    for row in rows:
        if row.place.label not in labels:
            report.add("stratum", "the list has no such stratum", row.place)
        if row.fields is None:
            continue
        content = row.fields["content"]
        if not (is_hex(content, DRAW) if by_draw else content in arms):
            report.add(
                "content", "the content is neither an arm nor a draw of this list", row.place
            )
        stated = Place(row.fields["label"], row.fields["position"])
        made = commitment_of(
            manifest["list_id"], stated, bytes.fromhex(row.fields["salt"]), content
        )
        if made.hex() != row.fields["commitment"]:
            report.add("commitment", "the slot makes another commitment", row.place)
    for label in sorted(set(labels) - {row.place.label for row in rows}):
        report.add("missing", "the stratum has no slot", Place(label, 1))
    check_root(rows, manifest, report)


def check_lengths(
    rows: list[Row], content: dict[str, Any], manifest: dict[str, Any], report: Report
) -> None:
    """Where the parameters say how long each stratum is, no slot may be missing at its end."""
    asked = content.get("parameters")
    length = asked.get("slots_per_stratum") if isinstance(asked, dict) else None
    if not is_number(length) or length > manifest["leaf_count"]:
        return
    found = {row.place for row in rows}
    for label in labels_of(manifest):
        for position in range(1, length + 1):
            if Place(label, position) not in found:
                report.add("missing", "slots: the file lacks this slot", Place(label, position))


def check_root(rows: list[Row], manifest: dict[str, Any], report: Report) -> None:
    """The root over the commitments of the file."""
    stated = [row.fields["commitment"] for row in rows if row.fields is not None]
    if len(stated) != len(rows) or not rows:
        report.add("root", "the root cannot be computed: slots are damaged or missing")
    elif merkle_root(map(bytes.fromhex, stated)).hex() != manifest["root"]:
        report.add("root", "the commitments lead to another root than the manifest's")


def check_order(name: str, rows: list[Row], report: Report) -> None:
    """Rows by (label, position), each stratum 1, 2, 3 without a gap."""
    before: Place | None = None
    for row in rows:
        place = row.place
        if not follows(before, place):
            behind = "at the beginning" if before is None else f"behind {show(before)}"
            report.add("order", f"{name}: it stands {behind}", place)
            for missing in gap(before, place):
                report.add("missing", f"{name}: a later slot is there, this one is not", missing)
        before = place


def gap(before: Place | None, place: Place) -> list[Place]:
    """The slots that are missing before one; at most a thousand are told."""
    if place.position is None or place.label is None:
        return []
    same = before is not None and before.label == place.label
    start = (before.position or 0) + 1 if before is not None and same else 1
    return [Place(place.label, p) for p in range(start, min(place.position, start + 1000))]


def check_parameters(
    content: dict[str, Any], manifest: dict[str, Any], report: Report
) -> dict[Place, tuple[str, bytes]] | None:
    """Hold the parameters against their hash; the slots that they and the secret make."""
    asked, salt, secret = (content.get(n) for n in ("parameters", "parameters_salt", "secret"))
    if not isinstance(asked, dict) or not is_hex(salt):
        report.add("parameters", "parameters or their salt are missing or wrong")
        return None
    joined = b"induct-parameters-v1\0" + bytes.fromhex(str(salt)) + spell(asked).encode()
    if hashlib.sha256(joined).hexdigest() != manifest["parameters_sha256"]:
        report.add("parameters", "the parameters are not those whose hash was published")
    wrong = parameters_fault(asked, manifest)
    if wrong is not None:
        report.add("parameters", wrong)
        return None
    if manifest["method"] == "uploaded_list":
        if secret is not None:
            report.add("secret", "an uploaded list has no secret")
        report.notes.append("the list was uploaded: how it was drawn is not in this file")
        return None
    if not is_hex(secret):
        report.add("secret", "the secret is missing or wrong: nothing can be made from it")
        return None
    return regenerate(bytes.fromhex(str(secret)), manifest, asked)


def parameters_fault(asked: dict[str, Any], manifest: dict[str, Any]) -> str | None:
    """Why no list can be made from these parameters, if so."""
    method = asked.get("method")
    if method != manifest["method"]:
        return "the parameters are of another method"
    for name in ("arms", "strata"):
        if asked.get(name, manifest[name]) != manifest[name]:
            return f"{name} differ from those of the manifest"
    if method == "uploaded_list":
        return None
    count = asked.get("draws" if method == "minimisation" else "capacity")
    if not is_number(count) or count * len(labels_of(manifest)) > manifest["leaf_count"]:
        return "the capacity does not fit the number of slots"
    if not is_number(asked.get("slots_per_stratum", 1)):
        return "slots_per_stratum is no number"
    return None if PARAMETER_TESTS[method](asked, manifest) else "the parameters make no list"


def fits_blocks(asked: dict[str, Any], manifest: dict[str, Any]) -> bool:
    total, sizes = sum(arm["ratio"] for arm in manifest["arms"]), asked.get("block_sizes")
    if not isinstance(sizes, list) or not sizes:
        return False
    return all(
        is_number(s) and s % total == 0 and s <= manifest["leaf_count"] * total for s in sizes
    )


def fits_coin(asked: dict[str, Any], manifest: dict[str, Any]) -> bool:
    chance = asked.get("probability")
    if not isinstance(chance, dict) or len(manifest["arms"]) != 2:
        return False
    hits, sides = chance.get("numerator"), chance.get("denominator")
    return is_number(hits) and is_number(sides) and hits < sides < min(2 * hits, 2**32)


PARAMETER_TESTS: dict[str, Callable[[dict[str, Any], dict[str, Any]], bool]] = {
    "permuted_blocks": fits_blocks,
    "biased_coin": fits_coin,
    "big_stick": lambda asked, m: is_number(asked.get("limit")) and len(m["arms"]) == 2,
    "minimisation": lambda asked, m: True,
}


def check_regeneration(
    rows: list[Row], expected: dict[Place, tuple[str, bytes]], report: Report
) -> None:
    """Every slot against the one that the secret makes."""
    found = {row.place: row.fields for row in rows}
    same = {
        place
        for place, (content, salt) in expected.items()
        if (row := found.get(place)) and (row["content"], row["salt"]) == (content, salt.hex())
    }
    if not same:
        report.add("regeneration", "secret and parameters make another list altogether")
        return
    for place in expected:
        if place not in found:
            report.add("missing", "slots: the secret makes this slot, the file lacks it", place)
        elif place not in same and found[place] is not None:
            report.add("regeneration", "the secret makes another content or salt", place)
    for place in found:
        if place not in expected:
            report.add("regeneration", "the secret does not make this slot", place)


def check_used(rows: list[Row], slots: list[Row], manifest: dict[str, Any], report: Report) -> None:
    """Every allocation against its slot, the one before it, and its link."""
    contents = {row.place: row.fields for row in slots}
    by_draw, arms = manifest["method"] == "minimisation", {a["code"] for a in manifest["arms"]}
    check_order("allocations", rows, report)
    numbers: dict[str, Place] = {}
    for at, row in enumerate(rows):
        if row.place not in contents:
            report.add("slot", "the list has no such slot", row.place)
        if row.fields is None:
            continue
        slot, number = contents.get(row.place), row.fields["randomization_number"]
        if number in numbers:
            report.add("number", f"also the number of {show(numbers[number])}", row.place)
        numbers.setdefault(number, row.place)
        if by_draw and row.fields["arm"] not in arms:
            report.add("arm", "the list has no such arm", row.place)
        elif not by_draw and slot is not None and row.fields["arm"] != slot["content"]:
            report.add("arm", "the allocation says another arm than the slot", row.place)
        if manifest["mode"] != "training":
            check_time(rows, at, manifest, report)
        check_link(rows, at, manifest, report)
    if manifest["mode"] == "training":
        report.notes.append("training: times may be simulated, their order is not checked")
    if by_draw:
        report.notes.append("minimised: the draws are checked, the arms follow from the children")


def check_time(rows: list[Row], at: int, manifest: dict[str, Any], report: Report) -> None:
    """A slot is used after activation and not before the one in front of it."""
    row, before = rows[at], rows[at - 1] if at else None
    moment = time_of(row.fields["randomized_at"]) if row.fields else None
    active = time_of(manifest["activated_at"])
    if moment and active and moment < active:
        report.add("time", "used before the list was activated", row.place)
    if moment is None or before is None or before.place.label != row.place.label:
        return
    earlier = time_of(before.fields["randomized_at"]) if before.fields else None
    if earlier and moment < earlier:
        report.add("time", f"used before {show(before.place)}", row.place)


def check_link(rows: list[Row], at: int, manifest: dict[str, Any], report: Report) -> None:
    """The link of an allocation in the chain of its stratum."""
    row, before = rows[at], rows[at - 1].fields if at else None
    if row.fields is None or (row.place.position != 1 and link_before(before) is None):
        return
    stated = Place(row.fields["label"], row.fields["position"])
    if not proves_used(manifest["list_id"], row.fields, before)(stated):
        report.add("link", "the chain of the stratum breaks here", row.place)


def check_heads(rows: list[Row], noted: Sequence[str], report: Report) -> None:
    """Links that somebody noted earlier must still stand in the chain."""
    links: dict[str, list[str]] = {}
    for row in rows:
        if row.fields is not None:
            links.setdefault(str(row.place.label), []).append(row.fields["link"])
    for note in noted:
        label, _, head = note.rpartition("=")
        if head.lower() not in links.get(label, []):
            report.add(
                "head", "the link noted earlier is no longer in the chain", Place(label, None)
            )
    report.facts["heads"] = {label: chain[-1] for label, chain in links.items()}


# --- Command line --------------------------------------------------------------------------------


def show(place: Place) -> str:
    """A slot's name in words."""
    label, position = (("?" if part is None else str(part)) for part in place)
    return f"{printable(label)} position {position}"


def printable(text: str) -> str:
    """Nothing from a file may steer the terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def run(options: argparse.Namespace) -> Report:
    """Do what the command line asks."""
    report = Report()
    try:
        manifest_file = options.manifest if options.command == "allocation" else options.file
        text, content = read(manifest_file, report)
        if options.command == "reveal":
            check_layout(text, content, report)
        manifest = check_manifest(content, options.public_key, report)
        if options.command == "allocation":
            check_allocation(read(options.file, report)[1], manifest, report)
        elif options.command == "reveal":
            check_reveal(content, manifest, options.head, report)
        elif set(content) - {"manifest", "signature", "public_key", "manifest_hash"}:
            report.add("fields", "there is more in the file than a signed manifest")
    except Malformed as error:
        report.add("malformed", str(error))
    return report


def tell(report: Report, command: str, as_json: bool) -> str:
    """The report as JSON for machines, or in lines for people."""
    if as_json:
        faults = [fault._asdict() for fault in report.faults]
        told = {"command": command, "ok": not faults, "faults": faults}
        told |= {"facts": report.facts, "notes": report.notes}
        return json.dumps(told, indent=2, sort_keys=True)
    lines = [f"{name}: {value}" for name, value in report.facts.items() if name != "heads"]
    lines += [f"head {label}: {link}" for label, link in report.facts.get("heads", {}).items()]
    lines += [f"NOTE {note}" for note in report.notes]
    for fault in report.faults:
        name = "" if fault.label is None else f" [{show(Place(fault.label, fault.position))}]"
        lines.append(f"FAULT {fault.kind}{name}: {fault.detail}")
    lines.append(f"FAILED: {len(report.faults)} faults" if report.faults else "OK")
    return "\n".join(map(printable, lines))


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    helps = {
        "manifest": "check the signature of a published manifest",
        "allocation": "check one allocation against the published manifest",
        "reveal": "check a whole list after it was revealed",
    }
    for name, text in helps.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("file", metavar="FILE", help=f"the {name} as JSON")
        command.add_argument("--public-key", metavar="HEX", help="the key you trust, 64 digits")
        command.add_argument("--json", action="store_true", help="tell the result as JSON")
        if name == "allocation":
            command.add_argument("--manifest", required=True, metavar="FILE", help="its manifest")
        if name == "reveal":
            command.add_argument(
                "--head",
                action="append",
                default=[],
                metavar="STRATUM=HEX",
                help="a link that you noted earlier, from a report; may be given more than once",
            )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status."""
    options = options_of(arguments)
    report = run(options)
    sys.stdout.write(tell(report, options.command, options.json) + "\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
