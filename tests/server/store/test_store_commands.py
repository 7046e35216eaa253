"""`tici user`, `tici key`, `tici db` and `tici kb` on a real database file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from server.cli.database import db_app
from server.cli.keys import key_app
from server.cli.knowledge import kb_app
from server.cli.queues import queue_app
from server.cli.users import user_app

Tici = Callable[..., Result]
PASSWORD = "correct horse\n"


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tici:
    """Runs commands; nobody made the database yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TICI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TICI_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.delenv("TICI_DATABASE_URL", raising=False)
    main = typer.Typer()
    for name, app in {"user": user_app, "key": key_app, "db": db_app, "kb": kb_app, "queue": queue_app}.items():
        main.add_typer(app, name=name)
    return lambda *words, stdin=None: CliRunner().invoke(main, [str(word) for word in words], input=stdin)


@pytest.fixture
def tici(bare: Tici) -> Tici:
    assert bare("db", "upgrade").exit_code == 0
    return bare


def test_without_a_database_the_message_says_what_to_run(bare: Tici) -> None:
    result = bare("user", "list")
    assert result.exit_code == 1
    assert "tici db upgrade" in result.stderr


def test_upgrade_is_repeatable(bare: Tici) -> None:
    results = [bare("db", "upgrade", "--json") for _ in range(2)]
    assert [json.loads(result.stdout) for result in results] == [{"revision": "0003"}] * 2
    refused = bare("db", "upgrade", "--url", "mysql://host/db")
    assert refused.exit_code == 1 and "unsupported database" in refused.stderr


def test_users(tici: Tici) -> None:
    added = tici("user", "add", "li", "--name", "李娜", "--password-stdin", "--json", stdin=PASSWORD)
    assert json.loads(added.stdout) == {
        "login": "li", "display_name": "李娜", "role": "agent", "team": "default", "queues": [], "disabled": False,
        "locked_until": None, "must_change_password": False,
    }  # fmt: skip
    assert tici("user", "set-role", "li", "trainer").exit_code == 0
    listed = json.loads(tici("user", "list", "--json").stdout)
    assert [(user["login"], user["role"]) for user in listed] == [("li", "trainer")]
    assert "trainer" in tici("user", "list").stdout


def test_rights_and_passwords(tici: Tici) -> None:
    added = tici("user", "add", "li", "--team", "hz", "--queues", "loans", "--queues", "cards", "--temporary", "--json")
    person = json.loads(added.stdout)
    assert (person["team"], person["queues"], person["must_change_password"]) == ("hz", ["cards", "loans"], True)
    assert len(person["password"]) == 19
    again = json.loads(tici("user", "password", "li", "--temporary", "--json").stdout)
    assert again["password"] != person["password"]
    moved = json.loads(tici("user", "set-team", "li", "*", "--json").stdout)
    assert (moved["team"], moved["queues"]) == ("*", [])
    assert json.loads(tici("user", "disable", "li", "--json").stdout)["disabled"]
    assert "(ended)" in tici("user", "list").stdout
    assert not json.loads(tici("user", "enable", "li", "--json").stdout)["disabled"]
    assert tici("user", "unlock", "li").exit_code == 0


def test_extensions(tici: Tici) -> None:
    tici("user", "add", "li", "--temporary")
    day = ["--from", "2031-05-01T08:00:00", "--to", "2031-05-01T18:00:00"]
    seat = json.loads(tici("user", "extension", "li", "8012", *day, "--json").stdout)
    assert (seat["login"], seat["extension"], seat["to"] - seat["from"]) == ("li", "8012", 10 * 3600)
    wrong = tici("user", "extension", "li", "8012", "--from", "2031-05-02", "--to", "2031-05-01")
    assert wrong.exit_code == 1 and "end after" in wrong.stderr
    assert tici("user", "extension", "li", "8012").exit_code == 0


