"""Fine-tuning."""

from __future__ import annotations

from dlx.contracts.transfer import Transfer


class Finetune(Transfer):
    """Start from the weights of another run and train all of them (Yosinski et al. 2014, the networks AnB+).

    Layers that the source does not have, has in another shape, or has for other classes start from the initializer.
    After training, `source/test/...` has the metrics of the source's own test split: the network of the source is
    evaluated again with the weights that were copied in place of its own, so that an output layer which was not copied
    is still that of the source. `init/source/test/...` are the same metrics before training.

    Example:
        dlx train transfer=finetune transfer.source=outputs/runs/2026-01-01/12-00-00-0a1b2c3d
    """
