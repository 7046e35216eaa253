import numpy as np
import pytest
import soundfile

SAMPLES = 4000


@pytest.fixture
def speech():
    """Half a second at 8 kHz in which every sample is different."""
    return np.arange(SAMPLES, dtype=np.int16) - 2000


@pytest.fixture
def files(tmp_path, speech):
    """Two WAV files: the customer's, and an agent's that is shorter."""
    soundfile.write(tmp_path / "customer.wav", speech, 8000)
    soundfile.write(tmp_path / "agent.flac", -speech[:3000], 8000)
    return [tmp_path / "customer.wav", tmp_path / "agent.flac"]
