import pytest

from actors.bridge.rest.peers import Peer, Peers
from config.errors import ConfigError


def test_without_a_proxy_the_socket_is_the_caller():
    assert Peers().of("10.0.0.9", None) == Peer("10.0.0.9", is_direct=True)


def test_a_forged_header_changes_nothing_but_is_noticed():
    assert Peers().of("10.0.0.9", "127.0.0.1") == Peer("10.0.0.9", is_direct=False)


def test_a_trusted_proxy_names_the_caller():
    assert Peers(["10.0.0.1"]).of("10.0.0.1", "203.0.113.5") == Peer("203.0.113.5", is_direct=True)


def test_what_the_caller_put_in_front_does_not_count():
    peer = Peers(["10.0.0.0/24"]).of("10.0.0.1", "127.0.0.1, 203.0.113.5, 10.0.0.2")

    assert peer == Peer("203.0.113.5", is_direct=True)


@pytest.mark.parametrize("header", ["", "unknown", "203.0.113.5:80", "127.0.0.1\x00", "127.0.0.1, evil"])
def test_a_header_that_is_no_address_leaves_the_last_hop_that_was(header):
    assert Peers(["10.0.0.1"]).of("10.0.0.1", header) == Peer("10.0.0.1", is_direct=False)


def test_addresses_of_one_ipv6_subscriber_share_a_budget():
    sites = {Peer(f"2001:db8::{n}", is_direct=True).site for n in range(10)}

    assert sites == {"2001:db8::/64"}
    assert Peer("::ffff:10.0.0.1", is_direct=True).site == "10.0.0.1"
    assert Peer("10.0.0.1", is_direct=True).site == "10.0.0.1"


def test_a_wrong_proxy_in_the_configuration_names_the_setting():
    with pytest.raises(ConfigError, match=r"server\.trusted_proxies"):
        Peers(["proxy.example"])
