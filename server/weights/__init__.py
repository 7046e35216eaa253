"""Model weights: what there is (`models/manifest.toml`), where it comes from, and how it gets here."""

from server.weights.checking import DamagedWeights, check_weights
from server.weights.fetch import Fetcher, WeightsUnavailable
from server.weights.manifest import Manifest, ManifestError, Weight, WeightFile, load_manifest
from server.weights.state import FileState, WeightState, inspect, present
from server.weights.transfer import SourceError

__all__ = [
    "DamagedWeights",
    "Fetcher",
    "FileState",
    "Manifest",
    "ManifestError",
    "SourceError",
    "Weight",
    "WeightFile",
    "WeightState",
    "WeightsUnavailable",
    "check_weights",
    "inspect",
    "load_manifest",
    "present",
]
