"""The network that is trained: a BERT whose pooled, normalised vector goes through one linear layer."""

from typing import Any, Literal

import numpy as np
import torch
from torch import nn
from transformers import BertConfig, BertModel

from suggest.bert.read import Weights
from suggest.bert.write import Floats, Tensors

Pooling = Literal["cls", "mean"]
SHARPNESS = 10.0
"""Normalised vectors times this are what the linear layer sees; beginning at 1 would make its steps tiny."""


class Network:
    """Token ids in, logits and normalised vectors out. The embeddings stay as they are: a dense optimiser step over
    them takes most of the time and teaches little."""

    def __init__(self, weights: Weights, pooling: Pooling, labels: int, dropout: float) -> None:
        self.encoder = _bert(weights, dropout)
        self.pooling = pooling
        self.head = nn.Linear(self.encoder.config.hidden_size, labels)
        for parameter in self.encoder.embeddings.parameters():
            parameter.requires_grad_(False)
        self.whole = nn.ModuleList([self.encoder, self.head])
        """Both as one module: for parameters, state and the switch between training and use."""

    def vectors(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Vectors of length 1, float32, shape (texts, dim)."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        if self.pooling == "cls":
            pooled = states[:, 0]
        else:
            wide = mask[:, :, None].to(states.dtype)
            pooled = (states * wide).sum(dim=1) / wide.sum(dim=1)
        return nn.functional.normalize(pooled.float(), dim=1)

    def logits(self, vectors: torch.Tensor) -> torch.Tensor:
        """Logits, shape (texts, labels)."""
        found: torch.Tensor = self.head(vectors * SHARPNESS)
        return found

    def begin_with(self, weight: Floats, bias: Floats) -> None:
        """Start the linear layer from a head that was fitted on the frozen encoder's vectors."""
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(weight / SHARPNESS))
            self.head.bias.copy_(torch.from_numpy(bias))

    def tensors(self) -> Tensors:
        """The encoder's weights as they are now."""
        return {name: np.asarray(value.detach().numpy()) for name, value in self.encoder.state_dict().items()}

    def head_weights(self) -> tuple[Floats, Floats]:
        """Weight (labels, dim) and bias (labels,) that give the same logits from normalised vectors."""
        weight: Any = self.head.weight.detach().numpy() * SHARPNESS
        return weight.astype(np.float32), self.head.bias.detach().numpy().astype(np.float32).copy()


def _bert(weights: Weights, dropout: float) -> Any:
    words = weights.tensors["embeddings.word_embeddings.weight"]
    config = BertConfig(
        vocab_size=words.shape[0],
        hidden_size=words.shape[1],
        num_hidden_layers=weights.layers,
        num_attention_heads=weights.heads,
        intermediate_size=weights.tensors["encoder.layer.0.intermediate.dense.weight"].shape[0],
        max_position_embeddings=weights.tensors["embeddings.position_embeddings.weight"].shape[0],
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    model = BertModel(config, add_pooling_layer=False)
    state = {name: torch.from_numpy(np.array(value, np.float32)) for name, value in weights.tensors.items()}
    model.load_state_dict(state, strict=False)
    return model
