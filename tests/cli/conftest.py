"""A registry with an example of everything, for the tests of commands."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import pytest

from tests.testing.builder import RepositoryBuilder

ANNOTATIONS = """\
# what we own
churn:
  type: model
  path: models/churn.pkl  # trained nightly
  labels: [finance]
customers:
  type: dataset
  path: s3://lake/customers
"""


@pytest.fixture
def company(builder: RepositoryBuilder) -> Path:
    """churn with two stable versions and a pre-release, models:embed, a deprecated segment, an annotated dataset."""
    first = builder.commit({"artifacts.yaml": ANNOTATIONS, "models/churn.pkl": "1"}, message="train")
    second = builder.commit({"models/churn.pkl": "2"}, message="retrain")
    third = builder.commit({"models/churn.pkl": "3", "README": "hello"}, message="try another loss")
    builder.tag("churn@v1.0.0", first)  # 22:16:20
    builder.tag("churn#prod#1", first, trailers={"Registry-Version": "v1.0.0"})
    builder.tag("churn@v1.1.0", second)  # 22:18:20
    builder.tag("churn#staging#2", second, trailers={"Registry-Version": "v1.1.0"})
    builder.tag("churn#prod#3", second, tagger="Bob Bell <bob@example.org>", message="Ship it\n\nIt is better.")
    builder.tag("churn@v2.0.0-rc.1", third)  # 22:21:20
    builder.tag("models=embed@v1.0.0", first)
    builder.tag("models=embed#prod#1", first)  # 22:23:20
    builder.tag("segment@v0.1.0", second)
    builder.tag("segment@deprecated", second)  # 22:25:20
    return builder.build()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put `git-registry` on the PATH, as an installation does, so that `git registry` works."""
    monkeypatch.setenv("PATH", sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"])
