"""Which files stop GTO or DVC; tests/interop/test_files.py compares with GTO and DVC themselves."""

from __future__ import annotations

import pytest

from gittag_registry.files.compatibility import incompatible


def found(data: bytes, file: str) -> list[str]:
    return [str(problem) for problem in incompatible(data, file)]


@pytest.mark.parametrize(
    ("file", "data", "problem"),
    [
        ("artifacts.yaml", b"", "artifacts.yaml: GTO cannot read this: input should be a mapping"),
        ("artifacts.yaml", b"# why\n", "artifacts.yaml: GTO cannot read this: input should be a mapping"),
        (
            "artifacts.yaml",
            b"a: {}\nmodels:churn: {}\n",
            "artifacts.yaml: GTO cannot read this: 'models:churn' belongs into models/dvc.yaml",
        ),
        ("artifacts.yaml", b"churn:\n", "artifacts.yaml:1: churn: GTO cannot read this: input should be a mapping"),
        ("artifacts.yaml", b"1: {}\n", "artifacts.yaml:1: 1: GTO cannot read this: input should be a valid string"),
        ("artifacts.yaml", b"a: !x {}\n", "artifacts.yaml: GTO cannot read this: could not determine a constructor"),
        (".gto", b"stage: [dev]\n", ".gto:1: stage: GTO cannot read this: extra inputs are not permitted"),
        ("dvc.yaml", b"artifacts:\n  a:\n    type: x\n", "dvc.yaml:2: artifacts.a.path: DVC cannot read this: field"),
        ("m/dvc.yaml", b"artifacts:\n  a: {path: x, custom: 1}\n", "m/dvc.yaml:2: artifacts.a.custom: DVC cannot"),
    ],
)
def test_what_stops_a_tool_is_found(file: str, data: bytes, problem: str) -> None:
    [only] = found(data, file)
    assert only.startswith(problem)


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("artifacts.yaml", b"{}\n"),
        ("artifacts.yaml", b"churn: {}\nmodels/eu: {type: model, labels: [a b], custom: [1], owner: 1}\n"),
        (".gto", b""),
        (".gto", b"STAGES: [dev]\nIndex: x.yaml\n"),
        ("dvc.yaml", b""),
        ("dvc.yaml", b"stages: {}\n"),
        ("m/dvc.yaml", b"artifacts:\n  a: {path: x, desc: y, meta: 1, labels: [z]}\n"),
        ("artifacts.yaml", b"a: ["),
        ("artifacts.yaml", b"churn: {type: 1}\n"),
        (".gto", b"stages: dev\n"),
    ],
)
def test_what_they_read_or_nobody_reads_is_no_finding(file: str, data: bytes) -> None:
    assert found(data, file) == []
