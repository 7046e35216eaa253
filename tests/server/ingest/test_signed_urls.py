"""Signatures of upgrades, against the vendors' own code."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from server.ingest.connector import NotAdmitted, Upgrade
from server.ingest.media_connectors import PlivoConnector, TwilioConnector
from server.ingest.signed_urls import plivo_signature, spellings, twilio_signature
from server.replay.media_vendors import PLIVO, TWILIO

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from plivo.utils import validate_v3_signature

TOKEN = "12345"
URL = "wss://tici.bank.example/v1/connect/line"
LEGS = {"inbound": "customer"}


def twilio(**fields):
    return TwilioConnector.model_validate({"name": "line", "dialect": "twilio", "legs": LEGS, "secret": TOKEN} | fields)


def plivo(**fields):
    return PlivoConnector.model_validate({"name": "line", "dialect": "plivo", "legs": LEGS, "secret": TOKEN} | fields)


def upgrade(url=URL, **headers):
    return Upgrade(url, 0.0, "203.0.113.7", {name.replace("_", "-"): value for name, value in headers.items()})


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1), st.text(min_size=1, max_size=40))
def test_twilio_is_signed_as_its_own_package_does(path, token):
    url = f"wss://tici.bank.example/v1/connect/{path}"
    assert twilio_signature(url, token) == RequestValidator(token).compute_signature(url, {})
    assert RequestValidator(token).validate(url, {}, twilio_signature(url, token))


def test_twilio_lets_in_who_signs_the_address():
    signed = RequestValidator(TOKEN).compute_signature(URL, {})
    twilio().admit(upgrade(x_twilio_signature=signed))
    shared = RequestValidator(TOKEN).compute_signature(URL, {}, "HMAC_SHA256")
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    twilio().admit(upgrade(x_twilio_signature=shared, x_twilio_webhooks_signature_settings=settings))


@pytest.mark.parametrize("signed", ["", "x", "é", twilio_signature(URL, "54321"), twilio_signature(URL + "2", TOKEN)])
def test_twilio_keeps_out_who_does_not(signed):
    with pytest.raises(NotAdmitted) as refused:
        twilio().admit(upgrade(x_twilio_signature=signed))
    assert refused.value.status == 401 and TOKEN not in str(refused.value)
    with pytest.raises(NotAdmitted):
        twilio().admit(upgrade())


def test_behind_a_proxy_the_public_address_counts():
    inside = "ws://10.1.0.5:8600/v1/connect/line"
    signed = RequestValidator(TOKEN).compute_signature(URL, {})
    with pytest.raises(NotAdmitted, match="public_url"):
        twilio().admit(upgrade(inside, x_twilio_signature=signed))
    twilio(public_url=URL).admit(upgrade(inside, x_twilio_signature=signed))
    with pytest.raises(ValueError, match="wss://"):
        twilio(public_url="tici.bank.example")


@pytest.mark.parametrize(
    "written",
    [
        "wss://tici.bank.example:443/v1/connect/line",
        "https://tici.bank.example/v1/connect/line",
        "wss://tici.bank.example/v1/connect/line/",
    ],
)
def test_other_ways_to_write_the_same_address(written):
    twilio().admit(upgrade(x_twilio_signature=twilio_signature(written, TOKEN)))
    # A proxy on this node's own port may have taken the encryption away.
    twilio().admit(upgrade(URL.replace("wss", "ws"), x_twilio_signature=twilio_signature(written, TOKEN)))


def test_no_other_address_is_taken_for_it():
    assert all("tici.bank.example" in one and "/v1/connect/line" in one for one in spellings(URL))
    assert spellings("ws://[::1]:8600/x")[0] == "ws://[::1]:8600/x"


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20))
def test_plivo_is_signed_as_its_own_package_does(nonce):
    # Its package takes no wss.
    https = URL.replace("wss", "https")
    for url in (https, f"{https}?b=2&a=1"):
        assert validate_v3_signature("GET", url, nonce, TOKEN, plivo_signature(url, nonce, TOKEN))
    plivo().admit(upgrade(x_plivo_signature_v3=plivo_signature(https, nonce, TOKEN), x_plivo_signature_v3_nonce=nonce))


@pytest.mark.parametrize("written", [URL, URL.replace("wss", "http") + "/websocket", URL.replace("wss", "https")])
def test_ways_in_which_plivo_may_write_the_address(written):
    for called in (URL, URL.replace("wss", "ws")):
        signed = plivo_signature(written, "n0nce", TOKEN)
        plivo().admit(upgrade(called, x_plivo_signature_v3=signed, x_plivo_signature_v3_nonce="n0nce"))


def test_plivo_lets_in_who_signs_the_address():
    right = plivo_signature(URL, "n0nce", TOKEN)
    plivo().admit(upgrade(x_plivo_signature_v3=right, x_plivo_signature_v3_nonce="n0nce"))
    plivo().admit(upgrade(x_plivo_signature_v3=f"old,{right}", x_plivo_signature_v3_nonce="n0nce"))
    for headers in (
        {},
        {"x_plivo_signature_v3": right},
        {"x_plivo_signature_v3": right, "x_plivo_signature_v3_nonce": "other"},
        {"x_plivo_signature_v3": ",".join(["x"] * 9 + [right]), "x_plivo_signature_v3_nonce": "n0nce"},
    ):
        with pytest.raises(NotAdmitted):
            plivo().admit(upgrade(**headers))


def test_the_replay_client_signs_so_that_it_is_let_in():
    for made, vendor in ((twilio(), TWILIO), (plivo(), PLIVO)):
        headers = {name.lower().replace("-", "_"): value for name, value in vendor.sign(URL, TOKEN).items()}
        made.admit(upgrade(**headers))
