"""TensorBoard event files in the folder of the run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams as hparams_summary

from dlx.contracts.logger import Logger
from dlx.files import write_whole

if TYPE_CHECKING:
    from dlx.nn.layer_table import LayerRow


class TensorBoard(Logger):
    """Writes scalars, histograms, pictures and the HPARAMS tab; `dlx board` shows them.

    Args:
        folder: the folder of the run.
        resumed_step: the training step that a resumed run continues from; later values are hidden.
    """

    def __init__(self, folder: Path, resumed_step: int | None = None) -> None:
        purge = None if resumed_step is None else resumed_step + 1
        for events in folder.glob("events.out.tfevents.*") if resumed_step is not None else ():
            drop_final(events)
        self._writer: Any = SummaryWriter(str(folder), purge_step=purge)

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Add scalars."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def draw(self, histograms: Mapping[str, np.ndarray], pictures: Mapping[str, np.ndarray], step: int) -> None:
        """Add histograms and pictures."""
        for name, array in histograms.items():
            self._writer.add_histogram(name, array, step)
        for name, array in pictures.items():
            self._writer.add_image(name, array, step, dataformats="HWC")

    def hyperparameters(self, hparams: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """Add a row to the HPARAMS tab."""
        for summary in hparams_summary(dict(hparams), dict(metrics)):
            self._writer.file_writer.add_summary(summary)

    def graph(self, layers: Sequence[LayerRow]) -> None:
        """Add the network to the GRAPHS tab: a node for each layer, grouped by the modules that hold them."""
        from tensorboard.compat.proto.graph_pb2 import GraphDef
        from tensorboard.compat.proto.node_def_pb2 import NodeDef

        nodes = [NodeDef(name="inputs", op="Inputs")]
        for layer in layers:
            if layer.shape is None:
                continue
            node = NodeDef(name=path(layer.name), op=layer.kind, input=[*map(path, layer.takes)] or ["inputs"])
            said = f"output {list(layer.shape)}, {layer.parameters} parameters, {layer.flops} FLOPs"
            node.attr["layer"].s = said.encode()
            sizes = node.attr["_output_shapes"].list.shape.add()
            for size in (-1, *layer.shape):
                sizes.dim.add().size = size
            nodes.append(node)
        event = Event(graph_def=GraphDef(node=nodes).SerializeToString(), wall_time=time.time())
        self._writer.file_writer.add_event(event)

    def flush(self) -> None:
        """Write what is pending to the file."""
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


def path(name: str) -> str:
    """Return the name of a layer as a path, by whose segments TensorBoard groups: `hidden.0.2` -> `hidden/0/2`."""
    return name.replace(".", "/")


def drop_final(events: Path) -> None:
    """Remove the final metrics from TensorBoard's events of a run that was killed then.

    An event is a record of its size (8 bytes), a checksum (4 bytes), the content and a checksum (4 bytes).
    """
    content, at, final = events.read_bytes(), 0, False
    while at < len(content) and not final:
        size = int.from_bytes(content[at : at + 8], "little")
        final = b"_hparams_/experiment" in content[at + 12 : at + 12 + size]  # the first of the final ones
        at += 0 if final else 16 + size
    if final:
        write_whole(events, lambda path: path.write_bytes(content[:at]), sync=False)
