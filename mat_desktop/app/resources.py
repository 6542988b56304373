"""Files that come with the program, found in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_INSTALLED = _PACKAGE / "resources"
_CHECKOUT = _PACKAGE.parent / "resources"


def resource(*parts: str) -> Path:
    """A bundled file or folder, e.g. ``resource("models", "fcn2d")``."""
    root = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return root.joinpath(*parts)


def model_names() -> list[str]:
    """Names of the bundled models."""
    return sorted(path.parent.name for path in resource("models").glob("*/card.json"))
