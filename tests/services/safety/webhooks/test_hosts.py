"""The hosts that a deployment lets messages go to."""

import pytest

from services.safety.webhooks.addresses import AddressRefused, read_url
from services.safety.webhooks.hosts import HostList
from shared.settings import SettingsError

LISTED = HostList.parse("desk.example.org, *.Safety.example.net")


@pytest.mark.parametrize(
    "host",
    ["desk.example.org", "DESK.example.org", "eu.safety.example.net", "a.b.safety.example.net"],
)
def test_a_name_on_the_list_and_a_name_below_a_suffix_are_allowed(host: str) -> None:
    LISTED.check(read_url(f"https://{host}/", sandbox=False), sandbox=False)


@pytest.mark.parametrize(
    "host",
    ["example.org", "x.desk.example.org", "safety.example.net", "evilsafety.example.net",
     "desk.example.org.evil.test", "93.184.216.34"],
)  # fmt: skip
def test_any_other_name_is_refused_and_so_is_every_name_without_a_list(host: str) -> None:
    target = read_url(f"https://{host}/", sandbox=False)
    for hosts in (LISTED, HostList.from_environment({})):
        with pytest.raises(AddressRefused) as refusal:
            hosts.check(target, sandbox=False)
        assert refusal.value.code == "host-not-allowed"


def test_a_sandbox_may_send_to_itself_and_to_nobody_else_unlisted() -> None:
    for host in ("127.0.0.1:9", "localhost:9", "[::1]:9"):
        HostList().check(read_url(f"http://{host}/", sandbox=True), sandbox=True)
        with pytest.raises(AddressRefused):
            HostList().check(read_url(f"http://{host}/", sandbox=True), sandbox=False)
    with pytest.raises(AddressRefused):
        HostList().check(read_url("https://desk.example.org/", sandbox=True), sandbox=True)


@pytest.mark.parametrize("text", ["*", "*.", "org", "https://desk.example.org", "a b.example.org"])
def test_a_list_that_says_something_else_than_host_names_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        HostList.parse(text)
