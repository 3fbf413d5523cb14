import pytest
import torch

from graphvision.train.metrics import classification_metrics


def test_matches_oracle():
    oracle = pytest.importorskip("sklearn.metrics")
    logits, labels = torch.randn(200, 5), torch.randint(5, (200,))
    predicted = logits.argmax(1)
    found = classification_metrics(logits, labels)
    precision, recall, f1, _ = oracle.precision_recall_fscore_support(
        labels, predicted, average="macro"
    )
    expected = (oracle.accuracy_score(labels, predicted), precision, recall, f1)
    got = [found[name] for name in ("accuracy", "precision", "recall", "f1")]
    assert got == pytest.approx(expected, abs=1e-6)
    assert found["confusion"] == oracle.confusion_matrix(labels, predicted).tolist()
