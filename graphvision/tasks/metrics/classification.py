"""Scores of classes: one label per element, or several."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.tasks.metrics.average_precision import average_precision
from graphvision.tasks.metrics.confusion import confusion_matrix
from graphvision.tasks.metrics.score import AbstractScore, harmonic, mean, ratio


def _mean_precision(logits: Tensor, positive: Tensor) -> float:
    """Mean of the columns' average precision, over those with a positive."""
    columns = [k for k in range(positive.shape[1]) if bool((positive[:, k] == 1).any())]
    values = [average_precision(logits[:, k], positive[:, k]) for k in columns]
    return sum(values) / max(len(values), 1)


class ClassificationScore(AbstractScore):
    """Accuracy, top-k accuracy, macro precision, recall, F1 and average precision.

    Macro: means over the classes that occur in the truth or in the predictions; average precision
    (each class against the others) over those in the truth. The predicted class is the largest
    logit, the first of equal ones. It keeps all logits.

    Args:
        classes: how many.
        top: k of the top-k accuracy.

    Example:
        >>> score = ClassificationScore(3, top=2)
        >>> score.update(torch.eye(3), torch.tensor([0, 1, 1]))
        >>> {name: round(value, 3) for name, value in score.compute().items()}
        {'accuracy': 0.667, 'top2': 0.667, 'precision': 0.667, 'recall': 0.5, 'f1': 0.556,
         'average_precision': 0.917}

    Source:
        The oracle is scikit-learn (``test_matches_oracle``).
    """

    def __init__(self, classes: int, *, top: int = 5) -> None:
        super().__init__()
        self.classes, self.top = classes, top
        self.add(
            confusion=torch.zeros(classes, classes, dtype=torch.long),
            top=torch.zeros((), dtype=torch.long),
        )
        self.keep(logits=torch.zeros(0, classes), labels=torch.zeros(0, dtype=torch.long))

    def update(self, logits: Float[Tensor, "n k"], labels: Int[Tensor, " n"]) -> None:
        """Take in elements.

        Args:
            logits: one row per element, or any scores that rank the classes.
            labels: the true classes, -1 of elements that don't count.

        Raises:
            ValueError: a class is out of range.
        """
        logits, labels = logits[labels != -1], labels[labels != -1]
        self.add(confusion=confusion_matrix(logits.argmax(1), labels, self.classes))
        own = logits.gather(1, labels[:, None])
        earlier = torch.arange(self.classes, device=labels.device) < labels[:, None]
        rank = ((logits > own) | ((logits == own) & earlier)).sum(1)
        self.add(top=(rank < self.top).sum())
        self.keep(logits=logits, labels=labels)

    @property
    def confusion(self) -> Int[Tensor, "k k"]:
        """Counts by true class (rows) and predicted class (columns)."""
        return self.sums["confusion"]

    def compute(self) -> dict[str, float]:
        """The scores by name, 0 where no element was counted."""
        both, true, predicted = (
            self.confusion.diagonal(),
            self.confusion.sum(1),
            self.confusion.sum(0),
        )
        precision, recall = ratio(both, predicted), ratio(both, true)
        used, count = true + predicted > 0, true.sum()
        one_hot = torch.nn.functional.one_hot(self.kept("labels"), self.classes)
        return {
            "accuracy": float(ratio(both.sum(), count)),
            f"top{self.top}": float(ratio(self.sums["top"], count)),
            "precision": mean(precision, used),
            "recall": mean(recall, used),
            "f1": mean(harmonic(precision, recall), used),
            "average_precision": _mean_precision(self.kept("logits"), one_hot),
        }


class MultiLabelScore(AbstractScore):
    """Mean average precision, micro and macro F1 of elements with any number of labels.

    Macro F1 is over the labels that occur in the truth or in the predictions, mean average
    precision over those in the truth. It keeps all logits.

    Args:
        classes: how many labels.
        threshold: labels with a larger logit are predicted.

    Example:
        >>> score = MultiLabelScore(2)
        >>> score.update(torch.tensor([[2.0, -1.0], [1.0, 3.0]]), torch.tensor([[1, 0], [0, 1]]))
        >>> {name: round(value, 3) for name, value in score.compute().items()}
        {'mean_average_precision': 1.0, 'micro_f1': 0.8, 'macro_f1': 0.833}

    Source:
        The oracle is scikit-learn (``test_matches_oracle``).
    """

    def __init__(self, classes: int, *, threshold: float = 0.0) -> None:
        super().__init__()
        self.classes, self.threshold = classes, threshold
        self.add(counts=torch.zeros(3, classes, dtype=torch.long))
        self.keep(logits=torch.zeros(0, classes), target=torch.zeros(0, classes, dtype=torch.long))

    def update(self, logits: Float[Tensor, "n k"], target: Int[Tensor, "n k"]) -> None:
        """Take in elements.

        Args:
            logits: one row per element, one column per label.
            target: 1, 0, or -1 where not known, which doesn't count.
        """
        predicted, true = (logits > self.threshold) & (target != -1), target == 1
        self.add(counts=torch.stack([m.sum(0) for m in (predicted & true, predicted, true)]))
        self.keep(logits=logits, target=target.long())

    def compute(self) -> dict[str, float]:
        """The scores by name, 0 where no label occurs."""
        counts = self.sums["counts"]
        both, either = 2 * counts[0], counts[1] + counts[2]
        return {
            "mean_average_precision": _mean_precision(self.kept("logits"), self.kept("target")),
            "micro_f1": float(ratio(both.sum(), either.sum())),
            "macro_f1": mean(ratio(both, either), either > 0),
        }
