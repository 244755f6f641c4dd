import msgspec
import pytest

from actors.bridge.rest.body import check_media, decode
from config.errors import BadRequestError, InvalidInputError, UnsupportedMediaTypeError


class Ticket(msgspec.Struct, forbid_unknown_fields=True):
    quantity: str
    count: int = 0
    note: object = None


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_passes(content_type):
    check_media(content_type, "")


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_other_media_are_refused(content_type):
    with pytest.raises(UnsupportedMediaTypeError):
        check_media(content_type, "")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_packed_body_is_not_unpacked(encoding):
    with pytest.raises(UnsupportedMediaTypeError):
        check_media("application/json", encoding)


def test_a_body_becomes_its_struct():
    assert decode(b'{"quantity":"1.5"}', Ticket) == Ticket(quantity="1.5")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nope",
        b"\xff\xfe",
        b'{"quantity":"\xff"}',
        b'{"quantity":"1","note":' + b"[" * 100_000,
        b'{"quantity":"1"}x',
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_not_json_is_a_bad_request(raw):
    with pytest.raises(BadRequestError):
        decode(raw, Ticket)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"[]", "$"),
        (b"{}", "$"),
        (b'{"quantity":1}', "$.quantity"),
        (b'{"quantity":"1","count":1e400}', "$.count"),
        (b'{"quantity":"1","count":true}', "$.count"),
        (b'{"quantity":"1","more":1}', "$"),
    ],
)
def test_json_of_another_shape_names_the_place(raw, path):
    with pytest.raises(InvalidInputError) as e:
        decode(raw, Ticket)

    assert e.value.path == path
