"""A list is the same whatever Python made it: what was sealed today is checked in twenty years."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.randomization.domain import other_python

REPOSITORY = Path(__file__).parents[4]
# Published with the algorithm; two other implementations agree on them.
GOLDEN = {
    "f1=a;f2=x": "IAAIIIAIIIAIIIAIAIIIIAAIIIA",
    "f1=b;f2=x": "IAIAIIAIIIIIIAAIIIIAIAAI",
    "draw": "a767e050d745e03c",
    "root": "0145c22fbd6997711e67f92be3186141c60b93d7e6774eb39c63b4d6dcf2b584",
}


def others() -> list[str]:
    """Interpreters of other minor versions that can be found, one of each."""
    found = {}
    managed = Path.home() / ".pyenv" / "versions"
    for minor in range(11, 20):
        name = f"python3.{minor}"
        places = [shutil.which(name), *map(str, sorted(managed.glob(f"*/bin/{name}")))]
        for place in filter(None, places):
            asked = subprocess.run([place, "-c", ""], capture_output=True, check=False)
            if asked.returncode == 0 and minor != sys.version_info.minor:
                found[minor] = place
    return [found[minor] for minor in sorted(found)]


def test_the_vectors_come_out_of_this_python() -> None:
    assert other_python.golden() == GOLDEN


def test_every_other_python_makes_the_same_lists_without_any_package() -> None:
    interpreters = others()
    if not interpreters:
        pytest.skip("there is no second version of Python from 3.11 on here")
    for interpreter in interpreters:
        made = subprocess.run(
            [interpreter, "-S", "-m", other_python.__name__],
            cwd=REPOSITORY,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, f"{interpreter}: {made.stderr}"
        told = json.loads(made.stdout)
        assert told["version"] != list(sys.version_info[:2])
        assert told["golden"] == GOLDEN
        assert told["many"] == other_python.many()
