import numpy as np

from graphvision.viz.theme import DARK, LIGHT, class_colour, colours, dress, new_figure, save_png


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
    assert save_png(figure, tmp_path / "new" / "figure.png")[:4] == b"\x89PNG"


# What dichromats see of linear RGB: Machado, Oliveira and Fernandes, "A physiologically-based model
# for simulation of color vision deficiency", 2009, severity 1.
VISION = {
    "full": np.eye(3),
    "no red": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.052]],
    "no green": [[0.3673, 0.8606, -0.228], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.969]],
    "no blue": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}


def lab(linear):
    """CIE L*a*b*, D65, in which about 2.3 is just seen as a difference."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    relative = np.clip(linear, 0, 1) @ xyz.T / xyz.sum(1)
    root = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def test_classes_keep_apart_for_every_eye():
    rgb = np.array([class_colour(i) for i in range(10)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for eye, matrix in VISION.items():
        seen = lab(linear @ np.array(matrix).T)
        apart = np.linalg.norm(seen[:, None] - seen, axis=2) + 1e9 * np.eye(10)
        assert apart.min() > 5 * 2.3, eye


def test_further_classes_have_colours_of_their_own():
    assert len({class_colour(i) for i in range(40)}) == 40
    assert all(0 <= part <= 1 for i in range(40) for part in class_colour(i))
