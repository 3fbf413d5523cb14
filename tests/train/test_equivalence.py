from graphvision.train import Data
from graphvision.train.equivalence import equivalence


def test_same_network_twice(settings):
    found = equivalence(Data(settings("lenet5"), progress=False))
    assert found["images"] == 40
    for form in ("lowered", "scatter"):
        for dtype, limit in (("float64", 1e-10), ("float32", 1e-4)):
            assert 0 <= found[form][dtype]["outputs"] <= limit
            assert 0 <= found[form][dtype]["gradients"] <= limit
    assert found["scatter"]["float64"]["outputs"] > 0
