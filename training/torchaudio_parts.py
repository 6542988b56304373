"""torchaudio's transforms that are written in torch alone, importable beside any build of torch.

On Linux torchaudio's wheel loads a native extension that is linked to CUDA, and fails to import beside a CPU
build of torch. Only there the extension is replaced by a module that says it is absent.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

try:
    importlib.import_module("torchaudio")
except OSError:
    for _name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
        del sys.modules[_name]

    def _needs_extension(function: object) -> object:
        return function

    _absent = ModuleType("torchaudio._extension")
    _absent.__dict__.update(_IS_TORCHAUDIO_EXT_AVAILABLE=False, fail_if_no_align=_needs_extension)
    sys.modules["torchaudio._extension"] = _absent

from torchaudio.transforms import FrequencyMasking, TimeMasking

__all__ = ["FrequencyMasking", "TimeMasking"]
