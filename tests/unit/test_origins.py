import pytest

from actors.bridge.rest.origins import Origins
from config.errors import BadOriginError, BadRequestError, ConfigError

HOST = "127.0.0.1:8080"


@pytest.mark.parametrize("host", [HOST, "localhost", "LOCALHOST:8080", "127.0.0.53:1", "[::1]:8080", "[::1]"])
def test_loopback_hosts_are_served(host):
    Origins().check_host(host)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:8080", "127.0.0.1.evil.example", "10.0.0.1:8080", "[2001:db8::1]"]
)
def test_a_foreign_host_is_refused(host):
    with pytest.raises(BadOriginError):
        Origins().check_host(host)


@pytest.mark.parametrize("host", [None, "", " ", "localhost:", "localhost:8080\n", "a b", "user@localhost", "[", "é"])
def test_what_is_no_host_is_a_bad_request(host):
    with pytest.raises(BadRequestError):
        Origins().check_host(host)


def test_a_configured_host_is_served_on_any_port():
    Origins(allowed_hosts=["Desk.example"]).check_host("desk.EXAMPLE:8443")


def test_a_program_sends_no_origin_and_passes():
    assert Origins().check_origin(None, HOST) is None


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "https://127.0.0.1:8080"])
def test_the_own_page_passes(origin):
    assert Origins().check_origin(origin, HOST) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:3000",
        "http://localhost:8080",
        "http://127.0.0.1:8080.evil.example",
        "http://127.0.0.1:8080@evil.example",
        "http://evil.example/http://127.0.0.1:8080",
        "file://127.0.0.1:8080",
        "http://127.0.0.1:8080\n",
        "127.0.0.1:8080",
    ],
)
def test_pages_of_others_are_refused(origin):
    with pytest.raises(BadOriginError):
        Origins().check_origin(origin, HOST)


def test_the_page_of_one_own_port_may_call_the_other():
    origins = Origins(own_ports={8080, 8081})

    assert origins.check_origin("http://localhost:8080", "127.0.0.1:8081")
    with pytest.raises(BadOriginError):
        origins.check_origin("http://localhost:3000", "127.0.0.1:8081")


@pytest.mark.parametrize("origin", ["https://desk.example", "HTTPS://DESK.example:443"])
def test_a_configured_origin_passes_however_its_port_is_written(origin):
    assert Origins(allowed_origins=["https://desk.example"]).check_origin(origin, HOST) == origin


@pytest.mark.parametrize(
    "origin",
    ["http://desk.example", "https://desk.example.evil.example", "https://desk.example:8443", "https://xdesk.example"],
)
def test_what_only_looks_like_a_configured_origin_is_refused(origin):
    with pytest.raises(BadOriginError):
        Origins(allowed_origins=["https://desk.example"]).check_origin(origin, HOST)


@pytest.mark.parametrize("origin", ["*", "desk.example", "https://desk.example/", "ftp://desk.example", ""])
def test_a_wrong_origin_in_the_configuration_names_the_setting(origin):
    with pytest.raises(ConfigError, match=r"server\.allowed_origins"):
        Origins(allowed_origins=[origin])


def test_a_wrong_host_in_the_configuration_names_the_setting():
    with pytest.raises(ConfigError, match=r"server\.allowed_hosts"):
        Origins(allowed_hosts=["https://desk.example"])
