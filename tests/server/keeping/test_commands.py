"""`tici privacy` on a real database file."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli.database import db_app
from server.cli.privacy import privacy_app


@pytest.fixture
def tici(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TICI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("TICI_DATABASE_URL", raising=False)
    assert CliRunner().invoke(db_app, ["upgrade"]).exit_code == 0
    return lambda *words, stdin=None: CliRunner().invoke(privacy_app, list(words), input=stdin)


def test_rules_holds_deletion_and_audit(tici) -> None:
    rule = json.loads(tici("set-rule", "standard", "--audio-days", "30", "--text-days", "forever", "--json").stdout)
    assert (rule["audio_days"], rule["text_days"], rule["sample_days"]) == (30, None, 730)
    assert "30 days" in tici("rules").stdout
    assert tici("set-rule", "standard", "--audio-days", "soon").exit_code == 1
    assert tici("product", "loan", "--retention-class", "none").exit_code == 1
    assert tici("product", "loan", "--retention-class", "standard").exit_code == 0
    hold = json.loads(tici("hold", "c1", "--customer", "--reason", "court", "--json").stdout)["hold_id"]
    refused = tici("delete", "--customer", "c1", "--yes")
    assert refused.exit_code == 1 and hold in refused.stderr
    assert "in force" in tici("holds").stdout
    assert tici("release", hold, "--reason", "settled").exit_code == 0
    assert tici("delete", "--customer", "c1", stdin="n\n").exit_code == 1
    receipt = json.loads(tici("delete", "--customer", "c1", "--yes", "--json").stdout)
    assert receipt["finished_at"] and receipt["subject_id"] != "c1"
    assert json.loads(tici("sweep", "--yes", "--compact", "--json").stdout)["tidied"] is True
    assert len(json.loads(tici("receipts", "--json").stdout)) == 1
    assert [row["action"] for row in json.loads(tici("audit", "--json", "--limit", "3").stdout)] == [
        *("customer.delete", "hold.release", "hold.place"),
    ]
    assert tici("export", "nobody", "--out", "x.zip").exit_code == 1
    assert not Path("x.zip").exists()
    assert tici("delete", "--yes").exit_code == 1
