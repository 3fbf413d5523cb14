import copy

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

import graphvision as gv
from graphvision.datasets import load
from graphvision.models import create

IMAGES = torch.randn(12, 1, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(12) % 3
QUICK = {"epochs": 2, "batch_size": 4, "learning_rate": 1e-2}


class SmallNet(nn.Module):
    """Two convolutions with norms and dropout, one linear layer: three blocks."""

    def __init__(self, outputs=4):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3)
        self.stage = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.2))
        self.fc = nn.Linear(64, outputs)

    def forward(self, x):
        x = F.relu(self.stage(F.relu(self.bn1(self.conv1(x)))))
        return self.fc(x.flatten(1))


class PlainNet(nn.Module):
    """Small enough to be trained by hand."""

    def __init__(self, outputs=3):
        super().__init__()
        self.conv, self.hidden = nn.Conv2d(1, 2, 3), nn.Linear(72, 5)
        self.fc = nn.Linear(5, outputs)

    def forward(self, x):
        return self.fc(torch.tanh(self.hidden(torch.tanh(self.conv(x)).flatten(1))))


@pytest.fixture
def net():
    torch.manual_seed(1)
    net = SmallNet()
    with torch.no_grad():  # running statistics that are no longer 0 and 1
        net(torch.randn(16, 1, 8, 8))
    return net


@pytest.fixture
def plain():
    torch.manual_seed(2)
    return PlainNet().double()


def moved(before, after):
    """Names of what differs in two networks' states."""
    old, new = before.state_dict(), after.state_dict()
    assert old.keys() == new.keys()
    same_shape = {name for name in old if old[name].shape == new[name].shape}
    return {n for n in old if n not in same_shape or not torch.equal(old[n], new[n])}


def by_hand(net, images, labels):
    """Accuracy one image at a time."""
    net.eval()
    with torch.no_grad():
        right = [
            net(i[None]).argmax().item() == int(k) for i, k in zip(images, labels, strict=True)
        ]
    return sum(right) / len(right)


@pytest.mark.parametrize("retrain", ["head", "rest", "none"])
@pytest.mark.parametrize("keep", [0, 1, 2])
def test_what_is_kept_does_not_move_and_the_rest_does(net, keep, retrain):
    tuned = gv.fine_tune(net, (IMAGES, LABELS), keep=keep, retrain=retrain, **QUICK)
    groups = ({"conv1", "bn1"}, {"stage"}, {"fc"})
    trained = set().union(*groups[keep:])
    assert moved(net, tuned.model) == {
        name for name in net.state_dict() if name.partition(".")[0] in trained
    }
    assert tuned.frozen == ("conv1+bn1", "stage")[:keep]
    weights = dict(tuned.model.named_parameters())
    assert {n.partition(".")[0] for n, w in weights.items() if w.requires_grad} == trained
    assert tuned.trainable == sum(w.numel() for w in weights.values() if w.requires_grad)


def test_kept_norms_and_dropout_compute_as_in_evaluation(net):
    """With both stages kept, training the head is regression on fixed features."""
    net = net.double()
    images = IMAGES.double()
    settings = {"keep": 2, "retrain": "none", "epochs": 5, "batch_size": 12}
    tuned = gv.fine_tune(net, (images, LABELS), learning_rate=0.05, **settings)
    hand = copy.deepcopy(net).eval()
    optimiser = torch.optim.Adam(hand.fc.parameters(), lr=0.05)
    for epoch in range(1, 6):
        loss = F.cross_entropy(hand(images), LABELS)
        assert tuned.curve[epoch].loss == pytest.approx(loss.item(), rel=1e-10)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    torch.testing.assert_close(tuned.model.fc.weight, hand.fc.weight, rtol=1e-9, atol=1e-12)


def test_every_block_has_its_rate(plain):
    images, rate = IMAGES.double(), 0.02
    tuned = gv.fine_tune(
        plain, (images, LABELS), keep=0, retrain="none", learning_rate=rate, decay=0.5,
        epochs=4, batch_size=12,
    )  # fmt: skip
    assert tuned.rates == {"conv": rate / 4, "hidden": rate / 2, "fc": rate}
    # Adam in plain words, each layer with its own rate.
    hand = copy.deepcopy(plain)
    rates = {"conv": rate / 4, "hidden": rate / 2, "fc": rate}
    first = {n: torch.zeros_like(w) for n, w in hand.named_parameters()}
    second = {n: torch.zeros_like(w) for n, w in hand.named_parameters()}
    for step in range(1, 5):
        hand.zero_grad()
        F.cross_entropy(hand(images), LABELS).backward()
        with torch.no_grad():
            for n, w in hand.named_parameters():
                first[n] = 0.9 * first[n] + 0.1 * w.grad
                second[n] = 0.999 * second[n] + 0.001 * w.grad**2
                mean, square = first[n] / (1 - 0.9**step), second[n] / (1 - 0.999**step)
                w -= rates[n.partition(".")[0]] * mean / (square.sqrt() + 1e-8)
    for (name, ours), theirs in zip(tuned.model.named_parameters(), hand.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-10, msg=name)


