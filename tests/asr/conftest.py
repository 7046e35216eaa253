"""The real Mandarin model, and real telephone speech."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.pool import RecognizerPool
from asr.vosk_recognizer import VoskModel

DATA = Path(__file__).parent.parent / "data" / "asr_zh"


@pytest.fixture(scope="session")
def derived_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("derived")


@pytest.fixture(scope="session")
def zh_model(models_dir, derived_dir):
    return VoskModel(models_dir / "vosk-small-zh", derived_dir)


@pytest.fixture(scope="session")
def zh_pool(zh_model):
    """A pool whose recognizers have been used; tests share it on purpose."""
    pool = RecognizerPool(zh_model)
    pool.warm(1)
    return pool


@pytest.fixture(scope="session")
def sentences():
    """A few sentences by two speakers at 8 kHz, in turn."""
    files = sorted(DATA.glob("*.flac"))[:3]
    if len(files) < 3:
        pytest.skip(f"no speech in {DATA}")
    return [soundfile.read(file, dtype="int16")[0] for file in files]


@pytest.fixture(scope="session")
def spoken(sentences):
    """One leg: the sentences with exact digital zeros before, between and after."""
    zeros = np.zeros(8000, dtype=np.int16)
    return np.concatenate([zeros, *[part for sentence in sentences for part in (sentence, zeros)]])
