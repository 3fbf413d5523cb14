"""Where the parts of a person's own folder are, and what is cut where there are none."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from graphvision.datasets.splits import SPLITS, three_way_split


@dataclass(frozen=True)
class Parts:
    """The folders that a data set's parts are in.

    Where ``root`` has the folders ``train`` and ``test``, these are parts, and so is ``validation``
    if it is there, else 10 % of ``train``. Without them the parts are 70, 10 and 20 % of ``root``.

    Args:
        root: the folder of the whole data set.
        split: the part that is asked for, one of ``SPLITS``.

    Example:
        >>> Parts(Path("/nowhere"), "test").folder
        PosixPath('/nowhere')
    """

    root: Path
    split: str

    @property
    def folders(self) -> list[Path]:
        """Those with the files of all parts, in the order of ``SPLITS``; or ``root`` alone."""
        own = [self.root / split for split in SPLITS if (self.root / split).is_dir()]
        names = {folder.name for folder in own}
        return own if {"train", "test"} <= names else [self.root]

    @property
    def folder(self) -> Path:
        """The one that the part's files are in, perhaps with those of others."""
        by_name = {folder.name: folder for folder in self.folders if folder != self.root}
        return by_name.get(self.split, by_name.get("train", self.root))

    def chosen(self, labels: Tensor) -> list[int]:
        """Which of the files in ``folder`` are the part's: the same share of every class.

        Args:
            labels: int64, ``[n]``; class of each file.

        Returns:
            Indices in ascending order, at least one; the same ones on every machine.

        Raises:
            ValueError: there are none.
        """
        names = {folder.name for folder in self.folders}
        if self.folders == [self.root]:
            chosen = three_way_split(labels)[self.split]
        elif self.split == "test" or "validation" in names:
            chosen = torch.arange(len(labels))
        else:
            chosen = three_way_split(labels, test=0.0)[self.split]
        if not len(chosen):
            wanted = f"pictures for the part {self.split!r}"
            raise ValueError(f"`root` must hold {wanted}, got none in {self.folder}")
        return chosen.tolist()
