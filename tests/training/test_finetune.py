"""A head on what a network hears already."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from training.finetune import fit_head


def heard(clips: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(2.0, 3.0, (clips, 6)).astype(np.float32))


def test_a_head_that_is_right_already_stays() -> None:
    train, valid = heard(60, 1), heard(40, 2)
    weight, bias = torch.linspace(-0.3, 0.3, 12).view(2, 6), torch.tensor([0.5, -1.0])
    labels = [torch.sigmoid(part @ weight.T + bias).numpy() for part in (train, valid)]
    head = fit_head(train, labels[0], valid, labels[1], weight, bias)
    torch.testing.assert_close((head.weight, head.bias), (weight, bias), atol=1e-3, rtol=0)


def test_a_head_goes_no_further_than_validation_approves() -> None:
    """The training labels contradict the head to begin with, those of validation agree with it."""
    train, valid = heard(60, 1), heard(40, 2)
    weight, bias = torch.eye(6)[:1], torch.zeros(1)
    agreed = torch.sigmoid(valid @ weight.T).numpy()
    against = torch.sigmoid(-(train @ weight.T)).numpy()
    head = fit_head(train, against, valid, agreed, weight, bias)
    followed = fit_head(train, against, valid, 1 - agreed, weight, bias)
    assert head.penalty > followed.penalty
    assert head.weight[0, 0] > 0
    assert followed.weight[0, 0] == pytest.approx(-1, abs=0.1)


def test_a_new_tag_is_learned_from_nothing() -> None:
    train, valid = heard(200, 1), heard(100, 2)
    labels = [(part[:, :1] > 2).float().numpy() for part in (train, valid)]
    head = fit_head(train, labels[0], valid, labels[1], torch.zeros(1, 6), torch.zeros(1))
    said = (valid @ head.weight.T + head.bias > 0).numpy()
    assert (said == (labels[1] > 0.5)).mean() > 0.9
