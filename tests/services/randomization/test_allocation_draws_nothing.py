"""What a child gets was fixed when the list was sealed: allocating draws no randomness."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import services.randomization

REPOSITORY = Path(services.randomization.__file__).parents[2]
WING = REPOSITORY / "services" / "randomization"
SOURCES = {"random", "secrets", "numpy"}
DRAWS = {"urandom", "getrandom", "SystemRandom", "uuid1", "uuid4", "token_bytes", "token_hex"}
# The statistician's own door: nonces, and salts of uploaded lists, when a list is sealed.
SEALING_ROUTE = "list_endpoints.py"


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported anywhere in a file, by its whole name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def drawn(tree: ast.AST) -> set[str]:
    """Names of what draws randomness that a file mentions, as attribute or by itself."""
    mentioned = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    mentioned |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return mentioned & DRAWS


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def reached_from(module: str) -> set[Path]:
    """The project's own files that a module imports, and what these import, and so on."""
    reached: set[Path] = set()
    waiting = [module]
    while waiting:
        base = REPOSITORY / waiting.pop().replace(".", "/")
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file() and file not in reached:
                reached.add(file)
                waiting += imported(parsed(file))
    return reached


def test_no_module_of_the_service_imports_a_source_of_randomness() -> None:
    for file in WING.rglob("*.py"):
        sources = {name.partition(".")[0] for name in imported(parsed(file))} & SOURCES
        assert not sources, f"{file.name} imports {sources}"


def test_only_the_route_that_seals_a_list_draws() -> None:
    drawing = {file.name for file in WING.rglob("*.py") if drawn(parsed(file))}
    assert drawing == {SEALING_ROUTE}


def test_nothing_that_the_allocation_reaches_draws() -> None:
    reached = reached_from("services.randomization.service")
    names = {file.relative_to(REPOSITORY).as_posix() for file in reached}
    assert {"services/randomization/strategy.py", "services/randomization/vault.py",
            "services/randomization/domain/minimisation.py",
            "shared/database/unit_of_work.py"} <= names  # fmt: skip
    for file in reached:
        sources = {name.partition(".")[0] for name in imported(parsed(file))} & SOURCES
        assert not sources, f"{file.name} imports {sources}"
        assert not drawn(parsed(file)), file.name


def test_the_import_contract_says_the_same_for_every_later_change() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    assert any(
        contract["type"] == "forbidden"
        and contract["source_modules"] == ["services.randomization"]
        and set(contract["forbidden_modules"]) >= SOURCES
        for contract in contracts
    )
