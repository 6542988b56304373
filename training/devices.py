"""What a run computes on: one device, or the processes that ``torchrun`` started; and in which precision."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import torch
from lightning_fabric import Fabric
from torch import nn

from mat_desktop.errors import MatError
from mat_desktop.networks.arithmetic import has_bfloat16

T = TypeVar("T")

logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # what it says of itself, we say in a bar


def launch(precision: str = "32-true") -> Fabric:
    """Lightning Fabric on the best device here; on every process's own one under ``torchrun``.

    :raises MatError: this precision is not possible here
    """
    check_precision(precision)
    world, local = (int(os.environ.get(name, "1")) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    try:
        if world > 1:
            fabric = Fabric(
                accelerator="cuda" if torch.cuda.is_available() else "cpu",
                strategy="ddp",
                devices=local,
                num_nodes=world // local,
                precision=precision,  # type: ignore[arg-type]
            )
        else:
            fabric = Fabric(accelerator="auto", devices=1, precision=precision)  # type: ignore[arg-type]
        fabric.launch()
    except (ValueError, RuntimeError) as error:
        raise MatError(f"cannot compute in {precision} here: {str(error).splitlines()[0]}") from error
    return fabric


def check_precision(precision: str) -> None:
    """:param precision: by Fabric's names, or "auto"

    :raises MatError: it is not possible here
    """
    if lacks_gpu(precision):  # Fabric itself would take another one, and only warn
        raise MatError("cannot compute in 16-mixed here: that needs a GPU; a processor takes bf16-mixed")


def lacks_gpu(precision: str) -> bool:
    """Whether only a GPU computes in it, and none is here. All others are possible everywhere."""
    return precision == "16-mixed" and not (torch.cuda.is_available() or torch.backends.mps.is_available())


def lost_process(error: RuntimeError) -> bool:
    """Whether it says that another of the processes which train together has ended or cannot be reached.

    gloo raises a plain RuntimeError, which only its text tells from others.
    """
    return isinstance(error, torch.distributed.DistError) or "gloo/transport" in str(error)


def synchronise(module: nn.Module, fabric: Fabric) -> None:
    """Let batch normalisation count the clips of all GPUs: one alone may have two of them.

    torch has that for GPUs only; processes on a CPU normalise over their own part of a batch.
    """
    if fabric.world_size > 1 and fabric.device.type == "cuda":
        # In place: no network is a normalisation itself.
        nn.SyncBatchNorm.convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]


def same_buffers(module: nn.Module, fabric: Fabric) -> None:
    """Give all processes the running statistics that the first one has.

    Those of a network under DDP are made the same in each step; those of a copy of it are not.
    """
    if fabric.world_size > 1:
        for buffer in module.buffers():
            torch.distributed.broadcast(buffer, 0)


def in_turn(fabric: Fabric, make: Callable[[], T]) -> T:
    """Let the processes of one machine do something one after another."""
    made: list[T] = []
    for turn in range(int(os.environ.get("LOCAL_WORLD_SIZE", "1"))):
        if turn == fabric.local_rank:
            made.append(make())
        fabric.barrier()
    return made[0]


def agreed(fabric: Fabric, wish: Callable[[], bool]) -> Callable[[], bool]:
    """A wish of one process that all of them hear of at the same time, if each asks as often as the others.

    A signal may reach some processes a step earlier than others, or one of them only.
    """
    if fabric.world_size == 1:
        return wish
    # Over the processor, whatever the network computes on: asking must not make a GPU wait.
    group = torch.distributed.new_group(backend="gloo")

    def anyone() -> bool:
        wishes = torch.tensor(int(wish()))
        torch.distributed.all_reduce(wishes, torch.distributed.ReduceOp.MAX, group=group)
        return bool(wishes)

    return anyone


@contextmanager
def one_thread() -> Iterator[None]:
    """Small products take longer on several threads, and on a busy computer many times as long."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def hardware() -> str:
    """What the computation runs on, in words."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name(0)
        return f"{world} x {name}" if world > 1 else name
    threads = f"{torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}"
    processes = f"{world} processes of " if world > 1 else ""
    return f"{_processor()}, {processes}{threads}"


def _processor() -> str:
    """Its name where the system tells one."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip() or "CPU"
    return platform.processor() or "CPU"


def default_precision() -> str:
    """The fastest one that trains well here: half where the device multiplies in it itself.

    What a device can do, not how fast it is at this moment: the same command gives the same weights again,
    and all rows of a table are computed alike.
    """
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    if torch.backends.mps.is_available():
        return "32-true"
    return "bf16-mixed" if has_bfloat16() else "32-true"
