"""Lightning without its advice: what it says about loaders and devices doesn't apply here."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_SAID = (
    r".*does not have many workers.*",
    r".*GPU available but not used.*",
    r".*`isinstance\(treespec, LeafSpec\)` is deprecated.*",
    r"Checkpoint directory .* exists and is not empty.*",
)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Silence messages that are known and have no meaning for data held in memory.

    Other warnings pass. Loggers are put back afterwards.

    Yields:
        Nothing.

    Example:
        >>> with quiet_lightning():
        ...     logging.getLogger("pytorch_lightning").getEffectiveLevel() == logging.ERROR
        True
    """
    loggers = [
        logging.getLogger(name)
        for name in ("pytorch_lightning", "pytorch_lightning.utilities.rank_zero")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for text in _SAID:
                warnings.filterwarnings("ignore", message=text)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
