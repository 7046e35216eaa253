"""The file of connectors: what is in it, and what is wrong with it."""

from pathlib import Path

import pytest

from server.docs.connectors import connectors_page
from server.ingest.connector import NotAdmitted, Upgrade
from server.ingest.connectors import KINDS, ConnectorError, dialects_of, load_connectors

LINE = '[connector.line]\ndialect = "twilio"\nlegs = { inbound = "customer", outbound = "agent" }\n'


@pytest.fixture
def load(tmp_path: Path):
    def read(text: str, **environ: str):
        path = tmp_path / "connectors.toml"
        path.write_text(text, encoding="utf-8")
        return load_connectors(path, environ)

    return read


def test_without_a_file_there_is_none():
    assert load_connectors(None, {}) == {}


def test_connectors_by_name_with_their_defaults(load):
    found = load(LINE + 'queue = "cards"\n' + LINE.replace("line", "other").replace("twilio", "telnyx"))
    assert {name: made.dialect for name, made in found.items()} == {"line": "twilio", "other": "telnyx"}
    line = found["line"]
    assert (line.name, line.queue, line.language, line.direction) == ("line", "cards", "zh", "inbound")
    assert line.legs == {"inbound": "customer", "outbound": "agent"} and not line.guarded


def test_a_secret_by_value_by_variable_and_by_file(load, tmp_path):
    (tmp_path / "token").write_text("from-file\nmore\n")
    for said, environ, secret in (
        ('secret = "by-value"', {}, "by-value"),
        ('secret_env = "TOKEN"', {"TOKEN": "from-env"}, "from-env"),
        ('secret_file = "token"', {}, "from-file"),
    ):
        line = load(LINE + said, **environ)["line"]
        assert line.secret.get_secret_value() == secret and line.guarded
        assert secret not in repr(line)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[connector.line", "cannot read the connectors"),
        ("[connectors.line]", "as a table [connector.NAME]"),
        ('[connector]\nline = "twilio"', "connector `line`"),
        ("[connector.line]", "`dialect`: use one of"),
        ('[connector.line]\ndialect = "morse"', "`dialect`: use one of"),
        ('[connector.line]\ndialect = "twilio"', "`legs`: Field required"),
        ('[connector."a b"]\ndialect = "twilio"\nlegs = { inbound = "customer" }', "`name`: "),
        (LINE + 'name = "x"', "its name is only there"),
        (LINE.replace("outbound", "left"), "`legs`: its tracks are called inbound, outbound"),
        (LINE.replace("agent", "customer"), "`legs`: two tracks have the same role"),
        (LINE.replace("agent", "boss"), "`legs.outbound`: "),
        (LINE + "surprise = 1", "`surprise`: "),
        (LINE + 'networks = ["10.0.0.0/33"]', "`networks.0`: "),
        (LINE + "networks = []", "`networks` must name who may call"),
        (LINE + 'secret = ""', "`secret`: there is nothing in it"),
        (LINE + 'secret_env = "NOT_SET"', "`secret_env`: there is nothing in it"),
        (LINE + 'secret_file = "not-there"', "cannot read the file of the secret"),
        (LINE + 'secret = "a-secret"\nsecret_env = "X"', "give only one of them"),
    ],
)
def test_what_is_wrong_is_said_without_secrets(load, text, said):
    with pytest.raises(ConnectorError) as caught:
        load(text)
    assert said in str(caught.value) and "connectors.toml" in str(caught.value)
    assert "a-secret" not in str(caught.value)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(ConnectorError, match="cannot read the connectors"):
        load_connectors(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    ("said", "address", "admitted"),
    [
        ("", "127.0.0.1", True),
        ("", "::1", True),
        ("", "::ffff:127.0.0.1", True),
        ("", "10.1.2.3", False),
        ("", None, False),
        ("", "testclient", False),
        ('networks = ["10.1.0.0/16"]', "10.1.2.3", True),
        ('networks = ["10.1.0.0/16"]', "127.0.0.1", False),
        ('secret = "x"\nauthorization = "parameter"', "203.0.113.7", True),
        ('secret = "x"\nauthorization = "parameter"\nnetworks = ["10.1.0.0/16"]', "203.0.113.7", False),
    ],
)
def test_where_it_may_call_from(load, said, address, admitted):
    line = load(LINE + said)["line"]
    if admitted:
        line.admit(Upgrade("ws://node/", 0.0, address))
        return
    with pytest.raises(NotAdmitted) as refused:
        line.admit(Upgrade("ws://node/", 0.0, address))
    assert refused.value.status == 403


def test_every_field_of_every_dialect_is_documented():
    page = connectors_page()
    for kind in KINDS:
        assert kind.__doc__ and all(f"`{dialect}`" in page for dialect in dialects_of(kind))
        for name, field in kind.model_fields.items():
            assert name == "dialect" or (field.description and f"| `{name}` |" in page), (kind.__name__, name)


def test_no_dialect_is_claimed_twice():
    names = [dialect for kind in KINDS for dialect in dialects_of(kind)]
    assert len(names) == len(set(names))
