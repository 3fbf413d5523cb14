"""Compiled kernels on disk belong to the sources that made them."""

from graphvision.kernels import _jit
from graphvision.kernels.slic import _numba as slic_kernels


def test_stamp_is_that_of_all_kernel_sources():
    files = [
        kernel._cache._cache_file
        for kernel in (slic_kernels.images, slic_kernels.merge, slic_kernels.assign)
    ]
    assert {file._source_stamp for file in files} == {_jit._fingerprint()}


def test_fingerprint_sees_every_file(tmp_path, monkeypatch):
    folder = tmp_path / "op"
    folder.mkdir()
    monkeypatch.setattr(_jit, "__file__", str(tmp_path / "_jit.py"))
    stamps = []
    for text in ("a = 1", "a = 2"):
        (folder / "_numba.py").write_text(text)
        _jit._fingerprint.cache_clear()
        stamps.append(_jit._fingerprint())
    _jit._fingerprint.cache_clear()
    assert stamps[0] != stamps[1]
