import re
from html.parser import HTMLParser

import pytest
import torch

import graphvision as gv
from graphvision.graphs import Annotations
from graphvision.viz.answers import AnsweredImage
from graphvision.viz.report import report_html
from graphvision.viz.samples import Sample


class Page(HTMLParser):
    """Collects what a page would load, and whether its elements are closed."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "img", "source", "link"):
            self.open.append(tag)
        wanted = ("src", "href", "srcset")
        self.sources += [value for name, value in attrs if name in wanted]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def samples():
    image = torch.randint(256, (1, 28, 28), dtype=torch.uint8)
    graph = gv.superpixel_graph(image, 20)
    return [Sample(image, "cat", {"lenet5": "dog", "gcn": "cat"}, graph)] * 2


def test_needs_nothing_from_outside(results, samples, tmp_path):
    text = report_html(results, samples, tmp_path)
    page = Page(text)
    assert page.open == []
    assert len(page.sources) == 8
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert not re.search(r"https?://|@import|url\(|<script", text)


def test_figures_are_written_for_light_and_dark(results, samples, tmp_path):
    report_html(results, samples, tmp_path)
    names = sorted(path.stem for path in tmp_path.glob("*.png"))
    kinds = ("confusion", "cost", "curves", "samples")
    assert names == [f"{kind}-{theme}" for kind in kinds for theme in ("dark", "light")]


def test_says_what_it_knows(results, tmp_path):
    text = report_html(results, [], tmp_path)
    for part in ("90.0 ± 1.0", "1.0e-07", "mlp was left out: too small", "10 train, 2 validation"):
        assert part in text
    assert "pets &amp; &lt;friends&gt;" in text
    assert "<friends>" not in text
    assert 'class="alarm"' not in text


def test_broken_floors_are_loud(results, tmp_path):
    results["warnings"] = ["lenet5 reached 50 %"]
    assert '<section class="alarm">lenet5 reached 50 %</section>' in report_html(
        results, [], tmp_path
    )


def test_a_page_of_another_task(counts, tmp_path):
    text = report_html(counts, [], tmp_path)
    assert sorted(path.stem for path in tmp_path.glob("*-light.png")) == [
        "cost-light",
        "curves-light",
    ]
    assert "Mean absolute error against cost" in text
    assert "Down and to the left is better" in text
    assert "<b>0.850 ± 0.010</b><span>test mean absolute error, mean ± sd</span>" in text
    assert "ccuracy" not in text


def test_answers_are_drawn_over_images(counts, tmp_path):
    truth = Annotations((8, 8), semantic=torch.ones(1, 8, 8, dtype=torch.int64))
    image = torch.zeros(1, 8, 8, dtype=torch.uint8)
    text = report_html(counts, [AnsweredImage(image, truth, {"gcn": truth})], tmp_path)
    assert "Images, graphs, answers" in text
    assert (tmp_path / "samples-dark.png").is_file()


def test_edge_cases(results, tmp_path):
    """One model, one seed, one epoch, no equivalence."""
    row = results["models"]["gcn"]
    row["runs"] = row["runs"][:1]
    row["runs"][0]["history"] = row["runs"][0]["history"][:1]
    for score in ("accuracy", "precision", "recall", "f1", "train_seconds", "images_per_second"):
        row[score]["sd"] = None
    results |= {"models": {"gcn": row}, "equivalence": None, "left_out": {}}
    text = report_html(results, [], tmp_path)
    assert "±" not in text.replace("mean ± sd", "")
