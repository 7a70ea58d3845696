"""A server with a damaged tag: it is named, and only the questions it belongs to suffer."""

from __future__ import annotations

from pathlib import Path

import pytest

from gittag_registry import Registry
from tests.testing.builder import RepositoryBuilder, git, tag_names
from tests.testing.remotes import daemon, https

__all__ = ["daemon", "https"]


def overwrite(file: Path) -> None:
    file.chmod(0o644)
    file.write_bytes(b"garbage")


def truncate(file: Path) -> None:
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:30])


DAMAGES = [overwrite, truncate, Path.unlink]


@pytest.fixture
def make_server():
    """Makes a repository whose tag churn@v1.1.0 is damaged, at a path."""

    def make(path: Path, damage) -> Path:
        repo = RepositoryBuilder(path, bare=True)
        first = repo.commit()
        for number in range(3):
            repo.tag(f"churn@v1.{number}.0", first if number < 2 else repo.commit())
        repo.tag("segment@v1.0.0", first)
        repo.build()
        oid = git("rev-parse", "churn@v1.1.0", repo=path).strip()
        git("config", "uploadpack.allowFilter", "true", repo=path)
        damage(path / "objects" / oid[:2] / oid[2:])
        return path

    return make


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_reading_leaves_it_out_with_a_warning(cli, make_server, damage, tmp_path):
    url = f"file://{make_server(tmp_path / 'server.git', damage)}"
    for _ in range(2):
        warnings: list[str] = []
        registry = Registry(url, on_warning=warnings.append)
        assert [version.version for version in registry.versions("churn")] == ["v1.2.0", "v1.0.0"]
        assert [text.partition(": ")[2] for text in warnings] == ["left out tag 'churn@v1.1.0', which is damaged there"]
    assert cli("show", "-r", url, repo=tmp_path).code == 0
    unharmed = cli("latest", "segment", "-r", url)
    assert (unharmed.code, unharmed.out, unharmed.err) == (0, "v1.0.0\n", "")


@pytest.mark.parametrize("server", ["https", "daemon"])
def test_a_server_that_only_breaks_the_connection_is_asked_for_less(cli, make_server, server, request, monkeypatch):
    server = request.getfixturevalue(server)
    make_server(server.root / "churn.git", overwrite)
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "https:git")
    url = server.url("churn", **({"user": "ada", "password": "s3cret"} if hasattr(server, "ca") else {}))
    refused = cli("latest", "churn", "-r", url, repo=server.root)
    assert "whenever tag 'churn@v1.1.0' was to be sent: is it damaged there?" in refused.err
    assert refused.code == 4
    unharmed = cli("latest", "segment", "-r", url)
    assert (unharmed.code, unharmed.out, unharmed.err) == (0, "v1.0.0\n", "")


def test_what_was_deleted_meanwhile_is_gone_though_another_is_damaged(make_server, tmp_path):
    server = make_server(tmp_path / "other.git", lambda file: None)
    registry = Registry(f"file://{server}")
    assert len(registry.versions("churn")) == 3
    oid = git("rev-parse", "churn@v1.1.0", repo=server).strip()
    moved = git("mktag", repo=server, data=git("cat-file", "tag", oid, repo=server).encode() + b"moved\n")
    git("update-ref", "refs/tags/churn@v1.1.0", moved.strip(), repo=server)
    overwrite(server / "objects" / moved[:2] / moved.strip()[2:])
    git("tag", "-d", "churn@v1.2.0", repo=server)
    assert [version.version for version in registry.versions("churn")] == ["v1.0.0"]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_writing_says_what_the_server_lacks(cli, make_server, tmp_path, damage):
    server = make_server(tmp_path / "server.git", lambda file: None)
    git("clone", "--quiet", f"file://{server}", str(tmp_path / "clone"))
    oid = git("rev-parse", "churn@v1.1.0", repo=server).strip()
    damage(server / "objects" / oid[:2] / oid[2:])
    before = tag_names(server)
    refused = cli("assign", "segment", "prod", "--version", "v1.0.0", "--push", repo=tmp_path / "clone")
    assert (refused.code, tag_names(server)) == (6, before)
    assert "'origin' rejected the push, because its repository is damaged: it cannot read " in refused.err
    assert "hint: nothing was changed; on the server, git fsck names what is damaged" in refused.err


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_clone_that_lacks_the_tag_names_it(cli, make_server, tmp_path, damage):
    server = make_server(tmp_path / "server.git", lambda file: None)
    git("clone", "--quiet", "--no-tags", f"file://{server}", str(tmp_path / "clone"))
    oid = git("rev-parse", "churn@v1.1.0", repo=server).strip()
    damage(server / "objects" / oid[:2] / oid[2:])
    refused = cli("register", "churn", "--push", repo=tmp_path / "clone")
    assert (refused.code, "tag 'churn@v1.1.0' is damaged on 'origin'" in refused.err) == (4, True), refused.err
