"""The databases of one worker: one test after another in the same ones, each time empty."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tests.support.database import TestDatabase, TestServer
from tests.support.keeper import Image, Keeper
from tests.support.kept import Kept

T = TypeVar("T")
Begin = Callable[[str, Callable[[], Any]], Any]
"""The fixture ``begin``."""
# What is deleted leaves its place to be cleaned up, and to be read over until then.
USES = 50


@dataclass(frozen=True)
class Stage:
    """What was there before something was built, what after it, and what building answered."""

    before: Image
    after: Image
    answer: Any


class DatabasePool:
    """Gives each test a database that is as new.

    Making one and dropping it costs more than most tests, and everything that is slow at first is
    so in each of them. A test that changes the schema, or ends sessions, has had the last use.
    """

    def __init__(self, server: TestServer) -> None:
        self._server = server
        self._spare: list[TestDatabase] = []
        self._keepers: dict[str, Keeper] = {}
        self._uses: dict[str, int] = {}
        self._stages: dict[str, Stage] = {}

    def take(self) -> TestDatabase:
        if self._spare:
            return self._spare.pop()
        made = replace(self._server.create(), kept=Kept())
        self._keepers[made.name] = Keeper(made.admin())
        self._uses[made.name] = 0
        return made

    def give_back(self, database: TestDatabase) -> None:
        self._uses[database.name] += 1
        assert database.kept is not None
        again = self._uses[database.name] < USES
        if again and self._keepers[database.name].empty(database.kept):
            self._spare.append(database)
        else:
            self._drop(database)

    def begin(self, database: TestDatabase, name: str, build: Callable[[], T]) -> T:
        """What ``build`` makes of the database: by calling it, or, when it was called under this
        name before on the very same rows, by filling in those that it left. Answers what it
        answered."""
        keeper = self._keepers.get(database.name)
        if keeper is None:
            return build()
        found = keeper.image()
        stage = self._stages.get(name)
        if stage is not None and stage.before == found:
            keeper.change(found, stage.after)
            before: T = copy.deepcopy(stage.answer)
            return before
        answer = build()
        self._stages[name] = Stage(found, keeper.image(), copy.deepcopy(answer))
        return answer

    def close(self) -> None:
        """The databases go with their cluster."""
        for database in self._spare:
            self._leave(database)

    def _drop(self, database: TestDatabase) -> None:
        self._leave(database)
        self._server.drop(database)

    def _leave(self, database: TestDatabase) -> None:
        assert database.kept is not None
        database.kept.close()
        self._keepers.pop(database.name).close()
