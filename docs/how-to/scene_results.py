"""Tables and figures of the studies on scenes: each reads its file, or says that there is none."""

import json
from pathlib import Path
from statistics import mean

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
NO_RUN = "No run of {what} has been recorded in `benchmarks/results/{name}.json` yet."
INK = "#1d2330"
# Okabe and Ito's colours, and a shape for each: they differ for every eye and in grey.
KINDS = {
    "image": ("CNN", "o", "#0072B2"),
    "graph": ("superpixels", "s", "#D55E00"),
    "both": ("CNN and superpixels", "D", "#009E73"),
}
LINES = (
    ("#0072B2", "s", "--"),
    ("#D55E00", "^", "-."),
    ("#009E73", "D", ":"),
    ("#CC79A7", "v", "--"),
    ("#56B4E9", "<", "-."),
    ("#E69F00", ">", ":"),
)
SIDES, REACH = ((0, 1), (0, -1), (1, 0), (-1, 0)), (45, 18)  # of a name's middle, in pixels
BASELINES = ("unet", "fcos")
MIB = 2**20


def small(task):
    """Scores and costs of a task on the small scenes."""
    found = _read("scenes")
    if task not in found.get("tasks", {}):
        return _missing("scenes", task)
    part = found["tasks"][task]
    measures, networks = part["task"]["measures"], part["models"]
    heads = ["", *(m["title"] for m in measures), "parameters", "multiply-adds"]
    lines = [
        [
            name,
            *(_with_seeds(row[m["name"]], m) for m in measures),
            f"{row['parameters']:,}",
            f"{row['multiply_adds'] / 1e6:.3g} M",
        ]
        for name, row in networks.items()
    ]
    if task == "edges" and found.get("felzenszwalb"):
        other = found["felzenszwalb"]
        scores = [_text(other["test"].get(m["name"]), m) for m in measures]
        lines.append([f"felzenszwalb, scale {other['scale']:g}", *scores, "", ""])
    settings = part["settings"]
    about = _about(part["dataset"]["name"], part["dataset"]["images"], settings["recipe"])
    about += f", {settings['training']['epochs']} passes, {_seeds(settings['seeds'])}"
    return _table(heads, lines, about)


