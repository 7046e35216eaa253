"""The connector of Genesys: its settings, and who is let in by it."""

from pathlib import Path
from time import time

import pytest

from server.ingest.audiohook_connector import AudioHookConnector
from server.ingest.audiohook_signature import SignedRequest
from server.ingest.connector import NotAdmitted, Upgrade
from server.ingest.connectors import ConnectorError, load_connectors
from server.replay.audiohook_client import AudioHookClient
from server.replay.options import CallOptions, ClientDialect

SECRET = "TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU="
LINES = """
[connector.genesys]
dialect = "audiohook"
legs = { external = "customer", internal = "agent" }
"""


def load(tmp_path: Path, lines: str = "", **environ: str) -> AudioHookConnector:
    path = tmp_path / "connectors.toml"
    path.write_text(LINES + lines)
    connector = load_connectors(path, environ)["genesys"]
    assert isinstance(connector, AudioHookConnector)
    return connector


def request(url: str = "ws://tici.bank.example/v1/connect/genesys", secret: str | None = f"key:{SECRET}", **changes):
    """What a client sends that calls `url`."""
    client = AudioHookClient(CallOptions(url, "a", ClientDialect.AUDIOHOOK, encoding="mulaw", secret=secret), [], 8000)
    sent = {name.lower(): value for name, value in client.headers.items()}
    return Upgrade(url, time(), "10.1.2.3", {"host": "tici.bank.example"} | sent | changes)


def test_the_secret_may_lie_in_the_environment(tmp_path: Path) -> None:
    connector = load(tmp_path, 'api_key = "key"\nsecret_env = "IT"', IT=SECRET)
    connector.admit(request())
    assert connector.guarded and SECRET not in repr(connector)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (f'secret = "{SECRET}"', "give the `api_key`"),
        ('api_key = "key"\nsecret = "no base64!"', "`secret`: it is not base64"),
        ('api_key = "key"\nsecret = "c2hvcnQ="', "`secret`: it must hold 16 bytes or more"),
        ('public_url = "tici.bank.example"', "`public_url`: write the whole address"),
        ('customer = "aniName"', "`customer`"),
        ('surprise = "1"', "`surprise`"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, lines: str, told: str) -> None:
    with pytest.raises(ConnectorError) as error:
        load(tmp_path, lines)
    assert told in str(error.value) and "no base64!" not in str(error.value)


def test_tracks_are_the_channels(tmp_path: Path) -> None:
    path = tmp_path / "connectors.toml"
    path.write_text(LINES.replace("external", "inbound"))
    with pytest.raises(ConnectorError, match="external, internal"):
        load_connectors(path, {})


def test_behind_a_proxy_that_changes_the_address(tmp_path: Path) -> None:
    lines = f'api_key = "key"\nsecret = "{SECRET}"'
    signed = request("wss://tici.bank.example/genesys?a=b", host="127.0.0.1:8600")
    seen = Upgrade("ws://127.0.0.1:8600/v1/connect/genesys?a=b", signed.now, signed.address, signed.headers)
    with pytest.raises(NotAdmitted):
        load(tmp_path, lines).admit(seen)
    load(tmp_path, f'{lines}\npublic_url = "wss://tici.bank.example/genesys"').admit(seen)


def test_another_organisation_is_not_let_in(tmp_path: Path) -> None:
    lines = f'api_key = "key"\nsecret = "{SECRET}"\norganization = "%s"'
    known = request().headers["audiohook-organization-id"]
    load(tmp_path, lines % known.upper()).admit(request())
    with pytest.raises(NotAdmitted) as refused:
        load(tmp_path, lines % "d7934305-0972-4844-938e-9060eef73d05").admit(request())
    assert refused.value.status == 403


def test_without_a_secret_the_address_and_the_key_count(tmp_path: Path) -> None:
    with pytest.raises(NotAdmitted):
        load(tmp_path).admit(request(secret=None))
    connector = load(tmp_path, 'api_key = "key"\nnetworks = ["10.1.0.0/16"]')
    connector.admit(request(secret=None, **{"x-api-key": "key"}))
    with pytest.raises(NotAdmitted) as refused:
        connector.admit(request(secret=None))
    assert refused.value.status == 401


def test_the_target_of_a_request_is_its_path_and_query() -> None:
    assert SignedRequest("https://a/b?c=d", {}).request_target == "/b?c=d"
    assert SignedRequest("https://a", {}).request_target == "/"
