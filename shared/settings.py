"""What a deployment decides, read from the environment once and in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


class SettingsError(RuntimeError):
    """A setting that the deployment must give is missing or malformed."""


class SettingsUnavailable(SettingsError):
    """A setting lies elsewhere and cannot be read now; later it may be."""


@dataclass(frozen=True)
class Settings:
    """Settings of one service.

    ``database_url`` is the URL of the service's own login. ``issuer`` and ``audience`` are what a
    bearer token must carry; ``jwks_url`` is where the issuer's public keys are.
    ``signature_issuer`` and ``signature_jwks_url`` name the issuer of electronic signatures where
    that is another one (docs/decisions/0012-electronic-signatures.md). ``artefacts`` is
    the folder or bucket of published results. ``sandbox`` marks a deployment that holds no real
    trial: only there may a caller name the time, and a webhook go to this machine.

    A key may be given itself (``INDUCT_SEALING_KEY``) or by the name under which it lies in Secrets
    Manager (``INDUCT_SEALING_KEY_SECRET``), from where it is read then.
    """

    service: str
    database_url: str
    issuer: str
    audience: str
    jwks_url: str
    artefacts: str
    sealing_key: str
    signing_key: str
    pool_size: int
    sandbox: bool
    signature_issuer: str = ""
    signature_jwks_url: str = ""

    @classmethod
    def from_environment(cls, service: str, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings of ``service``.

        Raises ``SettingsError`` naming what is missing, and ``SettingsUnavailable`` where it lies
        elsewhere and cannot be read now.
        """
        env = os.environ if environment is None else environment
        url_name = f"INDUCT_{service.upper()}_DATABASE_URL"
        return cls(
            service=service,
            database_url=_needed(env, url_name),
            issuer=_needed(env, "INDUCT_ISSUER"),
            audience=_needed(env, "INDUCT_AUDIENCE"),
            jwks_url=_needed(env, "INDUCT_JWKS_URL"),
            artefacts=env.get("INDUCT_ARTEFACTS", ""),
            sealing_key=_secret(env, "INDUCT_SEALING_KEY"),
            signing_key=_secret(env, "INDUCT_SIGNING_KEY"),
            pool_size=int(env.get("INDUCT_POOL_SIZE", "1")),
            sandbox=env.get("INDUCT_SANDBOX", "") == "1",
            signature_issuer=env.get("INDUCT_SIGNATURE_ISSUER", ""),
            signature_jwks_url=env.get("INDUCT_SIGNATURE_JWKS_URL", ""),
        )


def _needed(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise SettingsError(f"The environment variable {name} is not set.")
    return value


def _secret(env: Mapping[str, str], name: str) -> str:
    where = env.get(f"{name}_SECRET", "")
    if not where:
        return env.get(name, "")
    from shared.aws.credentials import NoCredentials
    from shared.aws.secrets import SecretUnavailable, read_secret

    try:
        return read_secret(where, environment=env)
    except (NoCredentials, SecretUnavailable) as error:
        raise SettingsUnavailable(f"{name} cannot be read now.") from error