@pytest.mark.parametrize("retrain", ["head", "rest", "none"])
@pytest.mark.parametrize("twin", [False, True])
def test_forgetting_is_that_of_an_evaluation_by_hand(net, retrain, twin):
    first = torch.randn(40, 1, 8, 8, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        answers = net.eval()(first).argmax(1)
    answers[::4] = (answers[::4] + 1) % 4  # the network is right on three quarters
    given = gv.graphify(net, first[:1]) if twin else net
    tuned = gv.fine_tune(
        given, (IMAGES, LABELS), keep=1, retrain=retrain, first_task=(first, answers),
        test=(IMAGES[:5], LABELS[:5]), **QUICK,
    )  # fmt: skip
    assert tuned.before.first_accuracy == by_hand(net, first, answers) == 0.75
    after = tuned.model.state_dict()
    hand = copy.deepcopy(net)
    if retrain != "none":
        after = {name: value for name, value in after.items() if not name.startswith("fc.")}
    hand.load_state_dict(after, strict=False)
    assert tuned.after.first_accuracy == by_hand(hand, first, answers)
    assert tuned.forgotten == 0.75 - tuned.after.first_accuracy
    assert tuned.after.accuracy == by_hand(tuned.model, IMAGES[:5], LABELS[:5])


def test_nothing_is_forgotten_where_only_a_new_head_learns(net):
    first = (torch.randn(20, 1, 8, 8), torch.arange(20) % 4)
    tuned = gv.fine_tune(net, (IMAGES, LABELS), keep=2, first_task=first, **QUICK)
    assert tuned.forgotten == 0.0
    assert [entry.first_accuracy for entry in tuned.curve] == [tuned.before.first_accuracy] * 3


def test_the_twin_of_messages_is_tuned_to_the_same_bits():
    torch.manual_seed(0)
    cnn = create("lenet5")
    twin = gv.graphify(cnn, torch.zeros(1, 1, 28, 28))
    data = (torch.rand(8, 1, 28, 28), torch.arange(8) % 2)
    ours, theirs = (gv.fine_tune(m, data, keep=1, decay=0.5, **QUICK) for m in (twin, cnn))
    assert moved(theirs.model, ours.model) == set()
    assert ours.frozen == theirs.frozen == ("conv1",)
    assert ours.rates == theirs.rates


def test_the_twin_learns_from_image_graphs():
    images = torch.rand(6, 1, 28, 28)
    graphs = [gv.superpixel_graph(image, n_segments=8) for image in images]
    task = (graphs, torch.arange(6) % 2)
    tuned = gv.fine_tune(create("lenet5-graph"), task, keep=2, test=task, **QUICK)
    assert tuned.model(graphs[0]).shape == (1, 2)
    assert tuned.after.loss != tuned.curve[1].loss


def test_the_rest_begins_with_weights_that_know_nothing(net):
    other = copy.deepcopy(net)
    with torch.no_grad():
        for module in (other.stage, other.fc):
            for weight in module.parameters():
                weight.add_(1.0)
        other.stage[1].running_mean.add_(5.0)
    data = (IMAGES, LABELS)
    ours, theirs = (gv.fine_tune(m, data, keep=1, retrain="rest", **QUICK) for m in (net, other))
    assert moved(ours.model, theirs.model) == set()
    kept, changed = (gv.fine_tune(m, data, keep=1, **QUICK) for m in (net, other))
    assert "stage.0.weight" in moved(kept.model, changed.model)


def test_head_has_an_output_per_class(net):
    assert gv.fine_tune(net, (IMAGES, LABELS), keep=2, **QUICK).model.fc.out_features == 3
    wider = gv.fine_tune(net, (IMAGES, LABELS), test=(IMAGES, LABELS + 3), keep=2, **QUICK)
    assert wider.model(IMAGES).shape == (12, 6)
    same = gv.fine_tune(net, (IMAGES, LABELS), keep=2, retrain="none", **QUICK)
    assert same.model(IMAGES).shape == (12, 4)


def test_a_data_set_brings_its_pixels_and_classes():
    few = load("fashion-mini", "train").subset(torch.arange(6))
    pair = (few.images / 255, few.labels)
    net = create("lenet5")
    ours = gv.fine_tune(net, few, keep=3, **QUICK)
    assert ours.model.fc3.out_features == 10
    same = [gv.fine_tune(net, d, keep=3, retrain="none", **QUICK) for d in (few, pair)]
    assert moved(same[0].model, same[1].model) == set()


def test_the_seed_decides_and_nothing_outside_changes(net):
    net.train()
    net.stage[1].eval()
    before = copy.deepcopy(net.state_dict())
    state = torch.random.get_rng_state()
    ours, again = (gv.fine_tune(net, (IMAGES, LABELS), keep=0, **QUICK) for _ in range(2))
    other = gv.fine_tune(net, (IMAGES, LABELS), keep=0, seed=1, **QUICK)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(v, before[n]) for n, v in net.state_dict().items())
    assert net.training
    assert not net.stage[1].training
    assert ours.curve == again.curve
    assert moved(ours.model, again.model) == set()
    assert moved(ours.model, other.model) >= {"fc.weight", "conv1.weight"}


