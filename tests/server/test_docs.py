"""Pages made from the code are fresh; every setting, command and link is documented."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import Commands, main
from server.docs import PAGES, stale_pages, write_pages
from server.docs.settings import settings_page
from server.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
WRITTEN = sorted(
    [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("**/*.md"), REPOSITORY / "models" / "README.md"]
)
HEAVY = ("numpy", "onnxruntime", "sklearn", "vosk", "fastapi", "sqlalchemy", "jieba", "tantivy", "httpx")


@pytest.mark.parametrize("path", PAGES)
def test_generated_page_is_fresh(path: str) -> None:
    assert (REPOSITORY / path).read_text(encoding="utf-8") == PAGES[path](), "stale: run `make generate`"


def test_stale_and_missing_pages_are_noticed(tmp_path: Path) -> None:
    write_pages(tmp_path)
    assert stale_pages(tmp_path) == []
    page = tmp_path / "docs" / "settings.md"
    page.write_text(page.read_text(encoding="utf-8") + "edited by hand\n", encoding="utf-8")
    (tmp_path / "docs" / "cli.md").unlink()
    assert stale_pages(tmp_path) == ["docs/settings.md", "docs/cli.md"]


def test_every_setting_says_what_it_is_for() -> None:
    page = settings_page()
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert f"`TICI_{name.upper()}`" in page


def test_settings_named_anywhere_exist() -> None:
    known = {f"TICI_{name.upper()}" for name in Settings.model_fields} | {"TICI_CHROMIUM"}  # the tests' own
    for page in [*WRITTEN, REPOSITORY / "Makefile"]:
        named = set(re.findall(r"TICI_[A-Z][A-Z_]*[A-Z]", page.read_text(encoding="utf-8")))
        assert named <= known, page.name


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_help_loads_nothing_heavy_and_names_every_command() -> None:
    code = f"""
import sys
from server.cli import main
try:
    main(["--help"])
finally:
    print([name for name in {HEAVY} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert done.stdout.strip().splitlines()[-1] == "[]"
    for name in Commands.lazy:
        assert f" {name} " in done.stdout


@pytest.mark.parametrize("name", Commands.lazy)
def test_every_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert f"Usage: tici {name}" in done.output


def test_an_unknown_command_is_a_usage_error() -> None:
    done = CliRunner().invoke(main, ["no-such-command"])
    assert done.exit_code == 2
    assert "no-such-command" in done.output
