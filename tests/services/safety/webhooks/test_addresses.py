"""Where messages may go."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.safety.webhooks.addresses import AddressRefused, is_public, literal, read_url, vet

PUBLIC = "93.184.216.34"


@pytest.mark.proves("SAF-4", kind="negative")
@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",  # metadata of a cloud
        "fd00:ec2::254",  # the same over IPv6
        "168.63.129.16",
        "127.0.0.1",
        "::1",
        "0.0.0.0",  # noqa: S104 (refused, not bound to)
        "::",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "::ffff:93.184.216.34",
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::1",
        "2001:0:a00:1::1",
    ],
)
def test_no_message_goes_to_an_address_that_is_not_public(address: str) -> None:
    found = literal(address)
    assert found is not None
    assert not is_public(found)
    target = read_url("https://desk.example.org/", sandbox=False)
    with pytest.raises(AddressRefused) as refusal:
        vet(target, [PUBLIC, address], sandbox=False)
    assert refusal.value.code == "address-refused"


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1::1"])
def test_a_message_goes_to_a_public_address(address: str) -> None:
    target = read_url("https://desk.example.org/", sandbox=False)
    assert vet(target, [address], sandbox=False) == [ipaddress.ip_address(address)]


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv6_address_that_embeds_an_ipv4_address_is_never_public(
    inner: ipaddress.IPv4Address,
) -> None:
    for prefix in ("::", "::ffff:", "64:ff9b::"):
        assert not is_public(ipaddress.IPv6Address(f"{prefix}{inner}"))
    assert not is_public(ipaddress.IPv6Address((0x2002 << 112) | (int(inner) << 80)))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://desk.example.org/", "scheme-refused"),
        ("ftp://desk.example.org/", "scheme-refused"),
        ("file:///etc/passwd", "scheme-refused"),
        ("//desk.example.org/", "scheme-refused"),
        ("https://user@desk.example.org/", "userinfo-refused"),
        ("https://user:secret@desk.example.org/", "userinfo-refused"),
        ("https://desk.example.org@10.0.0.1/", "userinfo-refused"),
        ("https://desk.example.org:22/", "port-refused"),
        ("https://desk.example.org:80/", "port-refused"),
        ("https://desk.example.org:0/", "port-refused"),
        ("https://desk.example.org:99999/", "url-malformed"),
        ("https://desk.example.org/#part", "fragment-refused"),
        ("https://2130706433/", "host-malformed"),
        ("https://0x7f000001/", "host-malformed"),
        ("https://0177.0.0.1/", "host-malformed"),
        ("https://127.1/", "host-malformed"),
        ("https://foo.0x7f/", "host-malformed"),
        ("https://localhost/", "host-malformed"),
        ("https://intranet/", "host-malformed"),
        ("https:///path", "host-malformed"),
        ("https://[fe80::1%25eth0]/", "host-malformed"),
        ("https://xn--dsk-qla.example.org/", "host-malformed"),
        ("https://désk.example.org/", "url-malformed"),
        ("https://desk。example.org/", "url-malformed"),
        ("https://desk%2eexample.org/", "host-malformed"),
        ("https://desk_1.example.org/", "host-malformed"),
        ("https://-desk.example.org/", "host-malformed"),
        ("https://desk..example.org/", "host-malformed"),
        ("https://desk.example.org\\@10.0.0.1/", "url-malformed"),
        ("https://desk.example.org/\r\nHost: x", "url-malformed"),
        (" https://desk.example.org/", "url-malformed"),
        ("https://desk.example.org/" + "a" * 2000, "url-malformed"),
        ("https://[::1/", "url-malformed"),
    ],
)
def test_a_url_that_no_safety_desk_needs_is_refused_with_its_reason(url: str, code: str) -> None:
    with pytest.raises(AddressRefused) as refusal:
        read_url(url, sandbox=False)
    assert refusal.value.code == code


def test_a_url_is_taken_apart_and_its_host_header_put_together() -> None:
    target = read_url("https://Desk.Example.org:8443/in?a=b", sandbox=False)
    assert (target.host, target.port, target.path) == ("desk.example.org", 8443, "/in?a=b")
    assert target.authority == "desk.example.org:8443"
    assert read_url("https://desk.example.org", sandbox=False).authority == "desk.example.org"
    assert read_url("https://desk.example.org", sandbox=False).path == "/"


@pytest.mark.parametrize("resolved", [[], ["not an address"], [PUBLIC, "not an address"]])
def test_a_name_without_a_usable_address_is_refused(resolved: list[str]) -> None:
    target = read_url("https://desk.example.org/", sandbox=False)
    with pytest.raises(AddressRefused) as refusal:
        vet(target, resolved, sandbox=False)
    assert refusal.value.code == "host-unresolved"


def test_a_sandbox_lets_messages_go_to_this_machine_and_still_to_no_other_private_one() -> None:
    here = read_url("http://localhost:9123/", sandbox=True)
    assert vet(here, ["127.0.0.1", "::1"], sandbox=True)
    for resolved in (["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["169.254.169.254"]):
        with pytest.raises(AddressRefused):
            vet(read_url("https://desk.example.org/", sandbox=True), resolved, sandbox=True)
    with pytest.raises(AddressRefused) as refusal:
        vet(read_url("http://desk.example.org/", sandbox=True), [PUBLIC], sandbox=True)
    assert refusal.value.code == "scheme-refused"
