"""The trained tensors of a model, by name and layer, with the axes that the declaration gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from attention_core.arrays import Array, frozen
from attention_core.config import ModelConfig
from attention_core.layer import declaration
from attention_core.operations import Contract
from attention_core.stages import Stage

Key = tuple[str, int | None]


class Weights(Mapping[Key, Array]):
    """Tensors of which those that multiply the same rows lie side by side, so that they are one product."""

    def __init__(self, config: ModelConfig, tensors: Mapping[Key, Array]) -> None:
        self._tensors = dict(tensors)
        self._joined: dict[tuple[str, int], tuple[Array, Array | None]] = {}
        for layer in range(config.n_layers):
            for group in together(list(declaration(config, layer).values())):
                self._join(group, layer)

    def __getitem__(self, key: Key) -> Array:
        return self._tensors[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def joined(self, name: str, layer: int) -> tuple[Array, Array | None]:
        """The matrix [model, columns] that begins with a stage's weights, and its bias [columns]."""
        return self._joined[name, layer]

    def _join(self, group: tuple[Stage, ...], layer: int) -> None:
        """Lay the weights of some stages side by side, and keep each as a view of the whole."""
        columns = [self._tensors[each.inputs[1].name, layer] for each in group]  # each [head, model, dim]
        whole = frozen(np.concatenate([flat(each) for each in columns], axis=1))
        biases = [each.inputs[2].name if len(each.inputs) > 2 else "" for each in group]
        sizes = [each.shape[0] * each.shape[2] for each in columns]
        bias = None
        if any(biases):
            bias = frozen(np.concatenate([
                self._tensors[name, layer].reshape(-1) if name else np.zeros(size, np.float32)
                for name, size in zip(biases, sizes, strict=True)
            ]))  # fmt: skip
        start = 0
        for stage, own, name, size in zip(group, columns, biases, sizes, strict=True):
            part = slice(start, start + size)
            heads, rows, dims = own.shape
            self._tensors[stage.inputs[1].name, layer] = whole[:, part].reshape(rows, heads, dims).transpose(1, 0, 2)
            if name and bias is not None:
                self._tensors[name, layer] = bias[part].reshape(heads, dims)
            start += size
        self._joined[group[0].name, layer] = whole, bias


def flat(weight: Array) -> Array:
    """[head, model, dim] as [model, head * dim]."""
    return weight.transpose(1, 0, 2).reshape(weight.shape[1], -1)


def together(stages: list[Stage]) -> list[tuple[Stage, ...]]:
    """Neighbouring projections of the same rows, which can be made by one product."""
    groups: list[list[Stage]] = []
    for stage in stages:
        if not (isinstance(stage.operation, Contract) and stage.inputs[1].axes[1:] == ("model", "dim")):
            groups.append([])
        elif groups and groups[-1] and groups[-1][0].inputs[0].name == stage.inputs[0].name:
            groups[-1].append(stage)
        else:
            groups.append([stage])
    return [tuple(group) for group in groups if len(group) > 1]
