"""Asking a server: it is alive when it answers a query, whatever files or processes suggest."""

from dataclasses import dataclass
from pathlib import Path

import psycopg

from infra.postgres.settings import DURABILITY

SUPERUSER = "postgres"
HOST = "127.0.0.1"

_QUESTION = "select name, setting from pg_settings where name = any(%s)"


@dataclass(frozen=True)
class Answer:
    """What a live server says about itself."""

    data_directory: Path
    durability: dict[str, str]

    def weakened(self) -> list[str]:
        """Durability settings that are not as an acknowledged write needs them."""
        return [
            f"{name}={self.durability[name]}"
            for name, value in DURABILITY.items()
            if self.durability[name] != value
        ]


def ask(port: int, password: str) -> Answer | None:
    """The server on the loopback port `port`, or None when none answers within two seconds."""
    try:
        with psycopg.connect(
            host=HOST,
            hostaddr=HOST,  # set, so that PGHOSTADDR of the caller cannot redirect the question
            port=port,
            user=SUPERUSER,
            password=password,
            dbname="postgres",
            sslmode="disable",
            connect_timeout=2,
            options="-c statement_timeout=2000",
        ) as connection:
            rows = connection.execute(_QUESTION, [["data_directory", *DURABILITY]]).fetchall()
    except psycopg.Error:
        return None
    settings = {str(name): str(value) for name, value in rows}
    return Answer(Path(settings.pop("data_directory")), settings)
