import logging
import warnings

import pytest

from graphvision.train.quiet import quiet_lightning


def test_only_known_messages_are_silenced():
    with quiet_lightning():
        warnings.warn("The 'val_dataloader' does not have many workers which may", stacklevel=1)
        with pytest.warns(UserWarning, match="something else"):
            warnings.warn("something else", stacklevel=1)


def test_loggers_are_put_back():
    logger = logging.getLogger("pytorch_lightning")
    before = logger.level
    with quiet_lightning():
        assert logger.level == logging.ERROR
    assert logger.level == before
