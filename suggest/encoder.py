"""Text encoders exported to ONNX: text in, normalised vectors out."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

Vectors = NDArray[np.float32]
BATCH = 1
"""int8 activations are scaled per batch: alone, a text has the same vector in training and in service."""


class MissingWeights(FileNotFoundError):
    """Weights are not on this machine."""


class Encoder(Protocol):
    """Anything that turns texts into vectors."""

    @property
    def name(self) -> str:
        """Short name, shown to people."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vectors would."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Rows of length 1, float32, shape (len(texts), dim)."""
        ...


class EncoderSettings(BaseModel):
    """`encoder.json` beside the weights, where the defaults do not fit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = "model.onnx"
    pooling: Literal["output", "cls", "mean"] | None = None
    """How tokens become one vector. None: the model's `sentence_embedding` if it has one, else cls."""
    lower_case: bool | None = None
    """None: lower-case when the vocabulary has no capital A."""
    max_tokens: int = Field(default=128, ge=8, le=512)


class OnnxEncoder:
    """An encoder in a folder: `model.onnx`, `tokenizer.json` and optionally `encoder.json`.

    Runs on one thread. Safe to call from several threads. Keeps the vectors of the last `cache` texts.
    Raises `MissingWeights` when the folder lacks a file, ValueError when one cannot be used.
    """

    def __init__(self, folder: Path, *, cache: int = 512) -> None:
        """Loads the weights. `cache` counts texts; 0 keeps none."""
        self.folder = folder
        self.settings = _settings(folder)
        self._model = _require(folder / self.settings.model)
        tokenizer_file = _require(folder / "tokenizer.json")
        self._tokenizer = _tokenizer(tokenizer_file, self.settings.max_tokens)
        self._session = _session(self._model)
        self._inputs = {item.name for item in self._session.get_inputs()}
        self._outputs = [item.name for item in self._session.get_outputs()]
        self._pooling = self.settings.pooling or ("output" if "sentence_embedding" in self._outputs else "cls")
        lower = self.settings.lower_case
        self._lower = self._tokenizer.token_to_id("A") is None if lower is None else lower
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._cache_size = cache
        self._lock = Lock()
        self.fingerprint = _fingerprint(self._model, tokenizer_file, self.settings)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def lower_case(self) -> bool:
        """Whether texts are lower-cased before they are cut into tokens."""
        return self._lower

    @property
    def pooling(self) -> Literal["cls", "mean"]:
        """How tokens become one vector; a model with an output of its own for that is taken for one that pools so
        in the way of bge, by its first token."""
        return "mean" if self._pooling == "mean" else "cls"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Rows of length 1, float32, shape (len(texts), dim)."""
        wanted = [text.lower() if self._lower else text for text in texts]
        known = self._remembered(wanted)
        missing = sorted({text for text in wanted if text not in known}, key=len)
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            known.update(zip(batch, self._run(batch), strict=True))
        self._remember(known)
        return np.stack([known[text] for text in wanted]) if wanted else np.empty((0, self._dim()), np.float32)

    def _dim(self) -> int:
        return int(self._run(["a"]).shape[1])

    def _remembered(self, texts: Sequence[str]) -> dict[str, Vectors]:
        with self._lock:
            return {text: self._cache[text] for text in texts if text in self._cache}

    def _remember(self, vectors: dict[str, Vectors]) -> None:
        with self._lock:
            self._cache.update(list(vectors.items())[-self._cache_size :] if self._cache_size else [])
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)

    def _run(self, texts: Sequence[str]) -> Vectors:
        encodings = self._tokenizer.encode_batch(list(texts))
        mask = np.array([item.attention_mask for item in encodings], dtype=np.int64)
        feed = {
            "input_ids": np.array([item.ids for item in encodings], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        feed = {name: value for name, value in feed.items() if name in self._inputs}
        wanted = "sentence_embedding" if self._pooling == "output" else self._outputs[0]
        result = np.asarray(self._session.run([wanted], feed)[0], dtype=np.float32)
        pooled = _pool(result, mask, self._pooling)
        length = np.linalg.norm(pooled, axis=1, keepdims=True)
        return np.asarray(pooled / np.maximum(length, 1e-12), dtype=np.float32)


def _pool(result: Vectors, mask: NDArray[np.int64], pooling: str) -> Vectors:
    if pooling == "output":
        return result
    if pooling == "cls":
        return np.asarray(result[:, 0])
    weight = mask[:, :, None].astype(np.float32)
    return np.asarray((result * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1.0))


def _settings(folder: Path) -> EncoderSettings:
    path = folder / "encoder.json"
    if not path.exists():
        return EncoderSettings()
    try:
        return EncoderSettings.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise ValueError(f"{path}: {error.errors()[0]['msg']}") from error


def _require(path: Path) -> Path:
    if not path.is_file():
        raise MissingWeights(f"{path} is missing: run `tici models fetch`")
    return path


def _tokenizer(path: Path, max_tokens: int) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(max_tokens)
    pad = next((token for token in ("[PAD]", "<pad>") if tokenizer.token_to_id(token) is not None), "[PAD]")
    tokenizer.enable_padding(direction="right", pad_id=tokenizer.token_to_id(pad) or 0, pad_token=pad)
    return tokenizer


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _fingerprint(model: Path, tokenizer: Path, settings: EncoderSettings) -> str:
    digest = hashlib.sha256(json.dumps(settings.model_dump(), sort_keys=True).encode())
    for path in (model, tokenizer):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
