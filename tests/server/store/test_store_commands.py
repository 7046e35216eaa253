"""`tici user`, `tici key`, `tici db` and `tici kb` on a real database file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from server.cli.database import db_app
from server.cli.knowledge import kb_app
from server.cli.users import key_app, user_app

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
    for name, app in {"user": user_app, "key": key_app, "db": db_app, "kb": kb_app}.items():
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
    assert [json.loads(result.stdout) for result in results] == [{"revision": "0001"}] * 2
    refused = bare("db", "upgrade", "--url", "mysql://host/db")
    assert refused.exit_code == 1 and "unsupported database" in refused.stderr


def test_users(tici: Tici) -> None:
    added = tici("user", "add", "li", "--name", "李娜", "--password-stdin", "--json", stdin=PASSWORD)
    assert json.loads(added.stdout) == {
        "login": "li", "display_name": "李娜", "role": "agent", "team": "default", "disabled": False,
    }  # fmt: skip
    assert tici("user", "set-role", "li", "trainer").exit_code == 0
    listed = json.loads(tici("user", "list", "--json").stdout)
    assert [(user["login"], user["role"]) for user in listed] == [("li", "trainer")]
    assert "trainer" in tici("user", "list").stdout


def test_password_is_asked_for_twice_and_never_shown(tici: Tici) -> None:
    result = tici("user", "add", "li", stdin=PASSWORD * 2)
    assert result.exit_code == 0
    assert "horse" not in result.output


@pytest.mark.parametrize(
    ("words", "stdin", "says"),
    [
        (["user", "add", "wang", "--password-stdin"], "short\n", "at least 8"),
        (["user", "add", "wang", "--password-stdin", "--role", "boss"], PASSWORD, "unknown role"),
        (["user", "add", "li", "--password-stdin"], PASSWORD, "taken"),
        (["user", "set-role", "nobody", "admin"], None, "no user"),
        (["key", "add", "switch", "--scope", "all"], None, "unknown scope"),
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
