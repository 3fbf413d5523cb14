"""The report: one HTML file with everything in it."""

import base64
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from graphvision.viz.drawings import Drawing, Samples, drawings
from graphvision.viz.headline import headline
from graphvision.viz.measures import measures_of
from graphvision.viz.page import PAGE, STYLE
from graphvision.viz.table import columns, table_rows
from graphvision.viz.theme import DARK, LIGHT, THEMES, colours, save_png


def report_html(results: dict[str, Any], samples: Samples, figures: Path) -> str:
    """Draw the figures and put the page together.

    Args:
        results: the content of ``results.json``.
        samples: test images to show, may be empty.
        figures: folder for the figures as PNG files, for light and dark pages.

    Returns:
        A page that needs no other file and no network.
    """
    parts = [_header(results), _alarms(results["warnings"]), _tiles(results), _table(results)]
    parts.append(_equivalence(results["equivalence"]))
    parts += [_figure(figures, drawing) for drawing in drawings(results, samples)]
    parts.append(_small_print(results))
    title = f"graphvision · {results['dataset']['name']}"
    return PAGE.format(title=escape(title), style=STYLE, body="\n".join(filter(None, parts)))


def _header(results: dict[str, Any]) -> str:
    data, settings = results["dataset"], results["settings"]
    counts = ", ".join(f"{count:,} {split}" for split, count in data["images"].items())
    height, width = data["image_size"]
    return (
        f"<header><h1>Grid or graph? {escape(data['name'])}</h1>"
        f'<p class="soft">Task: {escape(results["task"]["name"])} · {counts} images of '
        f"{height}×{width} pixels, {len(data['classes'])} classes · "
        f"{settings['training']['epochs']} epochs · {settings['seeds']} "
        f"seed{'s' if settings['seeds'] > 1 else ''} per model · same splits, same training</p>"
        f'<p class="lead">{escape(headline(results))}</p></header>'
    )


def _alarms(warnings: Sequence[str]) -> str:
    return "".join(f'<section class="alarm">{escape(text)}</section>' for text in warnings)


def _tiles(results: dict[str, Any]) -> str:
    measure, models = measures_of(results)[0], results["models"]
    tones = colours(models, LIGHT)
    several = any(row[measure.name]["sd"] is not None for row in models.values())
    label = f"test {measure.phrase}{', mean ± sd' if several else ''}"
    tiles = (
        f'<div class="tile" style="--tone:{tones[name]}">{escape(name)}'
        f"<b>{measure.value(row[measure.name])}</b><span>{escape(label)}</span></div>"
        for name, row in models.items()
    )
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _table(results: dict[str, Any]) -> str:
    rows = table_rows(results)
    head = "".join(f"<th>{escape(name)}</th>" for name, _ in rows)
    body = ""
    for place, column in enumerate(columns(results)):
        row = "".join(
            f"<td{' class=best' if best else ''}>{escape(text)}</td>"
            for text, best in (cells[place] for _, cells in rows)
        )
        body += f"<tr><td>{escape(column.heading)}</td>{row}</tr>"
    left_out = "".join(
        f'<p class="soft">{escape(name)} was left out: {escape(reason)}</p>'
        for name, reason in results["left_out"].items()
    )
    return (
        "<section><h2>Every model, every cost</h2>"
        '<p class="soft">The test images were looked at once per run, after training. '
        "No choice was made on them. Peak memory is that of training steps, in a process of its "
        "own, above what the imports need.</p>"
        f'<div class="scroll"><table><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{left_out}</section>"
    )


def _equivalence(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    names = {"lowered": "lowered to convolutions", "scatter": "gather and scatter (lower=False)"}
    rows = "".join(
        f"<tr><td>{label}, {kind}</td><td>{_difference(values['outputs'])}</td>"
        f"<td>{_difference(values['gradients'])}</td></tr>"
        for form, label in names.items()
        for kind, values in found[form].items()
    )
    return (
        "<section><h2>The same network twice</h2>"
        '<p class="soft">lenet5-graph is LeNet-5 written as message passing. With the same weights '
        f"on {found['images']} test images, the largest difference max|a − b| / max|b| is:</p>"
        '<div class="scroll"><table><thead><tr><th>form</th><th>outputs</th><th>gradients</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div></section>"
    )


def _difference(value: float) -> str:
    return f"{value:.1e}" if value else "none, the same bits"


def _figure(folder: Path, drawing: Drawing) -> str:
    images = {
        theme.name: base64.b64encode(
            save_png(drawing.draw(theme), folder / f"{drawing.name}-{theme.name}.png")
        ).decode()
        for theme in THEMES
    }
    data, title = "data:image/png;base64,", escape(drawing.title)
    return (
        f'<section><h2>{title}</h2><p class="soft">{escape(drawing.text)}</p><picture>'
        f'<source media="(prefers-color-scheme: dark)" srcset="{data}{images[DARK.name]}">'
        f'<img alt="{title}" src="{data}{images[LIGHT.name]}"></picture></section>'
    )


def _small_print(results: dict[str, Any]) -> str:
    facts = {key: results[key] for key in ("settings", "versions", "machine", "dataset")}
    return (
        "<section><details><summary>Settings, versions, machine</summary>"
        f"<pre>{escape(json.dumps(facts, indent=1))}</pre></details></section>"
    )
