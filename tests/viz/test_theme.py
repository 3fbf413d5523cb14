from graphvision.viz.theme import DARK, LIGHT, colours, dress, new_figure, save_png


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_everything_is_readable():
    """Contrast as WCAG 2 defines it: 3 for marks, 7 for text."""
    for theme in (LIGHT, DARK):
        marks = [(theme.ink, 7.0), *((colour, 3.0) for colour in theme.series)]
        for colour, least in marks:
            low, high = sorted((luminance(theme.paper), luminance(colour)))
            assert (high + 0.05) / (low + 0.05) >= least, (theme.name, colour)


def test_models_keep_apart():
    assert len(set(colours([f"model {i}" for i in range(8)], LIGHT).values())) == 8


def test_png(tmp_path):
    figure = new_figure(DARK, 2, 1)
    dress(figure.subplots(), DARK, title="empty")
    written = save_png(figure, tmp_path / "new" / "figure.png")
    assert written[:4] == b"\x89PNG"
    assert written == (tmp_path / "new" / "figure.png").read_bytes()
    assert figure._repr_png_()[:4] == b"\x89PNG"  # what notebooks ask for
