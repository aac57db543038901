"""The data folder of a deployment on one machine: database, keys, secrets, artefacts."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.database.cast import LOGINS, MIGRATOR, PLATFORM, SERVICES

if TYPE_CHECKING:
    from shared.identity.issuer import Issuer

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "template.yaml"
DATABASE = "induct"
AUDIENCE = "induct"
DEFAULT_PORT = 8000
POOL_SIZE = 10


@dataclass(frozen=True)
class Home:
    """Where everything lies, and how the parts find each other."""

    folder: Path
    port: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Home":
        """``INDUCT_HOME`` (default: ``.induct`` in the project) and ``INDUCT_PORT``."""
        env = os.environ if environment is None else environment
        folder = Path(env.get("INDUCT_HOME") or PROJECT / ".induct").resolve()
        return cls(folder, int(env.get("INDUCT_PORT") or DEFAULT_PORT))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def artefacts(self) -> Path:
        return self.folder / "artefacts"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def witness(self) -> Path:
        """The heads of the audit trail: beside the database, where none of its roles reaches."""
        return self.folder / "witness"

    def issuer(self) -> "Issuer":
        """The issuer of this home: the same one for the whole of a process."""
        return _issuer(self)

    def secrets(self) -> dict[str, str]:
        """Passwords of the logins and the sealing key; made once, readable by the owner only."""
        file = self.folder / "secrets.json"
        if not file.exists():
            made = {login.name: secrets.token_urlsafe(24) for login in LOGINS}
            made["sealing_key"] = secrets.token_hex(32)
            made["signing_key"] = secrets.token_hex(32)
            made["client_secret"] = secrets.token_urlsafe(24)
            self._write_private(file, json.dumps(made, indent=2))
        found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def _write_private(self, file: Path, content: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.touch(mode=0o600)
        unfinished.write_text(content, encoding="utf-8")
        unfinished.replace(file)

    def _outbox(self, name: str) -> Path:
        """Where sealed safety reports, and mail to the safety desk, go on this machine: for want of
        a gateway and of a mail server, into a folder."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def environment(self, logins: "LoginUrls") -> dict[str, str]:
        """The settings of every function, as a deployment on AWS would give them."""
        variables = {
            "INDUCT_ISSUER": self.url,
            "INDUCT_AUDIENCE": AUDIENCE,
            "INDUCT_JWKS_URL": f"{self.url}/.well-known/jwks.json",
            "INDUCT_ARTEFACTS": str(self.artefacts),
            "INDUCT_WITNESS": os.environ.get("INDUCT_WITNESS") or str(self.witness),
            "INDUCT_E2B_OUTBOX": os.environ.get("INDUCT_E2B_OUTBOX")
            or str(self._outbox("e2b-outbox")),
            "INDUCT_FALLBACK_OUTBOX": os.environ.get("INDUCT_FALLBACK_OUTBOX")
            or str(self._outbox("fallback-outbox")),
            "INDUCT_SEALING_KEY": self.secrets()["sealing_key"],
            "INDUCT_SIGNING_KEY": self.secrets()["signing_key"],
            "INDUCT_POOL_SIZE": str(POOL_SIZE),
            "INDUCT_SANDBOX": os.environ.get("INDUCT_SANDBOX", "1"),
            "INDUCT_PLATFORM_DATABASE_URL": logins.url(PLATFORM),
        }
        for service in SERVICES:
            variables[f"INDUCT_{service.upper()}_DATABASE_URL"] = logins.url(f"induct_{service}")
        return variables


@cache
def _issuer(home: Home) -> "Issuer":
    """Kept, because to read a key means to check it, which takes longer than most requests."""
    from shared.identity.issuer import Issuer

    return Issuer(home.url, AUDIENCE, home.folder / "issuer.pem")


@dataclass(frozen=True)
class LoginUrls:
    """The database URL of each login role."""

    admin_url: str
    database: str
    passwords: Mapping[str, Any]

    def url(self, login: str) -> str:
        from urllib.parse import quote, urlsplit

        parts = urlsplit(self.admin_url)
        where = f"{parts.hostname}:{parts.port or 5432}"
        password = quote(self.passwords[login], safe="")
        return f"postgresql://{login}:{password}@{where}/{self.database}"

    @property
    def admin_url_of_database(self) -> str:
        """The administrator's URL of our database, and not of the one it came in by."""
        from urllib.parse import urlsplit

        return urlsplit(self.admin_url)._replace(path=f"/{self.database}").geturl()

    @property
    def migrator(self) -> str:
        return self.url(MIGRATOR)