def test_a_frozen_network_can_be_tuned_again(net):
    once = gv.fine_tune(net, (IMAGES, LABELS), keep=2, **QUICK).model
    twice = gv.fine_tune(once, (IMAGES, LABELS), keep=0, retrain="none", **QUICK).model
    assert "conv1.weight" in moved(once, twice)


def test_it_learns(net):
    bright = torch.cat([IMAGES[:6] - 1, IMAGES[6:] + 1])
    task = (bright, (torch.arange(12) >= 6).long())
    tuned = gv.fine_tune(net, task, test=task, keep=1, epochs=20, learning_rate=2e-2)
    assert len(tuned.curve) == 21
    assert tuned.curve[0].loss is None
    assert tuned.after.accuracy > 0.9
    assert tuned.after.loss < 0.5 * tuned.curve[1].loss
    assert tuned.after.first_accuracy is tuned.forgotten is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keep": -1}, r"`keep` must be in 0…2, as the last of .*conv1\+bn1, stage, fc.*, got -1"),
        ({"keep": 3}, "`keep` must be in 0…2, .* got 3"),
        ({"keep": 7}, "`keep` must be in 0…2, .* got 7"),
        ({"retrain": "tail"}, r"`retrain` must be one of \['head', 'rest', 'none'\], got 'tail'"),
        ({"learning_rate": 0.0}, "`learning_rate` must be above 0, got 0.0"),
        ({"decay": 0.0}, "`decay` must be above 0 and at most 1, got 0.0"),
        ({"decay": 1.5}, "`decay` must be above 0 and at most 1, got 1.5"),
        ({"epochs": 0}, "`epochs` must be at least 1, got 0"),
        ({"batch_size": 0}, "`batch_size` must be at least 1, got 0"),
        ({"depth": 0}, "`depth` must be at least 1, got 0"),
        ({"data": (IMAGES[:0], LABELS[:0])}, "`data` must have one label .* got 0 inputs and 0"),
        ({"data": (IMAGES, LABELS - 1)}, "`data` must have labels that are at least 0, got -1"),
        ({"data": (IMAGES, LABELS + 2), "retrain": "none"}, "`data` must .* 0…3, got 4"),
        ({"test": (IMAGES, LABELS + 2), "retrain": "none"}, "`test` must .* 0…3, got 4"),
        ({"first_task": (IMAGES, LABELS + 2)}, "`first_task` must have labels in 0…3, got 4"),
    ],
)
def test_errors(net, change, message):
    settings = {"data": (IMAGES, LABELS), "keep": 1} | change
    with pytest.raises(ValueError, match=message):
        gv.fine_tune(net, settings.pop("data"), **settings)


def test_networks_that_cannot_be_tuned(net):
    class Raw(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2, 64))

        def forward(self, x):
            return x.flatten(1) @ self.weight.T

    data = (IMAGES, LABELS)
    with pytest.raises(ValueError, match=r"`model` must have parameters .* got none"):
        gv.fine_tune(nn.Flatten(), data, keep=0)
    with pytest.raises(ValueError, match=r"must end in a torch.nn.Linear .* got Conv2d '1'"):
        gv.fine_tune(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(2, 3, 6)), data, keep=0)
    with pytest.raises(ValueError, match=r"`reset_parameters` .* got Raw '0'"):
        gv.fine_tune(nn.Sequential(Raw(), nn.Linear(2, 2)), data, keep=0, retrain="rest")
