"""Lock files hold exact versions and hashes, agree with `pyproject.toml`, and name no registry."""

import json
import re
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LOCKS = sorted(REPOSITORY.glob("requirements*.lock"))
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked(name: str) -> dict[str, str]:
    """Version by package."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", text, re.MULTILINE))


def pinned(requirements: list[str]) -> dict[str, str]:
    return {name.replace("_", "-").lower(): version for name, version in (r.split("==") for r in requirements)}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_has_a_hash_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_locks_are_those_of_the_project() -> None:
    run, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    assert pinned(PROJECT["dependencies"]).items() <= run.items()
    assert pinned(PROJECT["optional-dependencies"]["dev"]).items() <= dev.items()
    assert run.items() <= dev.items()


def test_the_pages_lock_names_no_registry() -> None:
    lock = json.loads((REPOSITORY / "web" / "package-lock.json").read_text(encoding="utf-8"))
    for name, package in lock["packages"].items():
        assert "://" not in package.get("resolved", ""), name
        assert not name or package.get("integrity") or package.get("link"), name
