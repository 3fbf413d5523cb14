"""Transformers: attention as message passing, and a small network for every token."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from graphvision.graphs import ImageGraph
from graphvision.graphs.windowed import with_features
from graphvision.nn.multihead_attention import MultiheadAttention
from graphvision.nn.node_tokens import NodeTokens
from graphvision.nn.torch_layer import TorchLayer


class _Transformer(TorchLayer):
    """Attentions and layers within are message passing; all parameters are torch's."""

    def _choose(self, lower: bool, backend: str) -> None:
        super()._choose(lower, backend)
        form = {"lower": lower, "backend": backend}
        for name, child in list(self.named_children()):
            if isinstance(child, nn.ModuleList):
                stack = (_converted(layer, form) for layer in child)
                setattr(self, name, nn.ModuleList(stack).train(child.training))
            else:
                setattr(self, name, _converted(child, form))


def _converted(module: nn.Module, form: dict[str, Any]) -> nn.Module:
    ours = (MultiheadAttention, TransformerEncoderLayer, TransformerDecoderLayer)
    for kind in ours:
        if type(module) is kind.torch_class:
            made: nn.Module = kind.from_torch(module, **form)
            return made
    return module


def _check_plain(mask: Tensor | None, padding_mask: Tensor | None, is_causal: bool | None) -> None:
    if mask is not None or padding_mask is not None or is_causal:
        raise ValueError("`src` must be tokens where there are masks, got an ImageGraph")


def _on_nodes(layer: nn.Module, graph: ImageGraph, *, batch_first: bool) -> ImageGraph:
    tokens = NodeTokens.of(graph, batch_first=batch_first)
    out = layer(tokens.x, src_key_padding_mask=tokens.bias)
    return with_features(graph, tokens.nodes(out))


class TransformerEncoderLayer(_Transformer, nn.TransformerEncoderLayer):
    """``torch.nn.TransformerEncoderLayer`` whose attention is message passing between the tokens.

    ``x + attention(norm1(x))``, then ``x + network(norm2(x))``; without ``norm_first`` the norms
    come after the sums. Arguments, names of parameters and results are torch's, without its fused
    path for inference. On an image graph the tokens are its pixels: every node attends to all nodes
    of its image, by their areas.

    Args:
        d_model: channels of a token.
        nhead: heads of the attention.
        dim_feedforward: width of the network.
        dropout: after the attention, within the network and after it.
        activation: of the network: ``"relu"``, ``"gelu"`` or a function.
        layer_norm_eps: added to variances.
        batch_first: tokens are ``[b, tokens, c]``, not ``[tokens, b, c]``.
        norm_first: norms before attention and network, not after the sums.
        bias: whether maps and norms have one.
        lower: False for messages along explicit edges.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)(torch.rand(2, 5, 8)).shape
        torch.Size([2, 5, 8])

    Source:
        Vaswani et al., Attention is all you need, NeurIPS 2017, section 3.1; the oracle is
        torch's layer (``test_encoder_layer_matches_oracle``).
    """

    self_attn: MultiheadAttention  # type: ignore[assignment]  # torch's is converted
    activation: Callable[[Tensor], Tensor]

    def forward(
        self,
        src: Any,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Any:
        """Apply the layer.

        Args:
            src: tokens, or an image graph or batch of them, which goes without masks.
            src_mask: as ``attn_mask`` of :meth:`MultiheadAttention.forward`.
            src_key_padding_mask: as ``key_padding_mask`` there.
            is_causal: as there.

        Returns:
            What was given: tokens of the same shape, or a graph.

        Raises:
            ValueError: shapes or dtypes that don't fit, or a graph with masks.
        """
        if isinstance(src, ImageGraph):
            _check_plain(src_mask, src_key_padding_mask, is_causal)
            return _on_nodes(self, src, batch_first=self.self_attn.batch_first)
        masks: dict[str, Any] = {"attn_mask": src_mask, "key_padding_mask": src_key_padding_mask}
        masks["is_causal"] = is_causal

        def attend(x: Tensor) -> Tensor:
            out: Tensor = self.dropout1(self.self_attn(x, x, x, need_weights=False, **masks)[0])
            return out

        def network(x: Tensor) -> Tensor:
            hidden = self.dropout(self.activation(self.linear1(x)))
            out: Tensor = self.dropout2(self.linear2(hidden))
            return out

        x = src
        if self.norm_first:
            x = x + attend(self.norm1(x))
            x = x + network(self.norm2(x))
        else:
            x = self.norm1(x + attend(x))
            x = self.norm2(x + network(x))
        return x


class TransformerDecoderLayer(_Transformer, nn.TransformerDecoderLayer):
    """``torch.nn.TransformerDecoderLayer`` whose attentions are message passing.

    Targets attend to targets, then to the memory; see :class:`TransformerEncoderLayer` for the
    arguments.

    Example:
        >>> import torch, graphvision as gv
        >>> layer = gv.nn.TransformerDecoderLayer(8, 2, 16)
        >>> layer(torch.rand(3, 2, 8), torch.rand(5, 2, 8)).shape
        torch.Size([3, 2, 8])

    Source:
        Vaswani et al., Attention is all you need, NeurIPS 2017, section 3.1; the oracle is
        torch's layer (``test_decoder_matches_oracle``).
    """


class TransformerEncoder(_Transformer, nn.TransformerEncoder):
    """``torch.nn.TransformerEncoder`` of layers that are message passing.

    Args:
        encoder_layer: a layer of ours or of torch's; ``num_layers`` copies are made.
        num_layers: how many.
        norm: after the last layer, or None.
        enable_nested_tensor: taken as torch takes it; nothing is nested here, so that tokens that
            are padding have results too.
        mask_check: taken as torch takes it, for the same.
        lower: False for messages along explicit edges.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> layer = gv.nn.TransformerEncoderLayer(8, 2, 16)
        >>> gv.nn.TransformerEncoder(layer, 3)(torch.rand(5, 2, 8)).shape
        torch.Size([5, 2, 8])

    Source:
        The oracle is torch's (``test_encoder_matches_oracle``).
    """

    def __init__(
        self,
        encoder_layer: nn.Module,
        num_layers: int,
        norm: nn.Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        form: dict[str, Any] = {"lower": lower, "backend": backend}
        super().__init__(encoder_layer, num_layers, norm, False, mask_check, **form)

    def forward(
        self,
        src: Any,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Any:
        """Apply all layers in turn; see :meth:`TransformerEncoderLayer.forward`."""
        if isinstance(src, ImageGraph):
            _check_plain(mask, src_key_padding_mask, is_causal)
            return _on_nodes(self, src, batch_first=self.layers[0].self_attn.batch_first)
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal=bool(is_causal))
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(_Transformer, nn.TransformerDecoder):
    """``torch.nn.TransformerDecoder`` of layers that are message passing.

    Args:
        decoder_layer: a layer of ours or of torch's; ``num_layers`` copies are made.
        num_layers: how many.
        norm: after the last layer, or None.
        lower: False for messages along explicit edges.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> decoder = gv.nn.TransformerDecoder(gv.nn.TransformerDecoderLayer(8, 2, 16), 2)
        >>> decoder(torch.rand(3, 2, 8), torch.rand(5, 2, 8)).shape
        torch.Size([3, 2, 8])

    Source:
        The oracle is torch's (``test_decoder_matches_oracle``).
    """
