"""What a deployment decides is read from the environment, and keys from where it says they lie."""

import pytest

from shared.aws import secrets
from shared.aws.secrets import SecretUnavailable
from shared.http.app import _from_environment
from shared.http.problems import Unavailable
from shared.settings import Settings, SettingsError, SettingsUnavailable

ENVIRONMENT = {
    "INDUCT_SAFETY_DATABASE_URL": "postgresql://a@b/c",
    "INDUCT_ISSUER": "https://issuer",
    "INDUCT_AUDIENCE": "induct",
    "INDUCT_JWKS_URL": "https://issuer/keys",
}


def test_a_key_is_given_itself_or_by_the_name_under_which_it_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(secrets, "read_secret", lambda name, **_: f"what lies under {name}")
    given = Settings.from_environment("safety", {**ENVIRONMENT, "INDUCT_SEALING_KEY": "abc"})
    assert (given.sealing_key, given.signing_key) == ("abc", "")
    named = Settings.from_environment(
        "safety", {**ENVIRONMENT, "INDUCT_SEALING_KEY_SECRET": "induct/live/sealing-key"}
    )
    assert named.sealing_key == "what lies under induct/live/sealing-key"


def test_a_setting_that_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="INDUCT_ISSUER"):
        Settings.from_environment("safety", {**ENVIRONMENT, "INDUCT_ISSUER": ""})


def test_a_key_that_cannot_be_read_now_is_an_outage_and_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(_name: str, **_: object) -> str:
        raise SecretUnavailable

    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("INDUCT_SEALING_KEY_SECRET", "sealing")
    monkeypatch.setattr(secrets, "read_secret", away)
    with pytest.raises(SettingsUnavailable, match="INDUCT_SEALING_KEY cannot be read now"):
        Settings.from_environment("safety")
    context = _from_environment("safety", {})
    with pytest.raises(Unavailable):
        context()
    monkeypatch.setattr(secrets, "read_secret", lambda _name, **_: "abc")
    assert context().settings.sealing_key == "abc"
