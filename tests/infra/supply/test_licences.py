"""Licences: what is allowed, in all words that metadata have for it."""

from collections.abc import Sequence
from email.message import Message

import pytest

from infra.supply.licences import (
    LicencePolicy,
    expression_of,
    faults,
    is_allowed,
    of_this_machine,
)
from infra.supply.locks import LockError, Pin, pins, pins_of

POLICY = LicencePolicy(
    frozenset({"MIT", "BSD-3-Clause"}),
    {"License :: OSI Approved :: MIT License": "MIT", "GPL classifier": "GPL-3.0-only",
     "License :: OSI Approved :: GPL": "GPL-3.0-only", "MIT License": "MIT"},
    {"odd": "GPL-3.0-only"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT AND BSD-3-Clause", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only or AGPL-3.0-only", False),
        ("(GPL-3.0-only OR MIT) AND BSD-3-Clause", True),
        ("GPL-3.0-only OR (MIT AND AGPL-3.0-only)", False),
        ("MIT WITH Some-exception", True),
        ("GPL-3.0-only WITH Some-exception", False),
        ("MIT AND", False),
        ("(MIT", False),
        ("MIT BSD-3-Clause", False),
        ("", False),
    ],
)
def test_an_expression_is_allowed_where_one_may_choose_what_is(
    expression: str, allowed: bool
) -> None:
    assert is_allowed(expression, POLICY.allowed) is allowed


def told(classifiers: Sequence[str] = (), **headers: str) -> Message:
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    for each in classifiers:
        message["Classifier"] = each
    return message


@pytest.mark.parametrize(
    ("metadata", "expression"),
    [
        (told(License_Expression="MIT OR X"), "MIT OR X"),
        (told(["License :: OSI Approved :: MIT License"], License="whatever"), "MIT"),
        (
            told(["License :: OSI Approved :: MIT License", "License :: OSI Approved :: GPL"]),
            "GPL-3.0-only AND MIT",
        ),
        (told(["License :: OSI Approved :: MIT License", "License :: Other"]), None),
        (told(License="MIT License"), "MIT"),
        (told(License="MIT"), "MIT"),
        (told(License="see the file"), None),
        (told(), None),
    ],
)
def test_a_licence_is_read_in_the_words_of_its_metadata_and_never_guessed(
    metadata: Message, expression: str | None
) -> None:
    assert expression_of("library", metadata, POLICY) == expression
    assert expression_of("odd", metadata, POLICY) == "GPL-3.0-only"


@pytest.mark.proves("PLT-5", kind="negative")
def test_what_is_unknown_not_allowed_or_not_there_is_named() -> None:
    asked = [
        Pin("pytest", "1"),
        Pin("nowhere-to-be-found", "1"),
        Pin("not-for-this-machine", "1", "sys_platform == 'no-such'"),
        Pin("psycopg", "1"),
    ]
    found = list(faults(of_this_machine(asked), POLICY))
    assert [each.partition(":")[0] for each in found] == ["nowhere-to-be-found 1", "psycopg 1"]


def test_every_line_of_a_lock_is_a_pin_or_stops_the_check() -> None:
    lock = "# a comment\nSome.Lib[extra]==1.0 ; python_version < '3.13' \\\n    --hash=sha256:00\n"
    lock += "other==2.0 \\\n    --hash=sha256:11\n"
    assert list(pins_of(lock, "x.txt")) == [
        Pin("some-lib", "1.0", "python_version < '3.13'"), Pin("other", "2.0"),
    ]  # fmt: skip
    for line in ("lib>=1.0", "lib @ https://x.test/lib.whl", "-e .", "./here"):
        with pytest.raises(LockError, match=r"x\.txt, line 1"):
            list(pins_of(line, "x.txt"))
    assert {"fastapi", "checkov", "cyclonedx-bom"} <= {pin.name for pin in pins()}
