"""Signatures of AudioHook requests: vectors of the RFC and of the vendor, and everything that is no signature."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver
from http_message_signatures.algorithms import HMAC_SHA256
from hypothesis import given
from hypothesis import strategies as st

from server.ingest.audiohook_signature import COVERED, MAX_AGE, Nonces, NotSigned, SignedRequest, check, verify

NOW = 1_641_013_200
API_KEY = "SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh"
SECRET = b64decode("TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU=")
NONCE = "VGhpc0lzQVVuaXF1ZU5vbmNl"
VENDOR = {
    "host": "audiohook.example.com",
    "audiohook-organization-id": "d7934305-0972-4844-938e-9060eef73d05",
    "audiohook-session-id": "30b0e395-84d3-4570-ac13-9a62d8f514c0",
    "audiohook-correlation-id": "e160e428-53e2-487c-977d-96989bf5c99d",
    "x-api-key": API_KEY,
    "signature": "sig1=:NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:",
    "signature-input": 'sig1=("@request-target" "@authority" "audiohook-organization-id" "audiohook-session-id" '
    '"audiohook-correlation-id" "x-api-key");keyid="SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh";nonce="VGhpc0lzQVVuaXF1ZU5vbmNl"'
    ';alg="hmac-sha256";created=1641013200;expires=3282026430',
}
"""The example of the protocol's documentation."""


def request(url="https://audiohook.example.com/api/v1/voicebiometrics/ws", **changes):
    headers = {name: value for name, value in (VENDOR | changes).items() if value is not None}
    return SignedRequest(url, headers)


def holds(asked=None, key=API_KEY, secret=SECRET, nonces=None, now=NOW):
    try:
        verify(asked or request(), key, secret, nonces or Nonces(), now)
    except NotSigned:
        return False
    return True


def signed(covered=COVERED, key_id=API_KEY, secret=SECRET, nonce=NONCE, created=NOW, expires=None, **headers):
    """A request signed by the library, as a client does."""
    named = {name: value for name, value in VENDOR.items() if not name.startswith("signature")}
    asked = SignedRequest("https://audiohook.example.com/v1/connect/genesys?a=b", named | headers)
    keys = MappingKeyResolver(public_keys={}, private_keys={key_id: secret})
    signer = HTTPMessageSigner(signature_algorithm=HMAC_SHA256, key_resolver=keys)
    signer.sign(
        asked,
        key_id=key_id,
        nonce=nonce,
        created=datetime.fromtimestamp(created, UTC),
        expires=datetime.fromtimestamp(expires, UTC) if expires else None,
        covered_component_ids=covered,
    )
    return SignedRequest(asked.url, {name.lower(): value for name, value in asked.headers.items()})


def test_the_example_of_the_vendor():
    assert holds()
    backwards = SignedRequest(request().url, dict(reversed(VENDOR.items())))
    assert holds(backwards)


def test_the_vector_of_the_rfc():
    """RFC 9421, B.2.5: a shared secret over the fields date, @authority and content-type."""
    headers = {
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "signature-input": 'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
        "signature": "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
    }
    secret = b64decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
    asked = SignedRequest("http://example.com/foo?param=Value&Pet=dog", headers, "POST")
    assert check(asked, "test-shared-secret", secret, 1_618_884_473, ()).label == "sig-b25"
    with pytest.raises(NotSigned):
        check(asked, "test-shared-secret", secret + b"x", 1_618_884_473, ())


@pytest.mark.parametrize(
    "changes",
    [
        {"audiohook-organization-id": "d7934305-0972-4844-938e-9060eef73d06"},
        {"audiohook-session-id": "30b0e395-84d3-4570-ac13-9a62d8f514c1"},
        {"audiohook-correlation-id": None},
        {"x-api-key": "other"},
        {"x-api-key": None},
        {"url": "https://audiohook.example.com/api/v1/voicebiometrics/ws?a=b"},
        {"url": "https://audiohook.example.org/api/v1/voicebiometrics/ws"},
        {"signature": None},
        {"signature-input": None},
        {"signature": "sig1=:AAAA:"},
        {"signature": "sig1=1"},
        {"signature": "sig2=:NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:"},
        {"signature": "\x00\xff"},
        {"signature-input": "sig1"},
        {"signature-input": VENDOR["signature-input"].replace("hmac-sha256", "hmac-sha512")},
        {"signature-input": VENDOR["signature-input"].replace("created=1641013200;", "")},
        {"signature-input": VENDOR["signature-input"] + ";surprise=1"},
        {"signature-input": "sig1=" + "(" * 2000},
    ],
)
def test_whatever_was_changed_does_not_hold(changes):
    assert not holds(request(**changes))


def test_wrong_secrets_and_keys():
    assert not holds(secret=SECRET + b"x")
    assert not holds(key="another")
    assert not holds(signed(key_id="another"))
    assert not holds(signed(key_id="another", **{"x-api-key": "another"}))


@pytest.mark.parametrize("left_out", COVERED)
def test_all_that_matters_must_be_covered(left_out):
    assert holds(signed())
    assert not holds(signed(covered=[name for name in COVERED if name != left_out]))


@pytest.mark.parametrize(
    ("later", "expected"), [(-4, False), (-3, True), (0, True), (MAX_AGE, True), (MAX_AGE + 1, False)]
)
def test_a_signature_is_young(later, expected):
    assert holds(signed(), now=NOW + later) is expected


def test_it_may_expire_sooner():
    assert holds(signed(expires=NOW + 3), now=NOW + 3)
    assert not holds(signed(expires=NOW + 3), now=NOW + 4)


@pytest.mark.parametrize(
    ("nonce", "expected"), [("n" * 21, False), ("n" * 22, True), ("n" * 257, False), (None, False)]
)
def test_a_nonce_is_long_enough(nonce, expected):
    assert holds(signed(nonce=nonce)) is expected


def test_a_nonce_counts_once():
    nonces = Nonces()
    assert holds(nonces=nonces)
    assert not holds(nonces=nonces, now=NOW + 1)
    assert not holds(nonces=nonces, now=NOW + MAX_AGE)
    assert holds(signed(nonce="another" * 4), nonces=nonces, now=NOW + 1)


def test_a_wrong_signature_uses_up_no_nonce():
    nonces = Nonces()
    assert not holds(secret=b"wrong" * 8, nonces=nonces)
    assert holds(nonces=nonces)


def test_the_memory_of_nonces_is_bounded_and_forgets():
    nonces = Nonces(most=3)
    assert [nonces.take(f"n{number}", NOW) for number in range(5)] == [True, True, True, False, False]
    assert nonces.take("n1", NOW + 20)
    assert not nonces.take("n1", NOW + 20)


def test_the_secret_is_the_decoded_one():
    assert not holds(secret=b64encode(SECRET))


@given(st.sampled_from(sorted(VENDOR.keys() - {"host"})), st.text(st.characters(max_codepoint=255), max_size=200))
def test_any_header_is_an_answer(name, value):
    assert not holds(request(**{name: value})) or value == VENDOR[name]