def curves():
    """The first score on the validation pictures after each pass; the baseline in ink."""
    tasks = {
        name: part
        for name, part in _read("scenes").get("tasks", {}).items()
        if f"validation_{part['task']['measures'][0]['name']}" in _history(part)[0]
    }
    if not tasks:
        print(_missing("scenes", "any task"))
        return None
    rows = -(-len(tasks) // 2)
    fig, axes = plt.subplots(rows, 2, figsize=(9.2, 3.5 * rows), layout="constrained")
    for ax, (task, part) in zip(axes.flatten(), tasks.items(), strict=False):
        _curve(ax, task, part)
    for ax in axes.flatten()[len(tasks) :]:
        ax.set_axis_off()
    return fig


def _history(part):
    return next(iter(part["models"].values()))["runs"][0]["history"]


def _curve(ax, task, part):
    measure = part["task"]["measures"][0]
    key = f"validation_{measure['name']}"
    looks = iter(LINES * 3)
    for name, row in part["models"].items():
        runs = [[_scaled(epoch[key], measure) for epoch in run["history"]] for run in row["runs"]]
        passes = range(1, len(runs[0]) + 1)
        first = name in BASELINES
        colour, mark, line = (INK, "o", "-") if first else next(looks)
        values = [mean(scores) for scores in zip(*runs, strict=True)]
        ax.plot(
            passes, values, marker=mark, ls=line, color=colour, ms=4, lw=2.4 if first else 1.4,
            label=f"{name}, the baseline" if first else name, markevery=max(1, len(passes) // 10),
        )  # fmt: skip
    ax.set(title=task, xlabel="passes over the training pictures", ylabel=_axis(measure))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(frameon=False, fontsize="small")
    _open(ax)


def large(task):
    """Scores of a task on the large scenes, and what training took."""
    rows = _networks(task)
    if not rows:
        return _missing("large_scenes", task)
    first = rows[0]
    shown = [m for m in first["measures"] if m["ranked"]]
    heads = ["", *(m["title"] for m in shown), "nodes", "parameters", "multiply-adds", "passes"]
    lines = [
        [
            row["network"],
            *(_text(row[m["name"]], m) for m in shown),
            f"{row['nodes']:.0f}" if row["nodes"] else "–",
            f"{row['parameters']:,}",
            f"{row['multiply_adds'] / 1e6:,.0f} M",
            str(row["epochs"]),
            f"{row['train_seconds']:,.0f}",
            f"{(row['graph_seconds'] or 0) * row['images']['train']:,.0f}",
        ]
        for row in rows
    ]
    study = _read("large_scenes")["study"]
    recipe = {"n_segments": first["superpixels"]}
    about = _about(study["dataset"], first["images"], recipe)
    side = " × ".join(map(str, first["image_size"]))
    about += f", {side} pixels, training on {_threads(study['threads'])}"
    return _table([*heads, "training, s", "graphs before, s"], lines, about)


def answering(task):
    """Time and memory from the bytes of a picture to the answer."""
    rows = _networks(task)
    times, memory = _costs(task)
    if not rows or not times:
        return _missing("large_scenes", f"the times of {task}")
    batches = sorted({batch for _, batch, _ in times})
    threads = sorted({count for _, _, count in times})
    heads = ["", "superpixels and graph, ms", "network, ms", "answer, ms", "sum, ms"]
    ways = [(batch, count) for batch in batches for count in threads][1:]
    heads += [f"{_at_a_time(batch)}, {_threads(count)}, ms" for batch, count in ways]
    heads += [f"memory, {_at_a_time(batch)}, MiB" for batch in batches]
    rows = [row for row in rows if (row["network"], batches[0], threads[0]) in times]
    lines = []
    for row in rows:
        name = row["network"]
        one = times[name, batches[0], threads[0]]
        quartiles = f"{_ms(one['ms']['q1'])} … {_ms(one['ms']['q3'])}"
        cells = [_ms(one[f"{stage}_ms"]) for stage in ("graph", "network", "answer")]
        cells.append(f"**{_ms(one['ms']['median'])}** ({quartiles})")
        cells += [_ms(times[name, *way]["ms"]["median"]) for way in ways]
        cells += [_mib(memory.get((name, batch))) for batch in batches]
        lines.append([name, *cells, _mib(row["training_step_bytes"])])
    about = (
        f"Milliseconds per picture, median of {one['rounds']} rounds in which the networks take "
    )
    about += f"turns; the first columns: {_at_a_time(batches[0])}, {_threads(threads[0])}"
    return _table([*heads, "memory, training step, MiB"], lines, about)


def score_against_costs(*tasks):
    """The first score against time and against memory, a mark for each network."""
    known = {task: (_networks(task), *_costs(task)) for task in tasks}
    known = {task: parts for task, parts in known.items() if all(parts)}
    if not known:
        print(_missing("large_scenes", "times"))
        return None
    fig, axes = plt.subplots(
        len(known), 2, figsize=(9.4, 3.7 * len(known)), layout="constrained", squeeze=False
    )
    for (left, right), (task, (rows, times, memory)) in zip(axes, known.items(), strict=True):
        ms = {name: row["ms"]["median"] for (name, *way), row in times.items() if way == [1, 1]}
        mib = {name: size / MIB for (name, batch), size in memory.items() if batch == 1}
        _marks(left, task, rows, ms, "time from bytes to answer, ms per picture (1 thread)")
        _marks(right, task, rows, mib, "extra memory of one inference, MiB")
    handles = axes[0, 0].get_legend_handles_labels()
    fig.legend(*handles, loc="outside upper center", ncols=len(KINDS), frameon=False)
    return fig


def _marks(ax, task, rows, places, label):
    measure, seen = rows[0]["measures"][0], set()
    rows = sorted(
        (row for row in rows if row["network"] in places), key=lambda row: places[row["network"]]
    )
    spots = {}
    for row in rows:
        kind, mark, colour = KINDS[row["input_kind"]]
        spot = places[row["network"]], _scaled(row[measure["name"]], measure)
        ax.plot(*spot, mark, color=colour, ms=9, ls="none", label="_" if kind in seen else kind)
        seen.add(kind)
        spots[row["network"]] = spot
    ax.set(xscale="log", title=task, xlabel=label, ylabel=_axis(measure))
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.margins(x=0.3, y=0.22)
    _name(ax, spots)
    _open(ax)


def _name(ax, spots):
    """Names beside marks, each on the side that is farthest from other marks and names."""
    taken = {name: ax.transData.transform(spot) for name, spot in spots.items()}
    for name, spot in spots.items():
        here = taken[name]
        others = [place for other, place in taken.items() if other != name]

        def room(side, here=here, others=others):
            return min((_apart(here + np.multiply(side, REACH), o) for o in others), default=0)

        x, y = max(SIDES, key=room)
        taken[f"name of {name}"] = here + np.multiply((x, y), REACH)
        ax.annotate(
            name, spot, xytext=(9 * x, 9 * y), textcoords="offset points", color=INK, fontsize=9,
            ha={0: "center", 1: "left", -1: "right"}[x],
            va={0: "center", 1: "bottom", -1: "top"}[y],
        )  # fmt: skip


def _apart(a, b):
    """A distance in which names, that are wide and low, are round."""
    return np.hypot((a[0] - b[0]) / 3, a[1] - b[1])


def _read(name):
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def _networks(task):
    """The results of the first seed."""
    rows = _read("large_scenes").get("networks", [])
    return [row for row in rows if (row["task"], row["seed"]) == (task, 0)]


def _costs(task):
    """Times by network, batch and threads; bytes by network and batch."""
    found = _read("large_scenes")
    times = {
        (row["network"], row["batch"], row["threads"]): row
        for row in found.get("times", [])
        if row["task"] == task
    }
    memory = {
        (row["network"], row["batch"]): row["bytes"]
        for row in found.get("memory", [])
        if row["task"] == task
    }
    return times, memory


def _missing(name, what):
    return NO_RUN.format(what=what, name=name)


def _table(heads, lines, about):
    rule = "|---" + "|---:" * (len(heads) - 1) + "|"
    body = [f"| {' | '.join(cells)} |" for cells in lines]
    return "\n".join([f"| {' | '.join(heads)} |", rule, *body, "", about + "."])


def _about(dataset, images, recipe):
    counts = " / ".join(f"{images[split]:,}" for split in ("train", "validation", "test"))
    return (
        f"`{dataset}`, {counts} pictures (training / validation / test), "
        f"{recipe['n_segments']} superpixels where there are such"
    )


def _with_seeds(entry, measure):
    text = _text(entry["mean"], measure)
    return text if entry["sd"] is None else f"{text} ± {_scaled(entry['sd'], measure):.1f}"


def _text(value, measure):
    if value is None:
        return "–"
    return f"{_scaled(value, measure):.1f}" if measure["percent"] else f"{value:.3f}"


def _scaled(value, measure):
    return 100 * value if measure["percent"] else value


def _axis(measure):
    return measure["title"] + (", %" if measure["percent"] else "")


def _mib(size):
    return "–" if size is None else f"{size / MIB:.1f}" if size < 10 * MIB else f"{size / MIB:,.0f}"


def _ms(value):
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _seeds(count):
    return f"{count} seed{'s' if count > 1 else ''}"


def _threads(count):
    return f"{count} thread{'s' if count > 1 else ''}"


def _at_a_time(batch):
    return "one picture" if batch == 1 else f"{batch} at a time"


def _open(ax):
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