def test_password_is_asked_for_twice_and_never_shown(tici: Tici) -> None:
    result = tici("user", "add", "li", stdin=PASSWORD * 2)
    assert result.exit_code == 0
    assert "horse" not in result.output


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (["user", "add", "wang", "--password-stdin"], "short\n", "10 to 256"),
        (["user", "add", "wang", "--password-stdin", "--role", "boss"], PASSWORD, "unknown role"),
        (["user", "add", "li", "--password-stdin"], PASSWORD, "taken"),
        (["user", "set-role", "nobody", "admin"], None, "no user"),
        (["key", "add", "switch", "--scope", "all"], None, "unknown scope"),
        (["user", "unlock", "nobody"], None, "no user"),
        (["user", "extension", "nobody", "8012"], None, "no user"),
        (["user", "password", "li", "--password-stdin"], "password123\n", "guessed first"),
        (["key", "revoke", "none"], None, "no key"),
        (["kb", "import", "none.jsonl"], None, "cannot be read"),
        (["kb", "search", "卡丢了"], None, "tici kb import"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_explained(tici: Tici, words: list[str], stdin: str | None, says: str) -> None:
    tici("user", "add", "li", "--password-stdin", stdin=PASSWORD)
    result = tici(*words, stdin=stdin)
    assert result.exit_code == 1
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_keys(tici: Tici) -> None:
    made = json.loads(tici("key", "add", "switch", "--scope", "listen", "--scope", "events", "--json").stdout)
    assert made["scopes"] == ["events", "listen"] and made["key"].startswith("tici.")
    assert tici("key", "revoke", "switch").exit_code == 0
    (listed,) = json.loads(tici("key", "list", "--json").stdout)
    assert listed["revoked_at"] is not None and "key" not in listed
    limited = json.loads(
        tici("key", "add", "crm", "--scope", "export", "--team", "hz", "--queues", "a", "--json").stdout
    )
    assert (limited["team"], limited["queues"]) == ("hz", ["a"])
    plain = tici("key", "add", "web", "--scope", "chat")
    assert plain.stdout.strip().startswith("tici.") and "cannot be shown again" in plain.stderr


def test_knowledge_goes_in_and_out_the_same(tici: Tici, pack_dir: Path, tmp_path: Path) -> None:
    count = json.loads(tici("kb", "import", pack_dir, "--json").stdout)["added"]
    assert count > 50
    assert json.loads(tici("kb", "export", tmp_path / "out.jsonl", "--json").stdout) == {"articles": count}
    again = json.loads(tici("kb", "import", tmp_path / "out.jsonl", "--json").stdout)
    assert again == {"added": 0, "changed": 0, "unchanged": count}
    assert len(tici("kb", "export", "-").stdout.splitlines()) == count


def test_search_by_words_says_so_when_there_are_no_weights(tici: Tici, tmp_path: Path) -> None:
    titles = {"refund": "怎么退款", "lost": "挂失"}
    rows = [json.dumps({"id": key, "title": title, "answer": "好的"}) for key, title in titles.items()]
    (tmp_path / "kb.jsonl").write_text("\n".join(rows), encoding="utf-8")
    tici("kb", "import", "kb.jsonl")
    result = tici("kb", "search", "我要退款", "--json")
    assert [hit["id"] for hit in json.loads(result.stdout)] == ["refund"]
    assert "tici models fetch" in result.stderr


def test_search_with_the_encoder(tici: Tici, pack_dir: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICI_MODELS_DIR", str(models_dir))
    lines = (pack_dir / "articles.jsonl").read_text(encoding="utf-8").splitlines()
    Path("part.jsonl").write_text("\n".join(lines[:12]), encoding="utf-8")
    tici("kb", "import", "part.jsonl")
    result = tici("kb", "search", "我想提前把贷款还清怎么弄", "--limit", "3", "--json")
    hits = json.loads(result.stdout)
    assert len(hits) == 3 and result.stderr == ""
    assert hits[0]["id"].startswith("loan-early-repay")


@pytest.mark.parametrize("group", ["user", "key", "db", "kb"])
def test_help(bare: Tici, group: str) -> None:
    assert bare(group, "--help").exit_code == 0


def test_a_queue_has_a_team_a_recording_policy_and_a_retention_class(tici: Tici) -> None:
    given = ("--team", "hz", "--recording", "on_demand", "--retention", "short")
    made = json.loads(tici("queue", "set", "loans", *given, "--json").stdout)
    assert (made["team"], made["recording_policy"], made["retention_class"]) == ("hz", "on_demand", "short")
    assert json.loads(tici("queue", "set", "loans", "--language", "en", "--json").stdout)["team"] == "hz"
    assert all(word in tici("queue", "list").stdout for word in ("loans", "team hz", "on_demand", "short"))
    for option, wrong in (("--recording", "never"), ("--retention", "a class"), ("--team", "*")):
        refused = tici("queue", "set", "loans", option, wrong)
        assert refused.exit_code == 1 and "Traceback" not in refused.output
    assert json.loads(tici("queue", "list", "--json").stdout)[1:] == [made | {"language": "en"}]
