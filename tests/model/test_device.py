"""The device is chosen by what there is."""

from __future__ import annotations

import pytest
import torch

from xpert.model.device import choose_batch_size, choose_device, choose_precision


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_a_gpu_is_taken_where_there_is_one(monkeypatch, cuda, mps, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device().type == chosen


def test_bfloat16_is_for_gpus_that_compute_in_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert choose_precision(torch.device("cuda")) == "bf16-mixed"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert choose_precision(torch.device("cuda")) == "32-true"
    assert choose_precision(torch.device("cpu")) == "32-true"


def test_the_batch_grows_with_the_memory_and_shrinks_with_the_genes(monkeypatch, tiny_config):
    def batch(gibibytes: float, genes: int) -> int:
        memory = int(gibibytes * 2**30)
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (memory, memory))
        return choose_batch_size(tiny_config(genes=genes, width=64), torch.device("cuda"))

    assert batch(8, 2000) > batch(2, 2000) > batch(2, 20000) >= 1
    assert batch(0.001, 20000) == 1
