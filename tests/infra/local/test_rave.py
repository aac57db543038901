"""A stranger's way: give a credential at the command line, post with rwslib, take it back."""

import httpx
import pytest
from rwslib import RWSConnection, RWSException
from rwslib.rws_requests import ClinicalStudiesRequest, PostDataRequest, StudySubjectsRequest

from tests.infra.local.stack import Stack
from tests.services.assessments.rave.world import STUDY, new_child, odm

pytestmark = pytest.mark.long


def children(rave: RWSConnection) -> set[str]:
    return {each.subjectkey for each in rave.send_request(StudySubjectsRequest(STUDY, "DEV"))}


def test_a_credential_is_given_used_and_taken_back(stack: Stack) -> None:
    code, said = stack.run("assessments", "rave-user", "add", "hospital-edc", "--site", "S01")
    assert code == 0, said
    secret = said.split()[-1]
    rave = RWSConnection(stack.home.url, "hospital-edc", secret)
    (study,) = [s for s in rave.send_request(ClinicalStudiesRequest()) if s.protocolname == STUDY]
    assert study.environment == "DEV"
    before = children(rave)
    answer = rave.send_request(PostDataRequest(str(odm(new_child("S01-901")))))
    assert (answer.istransactionsuccessful, answer.fields_touched) == (True, 4)
    assert children(rave) - before == {"S01-901"}

    again, words = stack.run("assessments", "rave-user", "add", "hospital-edc")
    assert (again, "never given again" in words) == (1, True)
    _, table = stack.run("assessments", "rave-user", "list")
    assert "hospital-edc" in table
    assert secret not in table

    assert stack.run("assessments", "rave-user", "revoke", "hospital-edc")[0] == 0
    with pytest.raises(RWSException) as caught:
        rave.send_request(ClinicalStudiesRequest())
    assert caught.value.rws_error.reasoncode == "RWS00008"


@pytest.mark.proves("C16", kind="negative")
def test_a_credential_of_another_network_is_refused_whatever_a_header_says(stack: Stack) -> None:
    elsewhere = ("--network", "192.0.2.0/24")
    code, said = stack.run("assessments", "rave-user", "add", "bound-edc", *elsewhere)
    assert code == 0, said
    url = f"{stack.home.url}/RaveWebServices/studies"
    asked = {"auth": ("bound-edc", said.split()[-1])}
    claimed = {"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7"}
    for headers in ({}, claimed):
        refused = httpx.get(url, headers=headers, **asked)
        assert (refused.status_code, "RWS00008" in refused.text) == (401, True)
    why = ("--reason", "it is on this machine")
    bind = ("assessments", "rave-user", "bind", "bound-edc", *why)
    code, said = stack.run(*bind, "--network", "127.0.0.1", "--network", "192.0.2.0/24")
    assert (code, "from 127.0.0.1, 192.0.2.0/24" in said) == (0, True), said
    assert httpx.get(url, headers={"X-Forwarded-For": "203.0.113.9"}, **asked).status_code == 200
    _, table = stack.run("assessments", "rave-user", "list")
    assert "127.0.0.1/32,192.0.2.0/24" in table
    code, said = stack.run(*bind, "--network", "everywhere")
    assert (code, "written as CIDR" in said) == (1, True), said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--role", "sponsor"], "one of the roles"),
        (["--role", "cra"], "named sites only"),
        (["--site", "s 1"], "Name the sites"),
        (["--study", "INO"], "no study INO"),
        (["--network", "10.0.0.1/8"], "written as CIDR"),
    ],
)
def test_a_credential_that_makes_no_sense_is_refused_in_words(
    stack: Stack, options: list[str], words: str
) -> None:
    code, said = stack.run("assessments", "rave-user", "add", "other", *options)
    assert (code, words in said) == (1, True), said
