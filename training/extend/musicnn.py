"""The teacher: the two networks of musicnn, their published weights, and what they hear in a clip.

Weights: PyPI ``musicnn`` 0.1.0, ISC licence, (c) Music Technology Group, Universitat Pompeu Fabra 2019, by
Jordi Pons. One network learned from MagnaTagATune, one from the Million Song Dataset; each has 50 tags, in
the order of the published lists.
"""

from __future__ import annotations

import hashlib
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from mat_desktop.audio.mel import log_mel
from mat_desktop.errors import MatError, printable
from mat_desktop.networks.base import Network
from mat_desktop.networks.pons import MEL, Musicnn
from training.datasets.tables import vocabulary
from training.extend.bundle import BundleFault, variables
from training.inputs import compress

Array = NDArray[np.float32]

NETWORKS = {"pons_mtt": ("MTT_musicnn", "mtat_top50"), "pons_msd": ("MSD_musicnn", "msd_top50")}
"""By the vocabulary that a corpus calls their answers: folder of the checkpoint, list of the tags."""

LICENCE = (
    "musicnn 0.1.0, Copyright (c) Music Technology Group, Universitat Pompeu Fabra 2019. "
    "Code developed by Jordi Pons (www.jordipons.me). ISC licence."
)
SOURCE = (
    "pip download --no-deps musicnn==0.1.0 fetches musicnn's weights, and python -m training teacher "
    "musicnn-0.1.0-py3-none-any.whl --out WEIGHTS.safetensors converts them."
)

DENSE = 200
TAGS = 50
HEARD = DENSE + 2 * TAGS
"""Numbers that a network gives of a clip."""

STEP = 2
"""Of two windows of three seconds one is listened to."""

LEAST = 1e-6
"""Scores are kept away from 0 and 1 by this before their log odds are taken."""

_EPSILON = 1e-3 - 1e-5
"""TensorFlow's batch normalisation adds 0.001 to a variance, torch's 0.00001."""


