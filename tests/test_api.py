"""The Python API: the names, order and attributes that code written for GTO uses; nothing is ever printed."""

from __future__ import annotations

import inspect
import subprocess
import sys
from datetime import datetime, timezone
from importlib.resources import files
from pathlib import Path

import git as gitpython
import pytest

import gittag_registry
from gittag_registry import api
from gittag_registry.errors import Conflict, NotARepository, NotFound, Refused, RegistryError, UsageError
from gittag_registry.model.commands import Assign, WriteOptions
from tests.testing.builder import RepositoryBuilder, git, tag_names

# The parameters of GTO 1.10 after `repo`, in its order; those that make no sense here (stdout, push, table,
# truncate_hexsha, the rev of describe) left out.
GTO = {
    "register": "name ref version message simple force bump_major bump_minor bump_patch author author_email",
    "assign": "name stage version ref name_version message simple force skip_registration author author_email",
    "unassign": "name ref version stage message simple force delete author author_email",
    "deregister": "name ref version message simple force delete author author_email",
    "find_versions_in_stage": "name stage assignments_per_version versions_per_stage registered_only",
    "get_stages": "allowed used",
    "check_ref": "ref",
    "history": "artifact ascending",
    "describe": "name",
    "annotate": "name type path must_exist labels description",
    "remove": "name",
}


@pytest.fixture(autouse=True)
def silence(capfd):
    """The library prints nothing, whatever happens."""
    yield
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def repo(builder: RepositoryBuilder) -> Path:
    """Two versions of churn and one of segment; prod held v1.0.0, then v1.1.0."""
    first, second = builder.commit({"artifacts.yaml": "churn:\n  type: model\n"}), builder.commit()
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn#prod#1", first)  # 22:16:20
    builder.tag("churn@v1.1.0", second)
    builder.tag("churn#prod#2", second, message="Ship it\n\nReally.")  # 22:18:20
    builder.tag("segment@v0.4.1", second)
    builder.commit()
    return builder.build()


