"""The command line: ``graphvision compare``, ``train``, ``predict`` and ``graph``.

Nothing heavy is imported before a command runs, so that ``graphvision --help`` answers at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from graphvision.cli.asked import TaskCommand, TaskNames


class OneLineError(click.ClickException):
    """Something the user can put right: one line, exit code 2."""

    exit_code = 2


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn errors about input into :class:`OneLineError`.

    Yields:
        Nothing.

    Raises:
        OneLineError: in place of a ValueError, TypeError, OSError, MemoryError or RuntimeError.
    """
    try:
        yield
    except (ValueError, TypeError, OSError, MemoryError, RuntimeError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise OneLineError(text) from None


_accelerator = click.option(
    "--accelerator",
    type=click.Choice(["cpu", "cuda", "auto"]),
    default="cpu",
    help="Where networks run; auto: on CUDA where there is a device.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="graphvision-pyg", prog_name="graphvision")
def main() -> None:
    """Images as graphs: build them, look at them, and compare grid and graph honestly."""


@main.command(cls=TaskCommand)
@click.option("--task", type=TaskNames(), default="classify", help="What is asked.")
@click.option("--models", help="Names with commas between, or 'all'; else some that suit the task.")
@click.option(
    "--dataset",
    help="Name of the data set; else fashion-mini to classify, scenes-single to localize, "
    "scenes-mini for other tasks.",
)
@click.option("--epochs", type=click.IntRange(1), help="Passes over the images, 6 to 12 by task.")
@click.option("--seeds", type=click.IntRange(1), default=3, help="Runs of every model.")
@click.option("--segments", type=click.IntRange(1), help="Superpixels of an image, 75 to 200.")
@click.option("--exact/--about", default=True, help="Exactly as many superpixels as asked for.")
@click.option(
    "--image-size", type=click.IntRange(1), nargs=2, help="Height and width to resize pictures to."
)
@click.option("--root", help="Folder of the data set's files.")
@click.option("--download", is_flag=True, help="Fetch missing files of the data set.")
@click.option("--threads", type=click.IntRange(1), default=1, help="Threads of every run.")
@_accelerator
@click.option(
    "--jobs", type=click.IntRange(1), help="Runs side by side; cores / threads if not given."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("graphvision-report"),
    help="Folder for results.json, report.html, figures and the state of every run.",
)
def compare(**choices: Any) -> None:
    """Train CNNs and graph networks side by side and write a report.

    A comparison that was interrupted goes on at its last finished epoch when it is started again
    with the same options.
    """
    from graphvision.cli.compare import run

    with one_line_errors():
        run(**choices)


@main.command(cls=TaskCommand)
@click.option("--task", type=TaskNames(), required=True, help="What is asked.")
@click.option(
    "--data",
    required=True,
    help="Folder: class/pictures, or images/ and masks/, or COCO's JSON; or a data set's name.",
)
@click.option("--model", help="Name of the model; else one that suits the task.")
@click.option("--epochs", type=click.IntRange(1), help="Passes over the images at most.")
@click.option("--batch-size", type=click.IntRange(1), help="Images per step.")
@click.option("--max-lr", type=click.FloatRange(0, min_open=True), help="Peak learning rate.")
@click.option(
    "--patience", type=click.IntRange(1), help="Stop after so many epochs without a better score."
)
@click.option("--segments", type=click.IntRange(1), help="Superpixels per image, 75 or 200.")
@click.option(
    "--image-size", type=click.IntRange(1), nargs=2, help="Height and width to resize pictures to."
)
@click.option("--threads", type=click.IntRange(1), default=1, help="Threads of every process.")
@_accelerator
@click.option("--devices", type=click.IntRange(1), default=1, help="Processes that share the work.")
@click.option("--strategy", type=click.Choice(["ddp"]), default="ddp", help="How they share it.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("graphvision-model"),
    help="Folder for model.pt, report.html and the state of the training.",
)
def train(strategy: str, **choices: Any) -> None:
    """Train a model on your own pictures and write a report.

    A training that was interrupted goes on at its last finished epoch when it is started again
    with the same options.
    """
    from graphvision.cli.train import run

    with one_line_errors():
        run(**choices)


@main.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("images", type=click.Path(path_type=Path), nargs=-1, required=True)
@_accelerator
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("graphvision-predictions"),
    help="Folder for overlays, masks and predictions.json.",
)
def predict(**choices: Any) -> None:
    """Ask a trained model about pictures: masks, boxes and overlays."""
    from graphvision.cli.predict import run

    with one_line_errors():
        run(**choices)


@main.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--segments", type=click.IntRange(1), help="Superpixels; 75 if not given.")
@click.option("--compactness", type=float, default=10.0, help="High: square regions.")
@click.option("--exact", is_flag=True, help="Exactly as many superpixels as asked for.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the overlay and the graph file; that of the image if not given.",
)
def graph(**choices: Any) -> None:
    """Turn an image file into a graph: facts, an overlay and a graph file."""
    from graphvision.cli.graph import run

    with one_line_errors():
        run(**choices)
