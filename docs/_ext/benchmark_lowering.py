"""What lowering saves, a line per form of a layer: plain against lowered against the limit."""

from benchmark_growth import as_svg

TIMES = ("plain, ms", "lowered, ms", "plain / lowered", "limit, ms")
HEADS = ("", *TIMES, "plain, MiB", "lowered, MiB")
MARKS = {"plain": ("s", "#d9541e"), "lowered": ("o", "#2563c9"), "limit": ("|", "#1d2330")}


def chosen(found, text, threads):
    """The measurements that the lines of a directive name.

    A line is ``label | group/case | lowered | plain | limit``. The last three name providers; the
    one of the kind ours, reference or limit that comes first stands where a line leaves them out.
    """
    rows = {
        f"{row['group']}/{row['case']}": row
        for row in found["rows"]
        if row["threads"] == threads and not row["at"]
    }
    lines = [[part.strip() for part in line.split("|")] for line in text if line.strip()]
    return [_picked(rows.get(line[1]), *(line + [""] * 3)[:5]) for line in lines]


def rows_of(picked):
    """The measured rows among what was chosen."""
    return [line["row"] for line in picked if line["row"]]


def _picked(row, label, key, *wanted):
    providers = row["providers"] if row else {}
    kinds = {"lowered": "ours", "plain": "reference", "limit": "limit"}
    entries = {}
    for (part, kind), name in zip(kinds.items(), wanted, strict=True):
        of_kind = [n for n, entry in providers.items() if entry["kind"] == kind]
        entries[part] = providers.get(name or next(iter(of_kind), ""), {})
    return {"label": label, "key": key, "row": row, "entries": entries}


def table(picked):
    """The measurements as Markdown, and how to get those that are missing."""
    lines = [f"| {' | '.join(HEADS)} |", "|---" + "|---:" * (len(HEADS) - 1) + "|"]
    lines += [f"| {' | '.join(_cells(line))} |" for line in picked]
    missing = [line for line in picked if not line["row"]]
    names = ", ".join(dict.fromkeys(line["key"].partition("/")[0] for line in missing))
    note = f"Not in the recorded run yet, hence without numbers: {names}." if missing else ""
    return "\n".join([*lines, "", note])


def _cells(line):
    plain, lowered, limit = (line["entries"][part] for part in ("plain", "lowered", "limit"))
    both = _ms(plain), _ms(lowered)
    quotient = f"{both[0] / both[1]:.1f}" if None not in both else ""
    times = [_text(_ms(entry), ".3g") for entry in (plain, lowered)]
    memory = [_text(_mib(entry), ".1f") for entry in (plain, lowered)]
    return [line["label"], *times, quotient, _text(_ms(limit), ".3g"), *memory]


def _ms(entry):
    return entry["ms"]["median"] if "ms" in entry else None


def _mib(entry):
    return entry["extra_bytes"] / 2**20 if "extra_bytes" in entry else None


def _text(value, form):
    return "–" if value is None else f"{value:{form}}"


def drawn_lowering(picked):
    """Times on a logarithmic axis as SVG text, or nothing where nothing was measured."""
    lines = [line for line in picked if _ms(line["entries"]["lowered"]) is not None]
    if not lines:
        return ""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 0.9 + 0.42 * len(lines)), layout="constrained")
    plot = figure.subplots()
    for height, line in enumerate(reversed(lines)):
        times = {part: _ms(line["entries"][part]) for part in MARKS}
        known = {part: ms for part, ms in times.items() if ms is not None}
        plot.plot([min(known.values()), max(known.values())], [height] * 2, color="#c9ced8")
        for part, ms in known.items():
            shape, colour = MARKS[part]
            label = part if part not in plot.get_legend_handles_labels()[1] else None
            plot.plot(ms, height, shape, color=colour, ms=9, mew=2, ls="none", label=label)
    plot.set(xscale="log", xlabel="ms per call", yticks=range(len(lines)))
    plot.set_ylim(-0.6, len(lines) - 0.4)
    plot.xaxis.set_major_formatter("{x:g}")
    plot.set_yticklabels([line["label"] for line in reversed(lines)])
    figure.legend(loc="outside upper center", ncols=len(MARKS), frameon=False)
    return as_svg(figure)