@pytest.mark.parametrize("name", GTO)
def test_arguments_come_in_gtos_order_up_to_the_message_and_the_others_by_name(name):
    parameters = inspect.signature(getattr(api, name)).parameters.values()
    positional = [parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    by_name = {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        by_name |= WriteOptions.__optional_keys__
    theirs = GTO[name].split()
    first = theirs[: theirs.index("message") + 1] if "message" in theirs else theirs
    assert [parameter for parameter in positional if parameter in theirs] == first
    assert positional[: len(first) + 1] == ["repo", *first]
    assert set(theirs[len(first) :]) <= by_name


def test_every_function_is_to_be_had_from_the_package():
    for name in api.__all__:
        assert getattr(gittag_registry, name) is getattr(api, name)
        assert name in dir(gittag_registry)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        gittag_registry.nothing  # noqa: B018


def test_every_function_has_an_example():
    for name in api.__all__:
        assert ">>> " in (getattr(api, name).__doc__ or "")


def test_the_package_is_typed():
    assert files("gittag_registry").joinpath("py.typed").is_file()


def test_a_type_checker_understands_deployment_code(tmp_path):
    pytest.importorskip("mypy")
    script = tmp_path / "deploy.py"
    script.write_text(
        "from gittag_registry import find_versions_in_stage, register\n"
        "def ref(repo: str) -> str | None:\n"
        "    held = find_versions_in_stage(repo, 'churn', 'prod', at=None)\n"
        "    return held[0].ref if held else None\n"
        "wrong: int = find_versions_in_stage('.', 'churn', 'prod')[0].commit\n"
        "register('.', 'churn', force=True, author=None)\n"
        "register('.', 'churn', force='yes')\n"
        "register('.', 'churn', forse=True)\n"
    )
    options = ["--strict", "--follow-imports", "silent", "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(script)], capture_output=True, text=True, check=False
    )
    assert [
        line.partition(": ")[0].rpartition(":")[2] for line in done.stdout.splitlines()[:-1] if ": error: " in line
    ] == list("578")


def test_importing_the_package_imports_nothing_heavy():
    heavy = "import sys, gittag_registry; print(*{'click', 'git', 'pydantic', 'ruamel.yaml', 'tabulate'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "\n"


class TestRepositories:
    def test_a_path_as_text(self, repo):
        assert api.get_stages(str(repo)) == ["prod"]

    def test_a_path_inside(self, repo):
        (repo / "sub").mkdir()
        assert api.get_stages(repo / "sub") == ["prod"]

    def test_a_gitpython_repository(self, repo, tmp_path):
        with gitpython.Repo(repo) as opened:
            assert api.get_stages(opened) == ["prod"]
            assert api.register(opened, "churn").ref == "churn@v1.1.1"
        with gitpython.Repo.clone_from(str(repo), tmp_path / "bare", bare=True) as bare:
            assert api.get_stages(bare) == ["prod"]

    def test_a_path_that_is_no_repository(self, tmp_path):
        with pytest.raises(NotARepository, match="no git repository at"):
            api.get_stages(tmp_path)
        with pytest.raises(NotARepository, match="is not a directory"):
            api.get_stages(tmp_path / "nowhere")

    def test_one_registry_for_several_questions(self, repo):
        registry = api.open_registry(repo)
        assert registry.latest("churn").version == "v1.1.0"
        git("tag", "-a", "-m", "x", "churn@v2.0.0", repo=repo)
        assert registry.latest("churn").version == "v2.0.0"  # every question reads anew

    def test_the_registry_tells_who_asks_of_tags_it_passes_over(self, repo):
        git("tag", "churn@v2.0.0", repo=repo)
        told: list[str] = []
        registry = gittag_registry.Registry(repo, on_warning=told.append)
        assert registry.latest("churn").version == "v1.1.0"
        assert len(told) == 1
        assert told[0].startswith("skipped tag 'churn@v2.0.0': it is lightweight: no author, no date")


class TestStages:
    def test_the_version_in_a_stage_with_all_that_deployment_code_reads(self, repo, builder):
        [held] = api.find_versions_in_stage(repo, "churn", "prod")
        assert held.version == "v1.1.0"
        assert held.commit == held.commit_hexsha == builder.commit_id(2)
        assert held.ref == held.assigned_by == held.tag == "churn#prod#2"
        assert held.registered_by == "churn@v1.1.0"
        assert held.timestamp == 1_700_000_300
        assert held.created_at == datetime(2023, 11, 14, 22, 18, 20, tzinfo=timezone.utc)
        assert (held.author, held.author_email, held.message) == (
            "Ada Lovelace",
            "ada@example.com",
            "Ship it\n\nReally.",
        )

    def test_all_versions_newest_first(self, repo):
        held = api.find_versions_in_stage(repo, "churn", "prod", versions_per_stage=-1)
        assert [version.version for version in held] == ["v1.1.0", "v1.0.0"]

    @pytest.mark.parametrize(
        ("at", "versions"),
        [
            (1_700_000_179, []),
            (1_700_000_180, ["v1.0.0"]),
            (1_700_000_299, ["v1.0.0"]),
            (1_700_000_300, ["v1.1.0"]),
            (0, []),
        ],
    )
    def test_the_versions_at_a_time(self, repo, at, versions):
        assert [held.version for held in api.find_versions_in_stage(repo, "churn", "prod", at=at)] == versions

    def test_a_stage_that_holds_nothing_is_an_empty_list(self, repo):
        assert api.find_versions_in_stage(repo, "churn", "staging") == []
        api.unassign(repo, "churn", stage="prod", version="v1.1.0")
        api.unassign(repo, "churn", stage="prod", version="v1.0.0")
        assert api.find_versions_in_stage(repo, "churn", "prod") == []

    def test_a_commit_without_a_version(self, builder):
        builder.tag("churn#dev#1", builder.commit())
        [held] = api.find_versions_in_stage(builder.build(), "churn", "dev")
        assert (held.version, held.ref, held.registered_by) == (builder.commit_id(1), "churn#dev#1", None)
        assert api.find_versions_in_stage(builder.path, "churn", "dev", registered_only=True) == []

    def test_an_unknown_artifact_is_not_found(self, repo):
        with pytest.raises(NotFound, match="'chrun' is not registered") as caught:
            api.find_versions_in_stage(repo, "chrun", "prod")
        assert caught.value.hint == "did you mean 'churn'?"

    def test_a_deprecated_artifact_holds_nothing(self, repo):
        api.deprecate(repo, "churn")
        assert api.find_versions_in_stage(repo, "churn", "prod") == []
        assert api.find_latest_version(repo, "churn") is None

    def test_the_stages_used_and_allowed(self, repo):
        (repo / ".gittag-registry.yaml").write_text("stages: [dev, prod]\n")
        assert api.get_stages(repo) == ["dev", "prod"]
        assert api.get_stages(repo, allowed=True) == ["dev", "prod"]
        assert api.get_stages(repo, used=True) == ["prod"]


class TestQuestions:
    def test_the_latest_version(self, builder):
        builder.tag("churn@v1.0.0", builder.commit())
        builder.tag("churn@v2.0.0-rc.1", builder.commit())
        latest = api.find_latest_version(builder.build(), "churn")
        assert (latest.version, latest.ref, latest.commit) == ("v1.0.0", "churn@v1.0.0", builder.commit_id(1))
        assert api.find_latest_version(builder.path, "churn", pre=True).version == "v2.0.0-rc.1"

    def test_the_table(self, repo):
        assert [(row.artifact, row.latest, row.stages, row.type) for row in api.show(repo)] == [
            ("churn", "v1.1.0", {"prod": ["v1.1.0"]}, "model"),
            ("segment", "v0.4.1", {}, None),
        ]
        churn, _ = api.show(repo, versions_per_stage=-1)
        assert churn.stages == {"prod": ["v1.1.0", "v1.0.0"]}

    def test_the_versions_of_an_artifact(self, repo):
        assert [(row.version.version, row.stages) for row in api.show(repo, "churn")] == [
            ("v1.1.0", ("prod",)),
            ("v1.0.0", ()),
        ]
        assert [row.version.version for row in api.show(repo, "churn#prod")] == ["v1.1.0"]

    def test_the_history(self, repo):
        assert [event.ref for event in api.history(repo, "churn")] == [
            "churn#prod#2",
            "churn@v1.1.0",
            "churn#prod#1",
            "churn@v1.0.0",
        ]
        oldest = api.history(repo, ascending=True)[0]
        assert (oldest.event, oldest.tag, oldest.version) == ("registration", "churn@v1.0.0", "v1.0.0")
        assert len(api.history(repo)) == 5

    def test_what_a_tag_says(self, repo, builder):
        event = api.check_ref(repo, "refs/tags/churn#prod#2")
        assert (event.artifact, event.event, event.stage, event.version) == ("churn", "assignment", "prod", "v1.1.0")
        assert event.commit_hexsha == builder.commit_id(2)
        with pytest.raises(NotFound, match="there is no tag 'churn#prod#3'"):
            api.check_ref(repo, "churn#prod#3")

    def test_the_parts_of_a_tags_name(self):
        tag = api.parse_tag("models=churn#prod#3")
        assert (tag.artifact, tag.kind.value, tag.stage, tag.counter) == ("models:churn", "assignment", "prod", 3)
        with pytest.raises(UsageError, match=r"'v1\.0\.0' is not a registry tag"):
            api.parse_tag("v1.0.0")


class TestWrites:
    def test_register(self, repo, builder):
        event = api.register(repo, "churn", "HEAD", message="Best so far", bump_minor=True)
        assert (event.ref, event.version, event.event) == ("churn@v1.2.0", "v1.2.0", "registration")
        assert (event.commit, event.message) == (builder.commit_id(3), "Best so far")
        assert (event.author, event.author_email) == ("Grace Hopper", "grace@example.com")
        assert event.oid == git("rev-parse", "refs/tags/churn@v1.2.0", repo=repo).strip()

    def test_a_dry_run_writes_nothing_and_returns_what_would_be_written(self, repo):
        before = tag_names(repo)
        event = api.register(repo, "churn", bump_minor=True, dry_run=True)
        assert (event.ref, event.oid) == ("churn@v1.2.0", "")
        assert api.deregister(repo, "churn", version="v1.1.0", delete=True, dry_run=True) is None
        assert tag_names(repo) == before

    @pytest.mark.parametrize("function", [api.register, api.deprecate])
    def test_an_option_that_does_not_exist_is_refused_as_python_does(self, repo, function):
        before = tag_names(repo)
        with pytest.raises(TypeError, match=r"unexpected keyword argument 'dryrun'; did you mean 'dry_run'\?"):
            function(repo, "churn", dryrun=True)
        with pytest.raises(TypeError, match="unexpected keyword argument 'confirmed'"):
            function(repo, "churn", confirmed=[])
        assert tag_names(repo) == before

    def test_versions_and_commits_are_taken_as_people_type_them(self, repo):
        assert api.register(repo, "churn", "HEAD", "3").ref == "churn@v3.0.0"
        assert api.deregister(repo, "churn", version="3").ref == "churn@v3.0.0!"
        assert api.assign(repo, "churn", "dev", "1.1").version == "v1.1.0"
        assert api.unassign(repo, "churn", version="v1.1", stage="dev").version == "v1.1.0"
        registry = gittag_registry.Registry(repo)
        [event] = registry.execute(Assign(artifact="churn", stage="dev", commit="HEAD~2", version="1")).events
        assert (event.version, event.commit) == ("v1.0.0", registry.resolve("HEAD~2"))

    def test_register_in_the_name_of_another(self, repo):
        api.register(repo, "churn", author="Bob", author_email="bob@example.org")
        assert (
            git("for-each-ref", "--format=%(taggername) %(taggeremail)", "refs/tags/churn@v1.1.1", repo=repo)
            == "Bob <bob@example.org>\n"
        )

    @pytest.mark.parametrize("author", ["A\nB", "A <a@b>", "A\0"])
    def test_an_author_git_could_not_store_is_refused(self, repo, author):
        before = tag_names(repo)
        with pytest.raises(UsageError, match="cannot be an author"):
            api.register(repo, "churn", author=author)
        with pytest.raises(UsageError, match="cannot be an author"):
            api.register(repo, "churn", author_email=author)
        assert tag_names(repo) == before

    def test_register_what_is_registered_is_none(self, repo):
        before = tag_names(repo)
        assert api.register(repo, "churn", "HEAD~1") is None
        assert tag_names(repo) == before

    def test_register_a_second_version_needs_force(self, repo):
        with pytest.raises(Conflict, match=r"is already version 'v1\.1\.0'"):
            api.register(repo, "churn", "HEAD~1", "v3.0.0")
        assert api.register(repo, "churn", "HEAD~1", "v3.0.0", force=True).ref == "churn@v3.0.0"

    def test_assign_a_version_or_a_commit(self, repo):
        assert api.assign(repo, "churn", "dev", "v1.0.0").ref == "churn#dev#3"
        assert api.assign(repo, "churn", "dev", ref="HEAD~1").version == "v1.1.0"
        assert api.assign(repo, "churn", "dev", ref="HEAD", name_version="v7.0.0").version == "v7.0.0"
        assert "churn@v7.0.0" in tag_names(repo)

    def test_assign_what_is_assigned_is_none(self, repo):
        assert api.assign(repo, "churn", "prod", "v1.1.0") is None
        assert api.assign(repo, "churn", "prod", "v1.1.0", force=True).ref == "churn#prod#3"

    def test_assign_without_registering(self, repo, builder):
        event = api.assign(repo, "churn", "dev", ref="HEAD", skip_registration=True)
        assert (event.commit, event.ref) == (builder.commit_id(3), "churn#dev#3")
        assert "churn@v1.1.1" not in tag_names(repo)

    def test_simple_tags_have_no_counter(self, repo):
        assert api.assign(repo, "churn", "dev", "v1.0.0", simple=True).ref == "churn#dev"
        assert api.register(repo, "churn", simple=False).ref == "churn@v1.1.1#3"

    def test_unassign_deregister_and_deprecate(self, repo):
        assert api.unassign(repo, "churn", stage="prod").version == "v1.1.0"
        assert api.unassign(repo, "churn", ref="HEAD~2", stage="prod").ref == "churn#prod!#4"
        assert api.deregister(repo, "churn", version="v1.0.0").ref == "churn@v1.0.0!"
        assert api.deregister(repo, "churn", "HEAD~1").ref == "churn@v1.1.0!"
        assert api.deprecate(repo, "churn").ref == "churn@deprecated"
        assert api.deprecate(repo, "churn") is None

    def test_deleting_removes_the_tags(self, repo):
        assert api.deregister(repo, "churn", version="v1.1.0", delete=True) is None
        assert tag_names(repo) == ["churn#prod#1", "churn@v1.0.0", "segment@v0.4.1"]
        api.deprecate(repo, "churn", delete=True)
        assert tag_names(repo) == ["segment@v0.4.1"]

    @pytest.mark.parametrize(
        ("call", "error"),
        [
            (lambda r: api.register(r, "no name"), UsageError),
            (lambda r: api.register(r, "churn", "nowhere"), NotFound),
            (lambda r: api.register(r, "churn", version="first"), UsageError),
            (lambda r: api.register(r, "churn", version="v3", bump_major=True), UsageError),
            (lambda r: api.register(r, "churn", bump_minor=True, bump_major=True), UsageError),
            (lambda r: api.register(r, "Churn"), Refused),
            (lambda r: api.assign(r, "churn", "prod"), UsageError),
            (lambda r: api.assign(r, "churn", "prod", "v1.0.0", "HEAD"), UsageError),
            (lambda r: api.assign(r, "churn", "prod/eu", "v1.0.0"), Refused),
            (lambda r: api.assign(r, "churn", "prod", "v9.0.0"), NotFound),
            (lambda r: api.unassign(r, "churn"), UsageError),
            (lambda r: api.unassign(r, "churn", stage="dev"), NotFound),
            (lambda r: api.deregister(r, "churn"), UsageError),
            (lambda r: api.deregister(r, "churn", "HEAD"), NotFound),
            (lambda r: api.deregister(r, "chrun", version="v1.0.0"), NotFound),
            (lambda r: api.deprecate(r, "chrun"), NotFound),
            (lambda r: api.register(r, "churn", message="\ud800"), UsageError),
            (lambda r: api.register(r, "churn", message="a\0b"), UsageError),
            (lambda r: api.register(r, "churn", message="x" * 70_000), Refused),
        ],
    )
    def test_what_cannot_be_done_raises_and_writes_nothing(self, repo, call, error):
        before = git("for-each-ref", repo=repo)
        with pytest.raises(error) as caught:
            call(repo)
        assert isinstance(caught.value, RegistryError)
        assert git("for-each-ref", repo=repo) == before


class TestAnnotations:
    def test_describe_annotate_and_remove(self, repo):
        assert api.describe(repo, "churn").type == "model"
        changed = api.annotate(
            repo, "churn", path="model.pkl", labels=["finance"], description="Who leaves?", custom={"auc": 0.9}
        )
        assert (changed.type, changed.path, changed.labels, changed.custom) == (
            "model",
            "model.pkl",
            ["finance"],
            {"auc": 0.9},
        )
        assert api.describe(repo, "churn") == changed
        api.remove(repo, "churn")
        with pytest.raises(NotFound, match="'churn' is not annotated"):
            api.describe(repo, "churn")
        assert git("log", "-1", "--format=%s", repo=repo) == "change\n"

    def test_a_commit_message_commits(self, repo):
        api.annotate(repo, "churn", "network", commit_message="Describe churn")
        assert git("log", "-1", "--format=%s", repo=repo) == "Describe churn\n"
        api.remove(repo, "churn", commit_message="Forget churn")
        assert git("log", "-1", "--format=%s", repo=repo) == "Forget churn\n"

    def test_the_annotation_of_a_version(self, repo):
        api.annotate(repo, "churn", "network", commit_message="Describe churn")
        api.register(repo, "churn", version="v3.0.0")
        assert api.describe(repo, "churn@v1.0.0").type == "model"
        assert api.describe(repo, "churn@v3").type == "network"
        assert api.describe(repo, "churn#prod").type == "model"


@pytest.mark.parametrize("patience", [-1, float("nan")])
def test_patience_is_a_number_of_seconds(patience):
    with pytest.raises(UsageError, match="patience is a number of seconds"):
        gittag_registry.Registry(".", patience=patience)
