import gzip
import hashlib

import pytest
import torch

from graphvision.datasets import fashion_mini, fashion_mnist, load
from graphvision.datasets.download import fetch


@pytest.fixture
def folder(tmp_path, idx_bytes):
    """A small Fashion-MNIST: 240 training and 20 test images."""
    made = tmp_path / "source"
    made.mkdir()
    for prefix, count in (("train", 240), ("t10k", 20)):
        images = torch.randint(256, (count, 28, 28), dtype=torch.uint8)
        labels = torch.arange(10).repeat(count // 10).to(torch.uint8)
        for kind, tensor in (("images-idx3", images), ("labels-idx1", labels)):
            packed = gzip.compress(idx_bytes(tensor), mtime=0)
            (made / f"{prefix}-{kind}-ubyte.gz").write_bytes(packed)
    return made


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "SYSTEM_FOLDER", tmp_path / "nowhere")
    monkeypatch.setenv("GRAPHVISION_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "fashion-mnist"


def test_reads_a_folder(folder):
    sizes = {s: len(load("fashion-mnist", s, root=folder)) for s in ("train", "validation", "test")}
    assert sizes == {"train": 220, "validation": 20, "test": 20}
    assert load("fashion-mnist", "validation", root=folder).labels.bincount().tolist() == [2] * 10


def test_never_another_data_set_in_its_place(nowhere):
    with pytest.raises(FileNotFoundError, match=r"Fashion-MNIST must be in .*--download"):
        load("fashion-mnist", "test")


def test_damaged_file_is_an_error(folder):
    path = folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="must be a whole gzip file"):
        load("fashion-mnist", "test", root=folder)


def test_downloads_once_and_checks(folder, nowhere, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "SOURCE", folder.as_uri())
    for file in folder.iterdir():
        digest = hashlib.sha256(gzip.decompress(file.read_bytes())).hexdigest()
        monkeypatch.setitem(fashion_mnist.SHA256, file.stem, digest)
    assert len(load("fashion-mnist", "test", download=True)) == 20
    monkeypatch.setattr(fashion_mnist, "SOURCE", "file:///gone")
    assert len(load("fashion-mnist", "test", download=True)) == 20
    assert sorted(file.name[:11] for file in nowhere.iterdir()) == ["t10k-images", "t10k-labels"]


def test_wrong_content_is_not_kept(folder, nowhere, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "SOURCE", folder.as_uri())
    with pytest.raises(ValueError, match="must have the SHA-256 5b4141f0"):
        load("fashion-mnist", "test", download=True)
    assert list(nowhere.iterdir()) == []


def test_no_network(tmp_path):
    with pytest.raises(ConnectionError, match="couldn't be fetched"):
        fetch((tmp_path / "gone").as_uri(), tmp_path / "target", sha256="0")
    assert not (tmp_path / "target").exists()


@pytest.mark.skipif(
    not fashion_mnist.SYSTEM_FOLDER.is_dir(), reason="needs the package dataset-fashion-mnist"
)
def test_installed_files_have_the_known_content(tmp_path):
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "train-labels-idx1-ubyte"):
        packed = (fashion_mnist.SYSTEM_FOLDER / f"{name}.gz").read_bytes()
        assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == fashion_mnist.SHA256[name]
    fashion_mini.draw(fashion_mnist.SYSTEM_FOLDER, tmp_path / "drawn.npz")
    embedded = fashion_mini.Path(fashion_mini.__file__).parent / "data" / fashion_mini.FILE
    assert (tmp_path / "drawn.npz").read_bytes() == embedded.read_bytes()
