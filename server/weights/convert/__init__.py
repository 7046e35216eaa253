"""Weights that nobody publishes in the form served here: made from the published ones, to the same bytes everywhere."""

from server.weights.convert.recipes import convert
from server.weights.convert.safetensors import BadTensors

__all__ = ["BadTensors", "convert"]
