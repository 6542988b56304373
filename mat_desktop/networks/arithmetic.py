"""Which arithmetic a processor has."""

from __future__ import annotations

import torch


def has_bfloat16() -> bool:
    """Whether the CPU multiplies in bfloat16 itself (AVX512-BF16, AMX); elsewhere float32 is faster."""
    instructions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in instructions)
