"""What was packed for a function fits, is compiled, and carries nothing that it does not use."""

import sys
from pathlib import Path

import pytest

from infra import packages
from infra.local.home import PROJECT, TEMPLATE
from infra.topology import read_topology

TOPOLOGY = read_topology(TEMPLATE)


def made(folder: Path, *, files: dict[str, int]) -> packages.Package:
    """A folder with files of these sizes in it, weighed."""
    for name, size in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as sparse:
            sparse.truncate(size)
    return packages.look(folder)


def test_a_package_is_weighed_by_the_first_part_of_its_paths(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        files={"a/b.so": 10, "a/c/d.so": 5, "a.dist-info/RECORD": 2, "e.txt": 1},
    )
    assert (found.size, dict(found.parts)) == (18, {"a": 17, "e.txt": 1})
    assert list(packages.faults(found)) == []


def test_one_that_is_too_large_is_told_with_what_makes_it_so(tmp_path: Path) -> None:
    found = made(tmp_path, files={"big/x": 90_000_000, "small/y": 20_000_000})
    (fault,) = packages.faults(found)
    assert fault.startswith("110.0 MB unzipped, more than 100.0 MB")
    assert fault.endswith("the largest: big 90.0 MB, small 20.0 MB")


def test_a_module_without_bytecode_is_told(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        files={"a/b.py": 1, "a/__pycache__/b.cpython-313.pyc": 1, "a/c.py": 1},
    )
    assert list(packages.faults(found)) == ["1 modules have no bytecode: a/c.py"]


@pytest.mark.parametrize(
    ("function", "wrong"),
    [("RandomizationApi", ["boto3", "numpy"]), ("Relay", ["numpy"]), ("Watch", ["boto3", "numpy"])],
)
def test_a_library_that_a_function_does_not_use_is_told(
    tmp_path: Path, function: str, wrong: list[str]
) -> None:
    found = made(tmp_path / function, files={"boto3/x": 1, "numpy/x": 1, "pydantic/x": 1})
    told = sorted(packages.faults(found))
    assert told == [f"carries {name}, which it does not use" for name in wrong]


def test_a_handler_that_wants_what_is_not_in_its_package_is_told(tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_text("def handler(): pass\n")
    python = sys.executable
    assert list(packages.does_not_import(tmp_path, "entry.handler", python)) == []
    (fault,) = packages.does_not_import(tmp_path, "gone.handler", python)
    assert fault == "gone.handler does not import: ModuleNotFoundError: No module named 'gone'"
    (fault,) = packages.does_not_import(tmp_path, "entry.other", python)
    assert fault.endswith("has no attribute 'other'")


def test_a_function_that_was_not_packed_is_told(tmp_path: Path) -> None:
    for function in TOPOLOGY.functions:
        (tmp_path / function.logical_id).mkdir()
    (tmp_path / "Relay").rmdir()
    (tmp_path / "AnalyticsConsumer").rmdir()  # an image
    assert list(packages.missing(TOPOLOGY, tmp_path)) == ["Relay: was not packed"]


def test_who_may_carry_a_library_is_a_function_of_the_template() -> None:
    known = {function.logical_id for function in TOPOLOGY.functions}
    assert {name for names in packages.ONLY_IN.values() for name in names} <= known


def test_the_packer_knows_what_each_zip_needs() -> None:
    script = (PROJECT / "infra" / "package.sh").read_text(encoding="utf-8")
    cases = script[script.index("case $function in") : script.index("esac")]
    words = {
        word
        for line in cases.splitlines()
        if ")" in line
        for word in line.partition(")")[0].replace("|", " ").split()
    }
    for function in TOPOLOGY.functions:
        if function.package_type == "Zip":
            name = function.logical_id
            assert any(
                name == word or (word.endswith("*") and word != "*" and name.startswith(word[:-1]))
                for word in words
            ), name


def test_the_image_is_made_of_pinned_things_and_runs_the_handler_of_the_template() -> None:
    lines = (PROJECT / "services/analytics/Dockerfile").read_text(encoding="utf-8")
    (image,) = [each for each in TOPOLOGY.functions if each.package_type == "Image"]
    assert f'CMD ["{image.handler}"]' in lines
    assert "--require-hashes" in lines
    assert ":latest" not in lines
    for line in lines.splitlines():
        if line.startswith("COPY "):
            *sources, _target = line.split()[1:]
            for source in sources:
                assert list(PROJECT.glob(source)), source
