"""The model and the tags of the double."""

from __future__ import annotations

from mat_desktop.domain.card import ModelCard, NetworkSpec, Normalisation, TagSpec, Weights
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.tags import Category, Field

NAMES = {
    "rock": Category.GENRE,
    "indie": Category.GENRE,
    "jazz": Category.GENRE,
    "energetic": Category.MOOD,
    "mellow": Category.MOOD,
    "guitar": Category.INSTRUMENT,
    "drums": Category.INSTRUMENT,
    "male vocals": Category.VOICE,
    "loud": Category.CHARACTER,
}


SCORES = (0.91, 0.72, 0.1, 0.7, 0.3, 0.96, 0.8, 0.86, 0.63)


CARD = ModelCard(
    1,
    "double",
    "Double",
    "2026-01-01",
    "MIT",
    NetworkSpec("fcn2d", 5, 1.0),
    MelSpec(),
    Normalisation((0.0,) * 96, (1.0,) * 96),
    tuple(TagSpec(name, "mtat", 0.5) for name in NAMES),
    Weights("model.safetensors", "0" * 64, 1_000_000),
    "Nothing: a double.",
)


SCHEME = TagScheme(
    "double",
    "Double",
    tuple(DisplayTag(name, category, (f"mtat/{name}",)) for name, category in NAMES.items()),
    fields={
        Category.GENRE: Field.GENRE,
        Category.MOOD: Field.MOOD,
        Category.INSTRUMENT: Field.INSTRUMENT,
        Category.VOICE: Field.VOICE,
    },
)
