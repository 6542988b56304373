"""A corpus of a few synthetic clips in the real layout, whose labels can be heard."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.sounds import encode


def make_corpus(folder: Path, clips: int = 24) -> Path:
    """Low tones are "low", high tones "high"; a third of the clips is for validation and test each."""
    (folder / "audio").mkdir(parents=True)
    random = np.random.default_rng(3)
    rows = ["id\tsplit\tsource\tpath\tstart_s\tlooped_s\tlicence\tlicence_class\tartist"]
    low = np.zeros(clips)
    for index in range(clips):
        is_low = index % 2 == 0
        low[index] = is_low
        hz = random.uniform(100, 300) if is_low else random.uniform(2_000, 5_000)
        time = np.arange(16_000 * 3) / 16_000
        wave = 0.3 * np.sin(2 * np.pi * hz * time) + 0.02 * random.standard_normal(time.size)
        encode(folder / "audio" / f"{index:05}.opus", wave[None].astype(np.float32), 16_000)
        split = ("train", "train", "valid", "valid", "test", "test")[index % 6]
        rows.append(f"{index:05}\t{split}\tmade\tx\t0\t3\tCC0\tA\tnobody")
    (folder / "tracks.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    soft = np.stack([0.1 + 0.8 * low, 0.9 - 0.8 * low], axis=1).astype(np.float16)
    np.savez(folder / "labels.npz", id=np.arange(clips, dtype=np.int32), mtat=soft, msd=soft[:, :1])
    (folder / "vocabularies.json").write_text(json.dumps({"mtat": ["low", "high"], "msd": ["deep"]}))
    return folder
