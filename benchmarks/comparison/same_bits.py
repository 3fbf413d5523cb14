"""One epoch of all of Fashion-MNIST: ``lenet5-graph`` ends with the bits of ``lenet5``.

    python benchmarks/comparison/same_bits.py

Both are trained on channels-last images from the same seed; every weight is compared bit by bit.
"""

import argparse
import json
import tempfile
from pathlib import Path

import torch

from graphvision.graphs.atomic import write_json
from graphvision.train import Run, Settings, Training
from graphvision.train.data import Data
from graphvision.train.machine import describe_machine, package_versions
from graphvision.train.run import perform

HERE = Path(__file__).parent


def weights(model: str, settings: Settings, folder: Path) -> dict[str, torch.Tensor]:
    """The weights of a model after the training that ``settings`` describes."""
    run = Run(model, 0, settings)
    perform(run, Data(settings), folder / model)
    state = torch.load(folder / model / "last.ckpt", weights_only=False)["state_dict"]
    return {name: value for name, value in state.items() if value.is_floating_point()}


def main() -> None:
    """Train both and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="fashion-mnist")
    parser.add_argument("--out", type=Path, default=HERE.parent / "results/same_bits.json")
    args = parser.parse_args()
    settings = Settings(dataset=args.dataset, training=Training(epochs=1), threads=1)
    torch.set_num_threads(settings.threads)
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = (weights(m, settings, Path(folder)) for m in ("lenet5-graph", "lenet5"))
    assert ours.keys() == theirs.keys()
    same = {name: bool(torch.equal(ours[name], theirs[name])) for name in ours}
    result = {
        "dataset": args.dataset,
        "epochs": 1,
        "same_bits": same,
        "parameters": sum(v.numel() for v in ours.values()),
        "machine": describe_machine(),
        "versions": package_versions(),
    }
    write_json(args.out, result)
    print(json.dumps(same, indent=1))


if __name__ == "__main__":
    main()
