"""The vision transformer: an image is a complete graph of patches."""

from collections import OrderedDict
from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, fx, nn

from graphvision.models.image_size import check_image_size
from graphvision.models.operations import FORMULAS, nothing
from graphvision.models.registry import register


@fx.wrap
def positions_at(
    embedding: Float[Tensor, "1 n c"], trained: tuple[int, int], grid: tuple[int, int]
) -> Float[Tensor, "1 m c"]:
    """The position embedding of another grid of patches, by bicubic interpolation.

    Args:
        embedding: of the class token, then of the patches row by row.
        trained: rows and columns of the patches that ``embedding`` was made for.
        grid: rows and columns that are wanted.

    Returns:
        ``embedding`` itself, where the grid is the same.

    Example:
        >>> positions_at(torch.rand(1, 5, 3), (2, 2), (4, 6)).shape
        torch.Size([1, 25, 3])
    """
    if tuple(grid) == trained:
        return embedding
    token, patches = embedding[:, :1], embedding[:, 1:]
    image = patches.transpose(1, 2).unflatten(2, trained)
    image = F.interpolate(image, grid, mode="bicubic", align_corners=False)
    return torch.cat([token, image.flatten(2).transpose(1, 2)], dim=1)


class EncoderBlock(nn.Module):
    """``x ← x + attention(norm(x))``, then ``x ← x + MLP(norm(x))``.

    Args:
        width: channels of a token, a multiple of ``heads``.
        heads: attention heads.
        dropout: probability behind each linear map.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, eps=1e-6)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.ln_2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(4 * width, width),
            nn.Dropout(dropout),
        )

    def forward(self, tokens: Float[Tensor, "b n c"]) -> Float[Tensor, "b n c"]:
        """The tokens, each having looked at all others."""
        query = self.ln_1(tokens)
        seen = self.self_attention(query, query, query, need_weights=False)[0]
        tokens = tokens + self.dropout(seen)
        mixed: Tensor = self.mlp(self.ln_2(tokens))
        return tokens + mixed


class Encoder(nn.Module):
    """Position embedding, blocks of attention, and a last norm.

    Args:
        grid: rows and columns of patches that the position embedding is for.
        width: channels of a token.
        depth: number of blocks.
        heads: attention heads in each.
        dropout: probability behind each linear map.
    """

    def __init__(
        self, grid: tuple[int, int], *, width: int, depth: int, heads: int, dropout: float
    ) -> None:
        super().__init__()
        self.grid = grid
        self.pos_embedding = nn.Parameter(torch.empty(1, 1 + grid[0] * grid[1], width))
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.Sequential(
            OrderedDict(
                (f"encoder_layer_{i}", EncoderBlock(width, heads, dropout)) for i in range(depth)
            )
        )
        self.ln = nn.LayerNorm(width, eps=1e-6)

    def forward(
        self, tokens: Float[Tensor, "b n c"], grid: tuple[int, int]
    ) -> Float[Tensor, "b n c"]:
        """Tokens that know where they are and what the others are."""
        tokens = tokens + positions_at(self.pos_embedding, self.grid, grid)
        encoded: Tensor = self.ln(self.layers(self.dropout(tokens)))
        return encoded


@register("vit_tiny", width=192, heads=3)
@register("vit_small", width=384, heads=6)
class ViT(nn.Module):
    """Vision transformer: patches as tokens, each attends to all; a class token reads them.

    ``conv p×p/p → tokens + positions → depth × (attention, MLP) → norm → linear on the class
    token``. Parameters are named as torchvision's ``vit_b_16``; its weights load at ``width=768,
    heads=12`` and 224×224 pixels. For images of another size the position embedding is
    interpolated; an image that isn't a multiple of the patch is padded with 0, right and below.

    Args:
        in_channels: channels of the image, ≥ 1.
        num_classes: number of logits, ≥ 1.
        image_size: (height, width) in pixels; any, and ``forward`` takes any other.
        patch_size: side of a patch in pixels; None for 16, or the largest of 8, 4, 2 and 1 with
            which the shorter side has 7 patches or more.
        width: channels of a token, a multiple of ``heads``.
        depth: number of blocks, ≥ 1.
        heads: attention heads, ≥ 1.
        dropout: probability behind each linear map, 0 to 1.

    Raises:
        ValueError: ``width`` isn't a multiple of ``heads``, or a number is too small.

    Example:
        >>> net = ViT(in_channels=3, num_classes=1000, image_size=(224, 224))
        >>> net.patch_size, sum(p.numel() for p in net.parameters())
        (16, 5717416)

    Source:
        Dosovitskiy et al., An image is worth 16×16 words, 2021, section 3.1; sizes from Touvron et
        al., Training data-efficient image transformers, 2021, table 1 (Ti and S).
    """

    input_kind: Literal["image"] = "image"
    output_kind: Literal["image"] = "image"
    dims = 2
    smallest_image = 1

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        image_size: tuple[int, int] = (28, 28),
        *,
        patch_size: int | None = None,
        width: int = 192,
        depth: int = 12,
        heads: int = 3,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_image_size(self, image_size)
        if patch_size is None:
            patch_size = next(p for p in (16, 8, 4, 2, 1) if min(image_size) >= 7 * p or p == 1)
        if min(patch_size, depth, heads) < 1:
            raise ValueError(
                "`patch_size`, `depth` and `heads` must be at least 1, got "
                f"{patch_size}, {depth} and {heads}"
            )
        if width < 1 or width % heads:
            raise ValueError(f"`width` must be a multiple of `heads` ({heads}), got {width}")
        self.patch_size = patch_size
        rows, columns = (-(-side // patch_size) for side in image_size)
        self.conv_proj = nn.Conv2d(in_channels, width, patch_size, stride=patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.encoder = Encoder(
            (rows, columns), width=width, depth=depth, heads=heads, dropout=dropout
        )
        self.heads = nn.Sequential(OrderedDict(head=nn.Linear(width, num_classes)))
        self._initialise()

    def _initialise(self) -> None:
        """Linear maps and positions: a normal distribution of 0.02, cut at 2; biases 0."""
        for layer in self.modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d)):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
            elif isinstance(layer, nn.MultiheadAttention):
                nn.init.trunc_normal_(layer.in_proj_weight, std=0.02)
        nn.init.trunc_normal_(self.encoder.pos_embedding, std=0.02)
        nn.init.trunc_normal_(self.class_token, std=0.02)

    def forward(self, image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b k"]:
        """Logits of a batch of images."""
        missing = (-image.shape[2] % self.patch_size, -image.shape[3] % self.patch_size)
        patches = self.conv_proj(F.pad(image, (0, missing[1], 0, missing[0])))
        grid = (patches.shape[2], patches.shape[3])
        class_token = self.class_token.expand(image.shape[0], -1, -1)
        tokens = torch.cat([class_token, patches.flatten(2).transpose(1, 2)], dim=1)
        logits: Tensor = self.heads(self.encoder(tokens, grid)[:, 0])
        return logits


FORMULAS.update({ViT: nothing, Encoder: nothing})  # the class token and the positions are added
