"""``torch.nn.MultiheadAttention`` as message passing between tokens."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from graphvision.graphs import ImageGraph
from graphvision.graphs.windowed import with_features
from graphvision.nn.attention import attention, attention_and_shares
from graphvision.nn.node_tokens import NodeTokens
from graphvision.nn.torch_layer import TorchLayer


class MultiheadAttention(TorchLayer, nn.MultiheadAttention):
    """``torch.nn.MultiheadAttention`` as message passing on the complete graph of the tokens.

    ``n_i' = W_o ‖_heads Σ_j α_ij W_v n_j + b`` with
    ``α_i = softmax_j(W_q n_i · W_k n_j / √width + mask_ij)``. Arguments, parameters and results are
    torch's, without its fused path for inference. On an image graph the tokens are its pixels:
    every node attends to all nodes of its image, by their areas. Lowered, it is
    ``scaled_dot_product_attention``, or plain matrix products where the shares are asked for.

    Args:
        embed_dim: channels of the queries and of the result.
        num_heads: independent attentions; divides ``embed_dim``.
        lower: False for messages along explicit edges.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> tokens = torch.rand(2, 5, 8)
        >>> out, shares = gv.nn.MultiheadAttention(8, 2, batch_first=True)(tokens, tokens, tokens)
        >>> out.shape, shares.shape
        (torch.Size([2, 5, 8]), torch.Size([2, 5, 5]))

    Source:
        Vaswani et al., Attention is all you need, NeurIPS 2017, section 3.2.2; the oracle is
        ``torch.nn.MultiheadAttention`` (``test_matches_oracle``).
    """

    in_proj_weight: Any
    in_proj_bias: Any
    bias_k: Any
    bias_v: Any

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Tensor | None]:
        """Let every query attend to the keys.

        Args:
            query: ``[targets, b, c]``, ``[b, targets, c]`` with ``batch_first``, or
                ``[targets, c]``; or an image graph or batch of them, which is then the key and
                the value too, and goes without masks.
            key: the same with sources and ``kdim`` channels.
            value: the same with sources and ``vdim`` channels.
            key_padding_mask: ``[b, sources]``: True where a source is to be left out, or what is
                added to its logits.
            need_weights: whether the shares are returned too.
            attn_mask: ``[targets, sources]`` or ``[b · heads, targets, sources]``: True where an
                edge is to be left out, or what is added to its logit.
            average_attn_weights: whether the shares are their means over the heads.
            is_causal: a hint that ``attn_mask``, which must be given, is the causal one.

        Returns:
            As ``query``, with ``embed_dim`` channels, and the shares ``[b, targets, sources]`` or
            ``[b, heads, targets, sources]``, or None. Where a target may attend to none, as in
            torch: 0, and NaN where shares are asked for.

        Raises:
            ValueError: shapes or dtypes that don't fit, or a graph with others or with masks.
        """
        if any(isinstance(t, ImageGraph) for t in (query, key, value)):
            plain = attn_mask is None and key_padding_mask is None and not is_causal
            weights = (need_weights, average_attn_weights)
            return self._on_graph((query, key, value), weights, plain=plain)
        self._check(query, key, value)
        batched = query.ndim == 3
        is_self = query is key and key is value
        query, key, value = (self._tokens_first(t) for t in (query, key, value))
        if is_causal and attn_mask is None:
            raise ValueError("`attn_mask` must be given where `is_causal` is True, got None")
        hint = is_causal and key_padding_mask is None and not need_weights
        bias = None if hint else self._bias((query, key), attn_mask, key_padding_mask)
        mapped = self._project(query, key, value, is_self=is_self)
        query, (key, value), bias = mapped[0], *self._extended(mapped[1:], bias)
        query, key, value = (self._by_head(t) for t in (query, key, value))
        form: dict[str, Any] = {"lower": self.lower, "backend": self.backend}
        form["dropout_p"] = self.dropout if self.training else 0.0
        if need_weights:
            out, shares = attention_and_shares(query, key, value, bias, **form)
            shares = shares.mean(1) if average_attn_weights else shares
        else:
            out, shares = attention(query, key, value, bias, is_causal=hint, **form), None
        out = self.out_proj(out.permute(2, 0, 1, 3).flatten(2))
        if not batched:
            return out.squeeze(1), None if shares is None else shares.squeeze(0)
        return out.transpose(0, 1) if self.batch_first else out, shares

    def _on_graph(
        self, graphs: tuple[Any, Any, Any], weights: tuple[bool, bool], *, plain: bool
    ) -> tuple[ImageGraph, Tensor | None]:
        graph = graphs[0]
        if not plain or any(other is not graph for other in graphs):
            raise ValueError(
                "`query`, `key` and `value` must be the same image graph, without masks, got others"
            )
        tokens = NodeTokens.of(graph, batch_first=self.batch_first)
        sequence = (tokens.x,) * 3
        out, shares = self.forward(*sequence, tokens.bias, weights[0], None, weights[1])
        return with_features(graph, tokens.nodes(out)), shares

    def _check(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        if any(t.is_nested for t in (query, key, value)):
            raise ValueError("`query`, `key` and `value` must be plain tensors, got a nested one")
        want = {"query": self.embed_dim, "key": self.kdim, "value": self.vdim}
        for (name, channels), t in zip(want.items(), (query, key, value), strict=True):
            if t.ndim not in (2, 3) or t.ndim != query.ndim or t.shape[-1] != channels:
                raise ValueError(
                    f"`{name}` must have shape (tokens, {channels}), or one axis more for a batch "
                    f"as all three have, got {tuple(t.shape)}"
                )
        batch_axis = 0 if self.batch_first else 1
        batches = query.ndim == 2 or query.shape[batch_axis] == key.shape[batch_axis]
        if key.shape[:-1] != value.shape[:-1] or not batches:
            raise ValueError(
                f"`key` must have the batch of `query` and the tokens of `value`, got "
                f"{tuple(key.shape)} beside {tuple(query.shape)} and {tuple(value.shape)}"
            )

    def _tokens_first(self, x: Tensor) -> Tensor:
        if x.ndim == 2:
            return x.unsqueeze(1)
        return x.transpose(0, 1) if self.batch_first else x

    def _by_head(self, x: Tensor) -> Tensor:
        """``[tokens, b, c]`` → ``[b, heads, tokens, width]``."""
        parts: Tensor = x.unflatten(2, (self.num_heads, self.head_dim))
        return parts.permute(1, 2, 0, 3)

    def _project(self, query: Tensor, key: Tensor, value: Tensor, *, is_self: bool) -> list[Tensor]:
        if is_self and self.in_proj_weight is not None:
            mapped = F.linear(query, self.in_proj_weight, self.in_proj_bias)
            return list(mapped.chunk(3, -1))
        weights = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        if self.in_proj_weight is not None:
            weights = self.in_proj_weight.chunk(3)
        biases = [None] * 3 if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        triples = zip((query, key, value), weights, biases, strict=True)
        return [F.linear(x, weight, bias) for x, weight, bias in triples]

    def _extended(
        self, sent: list[Tensor], bias: Tensor | None
    ) -> tuple[list[Tensor], Tensor | None]:
        """One more source with learned key and value, and one of zeros, as far as there are any."""
        more = []
        if self.bias_k is not None:
            more.append((self.bias_k, self.bias_v))
        if self.add_zero_attn:
            zero = sent[0].new_zeros(1, 1, self.embed_dim)
            more.append((zero, zero))
        for added in more:
            pairs = zip(sent, added, strict=True)
            sent = [torch.cat([x, one.expand(-1, x.shape[1], -1)]) for x, one in pairs]
            bias = None if bias is None else F.pad(bias, (0, 1))
        return sent, bias

    def _bias(
        self,
        tokens: tuple[Tensor, Tensor],
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
    ) -> Tensor | None:
        """What both masks add to the logits; broadcasts to ``[b, heads, targets, sources]``."""
        targets, batch, _ = tokens[0].shape
        sources, heads, dtype = tokens[1].shape[0], self.num_heads, tokens[0].dtype
        bias = None
        if attn_mask is not None:
            shapes = [(targets, sources), (batch * heads, targets, sources)]
            bias = _additive("attn_mask", attn_mask, shapes, dtype)
            bias = bias.unflatten(0, (batch, heads)) if bias.ndim == 3 else bias[None, None]
        if key_padding_mask is not None:
            shapes = [(batch, sources)] if batch != 1 else [(1, sources), (sources,)]
            padding = _additive("key_padding_mask", key_padding_mask, shapes, dtype)
            padding = padding.view(batch, 1, 1, sources)
            bias = padding if bias is None else bias + padding
        return bias


def _additive(name: str, mask: Tensor, shapes: list[tuple[int, ...]], dtype: torch.dtype) -> Tensor:
    kind = mask.dtype == torch.bool or mask.is_floating_point()
    if tuple(mask.shape) not in shapes or not kind:
        raise ValueError(
            f"`{name}` must be bool or floating of shape {' or '.join(map(str, shapes))}, "
            f"got {str(mask.dtype)[6:]} of shape {tuple(mask.shape)}"
        )
    if mask.dtype != torch.bool:
        return mask.to(dtype)
    return torch.zeros_like(mask, dtype=dtype).masked_fill(mask, float("-inf"))
