"""The small issuer: tokens that the verifier takes, a key that nobody else can read."""

import stat
from pathlib import Path

import jwt
import pytest

from shared.http.problems import Unauthenticated
from shared.identity.issuer import Issuer, UnknownRole
from shared.identity.matrix import matrix
from shared.identity.tokens import KeySet, Verifier


def make(folder: Path) -> Issuer:
    return Issuer("http://issuer.test/", "induct", folder / "deep" / "key.pem")


def verifier(issuer: Issuer) -> Verifier:
    return Verifier(issuer.url, issuer.audience, KeySet(issuer.key_set))


def test_the_key_file_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    make(tmp_path)
    (found,) = (tmp_path / "deep").iterdir()
    assert found.name == "key.pem", "nothing unfinished is left behind"
    assert stat.S_IMODE(found.stat().st_mode) == 0o600


def test_the_key_is_never_open_to_others_not_even_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    write = Path.write_bytes

    def watching(self: Path, content: bytes) -> int:
        written = write(self, content)
        modes.append(stat.S_IMODE(self.stat().st_mode))
        return written

    monkeypatch.setattr(Path, "write_bytes", watching)
    make(tmp_path)
    assert modes == [0o600]


def test_a_key_is_kept_so_that_tokens_outlive_a_restart(tmp_path: Path) -> None:
    token = make(tmp_path).token(client="c", role="dmc", studies=["S"], sites=["*"])
    again = make(tmp_path)
    assert verifier(again).verify(token).role == "dmc"


def test_another_key_has_another_name(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two")
    assert one.key_set()["keys"][0]["kid"] != two.key_set()["keys"][0]["kid"]
    token = one.token(client="c", role="dmc", studies=["S"], sites=["*"])
    with pytest.raises(Unauthenticated):
        verifier(two).verify(token)


def test_only_the_public_half_of_the_key_is_shown(tmp_path: Path) -> None:
    (shown,) = make(tmp_path).key_set()["keys"]
    assert shown.keys() == {"kty", "n", "e", "use", "alg", "kid"}


@pytest.mark.parametrize("role", sorted(matrix().roles))
def test_a_token_holds_the_scopes_of_its_role_and_no_more(issuer: Issuer, role: str) -> None:
    sites = ["*"] if matrix().roles[role].all_sites else ["S01"]
    token = issuer.token(client="c", role=role, studies=["NCT05748171"], sites=sites)
    assert verifier(issuer).verify(token).scopes == set(matrix().scopes_of(role))
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["token_use"] == "access"
    assert claims["exp"] > claims["iat"]


def test_a_role_that_is_not_there_gets_no_token(issuer: Issuer) -> None:
    with pytest.raises(UnknownRole, match="There is no role 'root'"):
        issuer.token(client="c", role="root", studies=["S"], sites=["*"])


def test_the_discovery_document_leads_to_keys_and_tokens(issuer: Issuer) -> None:
    document = issuer.discovery()
    assert document["issuer"] == issuer.url
    assert document["jwks_uri"] == f"{issuer.url}/.well-known/jwks.json"
    assert document["token_endpoint"] == f"{issuer.url}/oauth2/token"
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
