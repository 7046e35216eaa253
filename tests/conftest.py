"""Fixtures shared by all rooms."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow, not wrong.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of fetched weights; skips where nobody fetched them (`tici models fetch`)."""
    folder = Path(os.environ.get("TICI_MODELS_DIR", REPOSITORY / "models"))
    if not (folder / "vosk-small-zh").is_dir() or not (folder / "bge-small-zh-tici").is_dir():
        pytest.skip("no model weights: run `tici models fetch` first")
    return folder


@pytest.fixture(scope="session")
def pack_dir() -> Path:
    """The seed knowledge pack."""
    return REPOSITORY / "kb" / "packs" / "zh_bank"