class TeacherFault(MatError):
    """A teacher's weights are missing, damaged or not those of musicnn."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """:param networks: in the order of :data:`NETWORKS`
    :param digest: of their weights
    """

    networks: tuple[Network, ...]
    digest: str

    def hear(self, clip: Array) -> Array:
        """What the networks make of a clip, each averaged over its windows.

        :param clip: float32 mono [samples] at 16 kHz
        :returns: float32 [networks, HEARD]: inputs of the last layer, log odds of the tags, their scores
        """
        length = MEL.window_frames
        decibel = log_mel(clip, MEL)
        if decibel.shape[1] < length:
            decibel = np.tile(decibel, -(-length // decibel.shape[1]))
        frames = decibel.shape[1] // length * length
        cut = decibel[:, :frames].reshape(MEL.n_mels, -1, length).swapaxes(0, 1)[::STEP]
        audio = compress(torch.from_numpy(np.ascontiguousarray(cut)).unsqueeze(1), "log1p 10000")
        heard = []
        with torch.inference_mode():
            for network in self.networks:
                logits, features = network.listen(audio)
                scores = torch.sigmoid(logits[:, :, 0]).clamp(LEAST, 1 - LEAST)
                heard.append(torch.cat([features, torch.logit(scores), scores], dim=1).mean(dim=0))
        answer: Array = torch.stack(heard).numpy()
        return answer


def tags_of(name: str) -> tuple[str, ...]:
    """The tags of one of :data:`NETWORKS`."""
    return vocabulary(NETWORKS[name][1])


def open_teacher(weights: Path) -> Teacher:
    """The teacher from what :func:`convert` wrote.

    :raises TeacherFault: the file is missing or something else
    """
    if not weights.is_file():
        raise TeacherFault(f"{printable(weights)} is missing. {SOURCE}")
    try:
        content = weights.read_bytes()
        arrays = load(content)
        networks = tuple(_network(arrays, name) for name in NETWORKS)
    except OSError as error:
        raise TeacherFault(f"{printable(weights)}: {error.strerror}") from error
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise TeacherFault(f"{printable(weights)} does not hold the weights of musicnn. {SOURCE}") from error
    return Teacher(networks, hashlib.sha256(content).hexdigest()[:12])


def convert(place: Path) -> bytes:
    """The weights of both networks, as torch has them, in one safetensors file.

    :param place: the wheel of musicnn 0.1.0, or the folder that it was unpacked into
    :raises TeacherFault: it is something else
    """
    if not place.exists():
        raise TeacherFault(f"{printable(place)} is missing. {SOURCE}")
    tensors: dict[str, Array] = {}
    for name, (folder, _) in NETWORKS.items():
        try:
            index, data = (_read(place, f"{folder}/.{part}") for part in ("index", "data-00000-of-00001"))
            found = _as_torch(variables(index, data))
        except BundleFault as fault:
            raise TeacherFault(f"{printable(place)}: {folder}/.index: {fault}") from fault
        except KeyError as missing:
            raise TeacherFault(f"{printable(place)}: {folder} has no {missing.args[0]}") from missing
        tensors |= {f"{name}/{key}": np.ascontiguousarray(value) for key, value in found.items()}
    return save(tensors, {"source": LICENCE})


def _network(arrays: Mapping[str, Array], name: str) -> Network:
    start = f"{name}/"
    own = {key.removeprefix(start): value for key, value in arrays.items() if key.startswith(start)}
    network = Musicnn(TAGS)
    counters = {key: value for key, value in network.state_dict().items() if key.endswith("_tracked")}
    network.load_state_dict({key: torch.from_numpy(np.array(value)) for key, value in own.items()} | counters)
    return network.eval().requires_grad_(False)


def _read(place: Path, name: str) -> bytes:
    """A file of the package. :raises TeacherFault: there is none"""
    try:
        if place.is_dir():
            inside = place / "musicnn" if (place / "musicnn").is_dir() else place
            return (inside / name).read_bytes()
        with zipfile.ZipFile(place) as wheel:
            return wheel.read(f"musicnn/{name}")
    except (FileNotFoundError, KeyError) as error:
        raise TeacherFault(f"{printable(place)} has no {name}, as musicnn 0.1.0 has. {SOURCE}") from error
    except (zipfile.BadZipFile, EOFError) as error:
        raise TeacherFault(f"{printable(place)} is no wheel, or a damaged one. {SOURCE}") from error
    except OSError as error:
        raise TeacherFault(f"{printable(place)}: {error.strerror}") from error


def _as_torch(given: Mapping[str, Array]) -> dict[str, Array]:
    """Weights of :class:`Musicnn` from the variables of the authors' network.

    Kernels are [time, mel, 1, outputs] there. Its input is the decimal logarithm, ours the natural one.
    Maximum and mean of a feature stand side by side in its summary; in ours all maxima come first.
    """
    shuffled = np.arange(len(given["batch_normalization_9/gamma"])).reshape(-1, 2).T.ravel()

    def normalisation(name: str, number: int) -> dict[str, Array]:
        source = _numbered("batch_normalization", number)
        parts = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean"}
        found = {f"{name}.{ours}": given[f"{source}/{theirs}"] for ours, theirs in parts.items()}
        return found | {f"{name}.running_var": given[f"{source}/moving_variance"] + np.float32(_EPSILON)}

    def linear(name: str, number: int) -> dict[str, Array]:
        source = _numbered("dense", number)
        return {f"{name}.weight": given[f"{source}/kernel"].T, f"{name}.bias": given[f"{source}/bias"]}

    weights = {
        **normalisation("input_normalisation", 0),
        **normalisation("summary_normalisation", 9),
        **linear("dense.1", 0),
        **normalisation("dense.3", 10),
        **linear("head", 1),
    }
    natural = math.log(10)
    weights["input_normalisation.running_mean"] = given["batch_normalization/moving_mean"] * natural
    variance = given["batch_normalization/moving_variance"] + np.float32(1e-3)
    weights["input_normalisation.running_var"] = variance * natural**2 - np.float32(1e-5)
    for name in ("weight", "bias", "running_mean", "running_var"):
        weights[f"summary_normalisation.{name}"] = weights[f"summary_normalisation.{name}"][shuffled]
    weights["dense.1.weight"] = weights["dense.1.weight"][:, shuffled]
    for number in range(8):
        name = f"front.{number}.layer" if number < 5 else f"middle.{number - 5}"
        kernel = given[f"{_numbered('conv2d', number)}/kernel"].transpose(3, 2, 1, 0)
        weights[f"{name}.convolution.weight"] = kernel if number < 5 else kernel[:, 0]
        weights[f"{name}.convolution.bias"] = given[f"{_numbered('conv2d', number)}/bias"]
        weights |= normalisation(f"{name}.normalisation", number + 1)
    return {name: value.astype(np.float32) for name, value in weights.items()}


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name
