"""The same chance in two worlds: what is drawn in a step follows from the step, and from nothing
else.

Ids, salts and keys are random in a real trial. Here a step draws the same ones in each world, so
that answers can be compared byte by byte: ids, their order, hashes and sizes among them.
"""

import hashlib
import os
import uuid

import psycopg
import pytest

from tests.support.database import TestDatabase

# As a function of SQL in the place of the built-in one; a sequence counts the draws of a step.
_IN_DATABASE = """
    SET allow_system_table_mods = on;
    CREATE TABLE public.chance (step text NOT NULL);
    INSERT INTO public.chance VALUES ('');
    CREATE SEQUENCE public.draws;
    CREATE FUNCTION public.draw() RETURNS uuid LANGUAGE sql VOLATILE SECURITY DEFINER
        SET search_path = pg_catalog AS $$
        SELECT overlay(overlay(md5(step || '/' || nextval('public.draws')) PLACING '4' FROM 13)
                       PLACING 'a' FROM 17)::uuid FROM public.chance $$;
    GRANT EXECUTE ON FUNCTION public.draw() TO PUBLIC;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
    CREATE OR REPLACE FUNCTION pg_catalog.gen_random_uuid() RETURNS uuid LANGUAGE sql VOLATILE
        AS $$ SELECT public.draw() $$;
"""


class Chance:
    """Draws for the database and for this process; ``begin`` names the step that draws."""

    def __init__(self, database: TestDatabase) -> None:
        self._admin: psycopg.Connection = database.admin()
        self._admin.execute(_IN_DATABASE)
        self._step, self._drawn = "", 0

    def begin(self, step: str) -> None:
        self._step, self._drawn = step, 0
        self._admin.execute("UPDATE public.chance SET step = %s", (step,))
        self._admin.execute("ALTER SEQUENCE public.draws RESTART")

    def draw(self, count: int) -> bytes:
        """So many bytes."""
        self._drawn += 1
        return hashlib.shake_256(f"{self._step}/{self._drawn}".encode()).digest(count)

    def uuid4(self) -> uuid.UUID:
        return uuid.UUID(bytes=self.draw(16), version=4)

    def foresee(self, patch: pytest.MonkeyPatch) -> None:
        """What this process draws is drawn from here until the patch is undone."""
        patch.setattr(uuid, "uuid4", self.uuid4)
        patch.setattr(os, "urandom", self.draw)

    def close(self) -> None:
        self._admin.close()
