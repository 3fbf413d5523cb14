"""What is known about an image and its regions before there are edges."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.kernels.borders import Borders, borders
from graphvision.kernels.regions import Regions, image_slope, region_shape


@dataclass(frozen=True, eq=False)
class Nodes:
    """The nodes of a batch of images, for adjacencies and edge features to look at.

    Attributes:
        image: ``[b, c, *size]``.
        regions: the label maps.
        lattice: the nodes on a regular grid of cells, ``[b, *cells]`` (-1: a hole), or None.
        edge_features: names of the edge features that will be asked for.
    """

    image: Float[Tensor, "b c *size"]
    regions: Regions
    lattice: Tensor | None = None
    edge_features: tuple[str, ...] = ()

    @cached_property
    def shape(self) -> dict[str, Tensor]:
        """Area, centroid, second moments and border contact, float64."""
        return region_shape(self.regions)

    @cached_property
    def slope(self) -> Float[Tensor, "b d *size"]:
        """Gradient of the intensity at every pixel."""
        return image_slope(self.image, self.regions)

    @cached_property
    def pos(self) -> Float[Tensor, "n d"]:
        """Centroids in pixels, in the image's dtype."""
        return self.shape["centroid"].to(self.image.dtype)

    @cached_property
    def area(self) -> Float[Tensor, " n"]:
        """Pixels per node, in the image's dtype."""
        return self.shape["area"].flatten().to(self.image.dtype)

    @cached_property
    def borders(self) -> Borders:
        """Which nodes touch, and what the picture does there, as far as features ask for it."""
        image = self.image if "colour_step" in self.edge_features else self.image[:, :0]
        slope = self.slope if "gradient" in self.edge_features else None
        return borders(self.regions, image, slope)

    def with_loops(self, edge_index: Int[Tensor, "2 e"]) -> Int[Tensor, "2 _"]:
        """Add an edge from every node to itself and sort again by target, then source."""
        n = max(1, self.regions.num_regions)
        loops = torch.arange(self.regions.num_regions, device=edge_index.device)
        source, target = torch.cat([edge_index, loops.expand(2, -1)], 1)
        key = (target * n + source).sort().values
        return torch.stack([key % n, key // n])
