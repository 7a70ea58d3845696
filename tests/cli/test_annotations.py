"""`git registry describe`, `annotate` and `remove`."""

from __future__ import annotations

import json

import pytest

from gittag_registry import api
from gittag_registry.errors import UsageError
from tests.cli.conftest import ANNOTATIONS
from tests.testing.builder import git


def contents(repo) -> str:
    return (repo / "artifacts.yaml").read_text()


def test_describe_shows_the_annotation(cli, company):
    asked = cli("describe", "churn", repo=company)
    assert (asked.code, asked.err) == (0, "")
    assert asked.out == "type: model\npath: models/churn.pkl\nlabels: finance\n"


@pytest.mark.parametrize(
    ("column", "printed"), [("--type", "model\n"), ("--path", "models/churn.pkl\n"), ("--description", "")]
)
def test_describe_prints_one_column(cli, company, column, printed):
    asked = cli("describe", "churn", column, repo=company)
    assert (asked.code, asked.out) == (0, printed)


def test_describe_as_json(cli, company):
    assert json.loads(cli("describe", "churn", "--json", repo=company).out) == {
        "schema": 1,
        "artifact": "churn",
        "commit": None,
        "type": "model",
        "path": "models/churn.pkl",
        "virtual": True,
        "labels": ["finance"],
        "description": "",
        "custom": None,
        "other": {},
    }


def test_describe_reads_the_file_as_it_is_now(cli, company):
    (company / "artifacts.yaml").write_text("churn:\n  type: network\n")
    assert cli("describe", "churn", "--type", repo=company).out == "network\n"


@pytest.mark.parametrize(
    ("selector", "path"),
    [("churn@v1.0.0", "old.pkl"), ("churn@1.1", "new.pkl"), ("churn@latest", "new.pkl"), ("churn#prod", "old.pkl")],
)
def test_describe_reads_the_file_on_the_commit_of_a_version(cli, builder, selector, path):
    first = builder.commit({"artifacts.yaml": "churn:\n  path: old.pkl\n"})
    second = builder.commit({"artifacts.yaml": "churn:\n  path: new.pkl\n"})
    builder.tag("churn@v1.0.0", first)
    builder.tag("churn@v1.1.0", second)
    builder.tag("churn#prod#1", first)
    builder.commit({"artifacts.yaml": "{}\n"})
    repo = builder.build()
    assert cli("describe", selector, "--path", repo=repo).out == f"{path}\n"
    commit = builder.commit_id(first if path == "old.pkl" else second)
    assert json.loads(cli("describe", selector, "--json").out)["commit"] == commit


def test_describe_falls_back_to_the_artifacts_of_dvc_yaml(cli, builder):
    builder.commit(
        {
            "artifacts.yaml": "churn:\n  type: model\n",
            "dvc.yaml": "artifacts:\n  churn:\n    type: ignored\n  nlp:\n    type: model\n    desc: words\n",
            "sub/dvc.yaml": "artifacts:\n  vision:\n    path: v.pkl\n",
        }
    )
    repo = builder.build()
    assert cli("describe", "churn", "--type", repo=repo).out == "model\n"
    assert cli("describe", "nlp", "--description").out == "words\n"
    assert cli("describe", "sub:vision", "--path").out == "sub/v.pkl\n"


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        (
            "chrun",
            "error: artifact 'chrun' is not annotated in artifacts.yaml or dvc.yaml\nhint: did you mean 'churn'?\n",
        ),
        ("chrun@v1.0.0", "error: artifact 'chrun' is not registered\nhint: did you mean 'churn'?\n"),
        ("churn@v1.0.9", "error: artifact 'churn' has no version 'v1.0.9'\nhint: did you mean 'v1.0.0'?\n"),
        ("churn#pord", "error: artifact 'churn' has no version in stage 'pord'\nhint: did you mean 'prod'?\n"),
    ],
)
def test_describe_of_what_is_unknown_gets_a_suggestion(cli, company, selector, message):
    asked = cli("describe", selector, repo=company)
    assert (asked.code, asked.out, asked.err) == (3, "", message)


def test_describe_says_on_which_commit_there_is_no_annotation(cli, builder):
    builder.tag("churn@v1.0.0", builder.commit({"README": "x"}))
    asked = cli("describe", "churn@v1.0.0", repo=builder.build())
    assert asked.code == 3
    assert asked.err == f"error: artifact 'churn' is not annotated on commit {builder.commit_id(1)[:7]}\n" + (
        "hint: a version has the annotation of its commit; the present one: git registry describe churn\n"
    )


@pytest.mark.parametrize("command", [["describe", "churn"], ["annotate", "churn"], ["remove", "churn", "--dry-run"]])
def test_an_index_of_gto_that_is_not_read_is_a_warning(cli, company, command):
    (company / ".gto").write_text("INDEX: other.yaml\n")
    asked = cli(*command, repo=company)
    told = "warning: .gto:1: INDEX: is not obeyed: annotations are read from artifacts.yaml, not from other.yaml\n"
    assert (asked.code, asked.err.count(told)) == (0, 1)


def test_an_invalid_configuration_does_not_stop_describe(cli, company):
    (company / ".gto").write_text("stages: 3\n")
    asked = cli("describe", "churn", "--type", repo=company)
    assert (asked.code, asked.out) == (0, "model\n")
    assert asked.err.startswith("warning: .gto:1: stages: ")


def test_annotate_adds_an_entry_and_keeps_comments_and_order(cli, company):
    done = cli(
        "annotate", "uplift", "--type", "model", "--path", "models/uplift", "--label", "a", "--label", "b", repo=company
    )
    assert done.code == 0
    assert done.err == "changed artifacts.yaml; git commit it to keep the change\n"
    assert contents(company) == (
        "# what we own\n"
        "churn:\n"
        "  type: model\n"
        "  path: models/churn.pkl  # trained nightly\n"
        "  labels: [finance]\n"
        "customers:\n"
        "  type: dataset\n"
        "  path: s3://lake/customers\n"
        "uplift:\n"
        "  type: model\n"
        "  path: models/uplift\n"
        "  labels:\n"
        "  - a\n"
        "  - b\n"
    )


def test_annotate_changes_what_is_given_and_adds_labels(cli, company):
    options = ["--label", "nightly", "--label", "finance", "--description", "Who leaves?", "--custom", "auc=0.93"]
    cli("annotate", "churn", *options, repo=company)
    assert contents(company).startswith(
        "# what we own\n"
        "churn:\n"
        "  type: model\n"
        "  path: models/churn.pkl  # trained nightly\n"
        "  labels: [finance, nightly]\n"
        "  description: Who leaves?\n"
        "  custom:\n"
        "    auc: '0.93'\n"
        "customers:\n"
    )


def test_custom_keys_are_added_to_those_there_are(cli, company):
    cli("annotate", "churn", "--custom", "auc=0.93", "--custom", "url=http://x/?a=b", repo=company)
    cli("annotate", "churn", "--custom", "auc=0.95")
    assert json.loads(cli("describe", "churn", "--json").out)["custom"] == {"auc": "0.95", "url": "http://x/?a=b"}


def test_annotate_makes_the_file_if_there_is_none(cli, builder):
    builder.commit()
    repo = builder.build()
    assert cli("annotate", "churn", "--type", "model", repo=repo).out == "type: model\n"
    assert contents(repo) == "churn:\n  type: model\n"


def test_annotate_works_from_a_subfolder(cli, company):
    cli("annotate", "churn", "--type", "network", repo=company / "models")
    assert "  type: network\n" in contents(company)
    assert not (company / "models" / "artifacts.yaml").exists()


def test_annotate_keeps_the_files_mode_and_leaves_nothing_beside_it(cli, company):
    (company / "artifacts.yaml").chmod(0o640)
    before = sorted(path.name for path in company.iterdir())
    cli("annotate", "churn", "--type", "network", repo=company)
    assert (company / "artifacts.yaml").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in company.iterdir()) == before


def test_a_linked_file_stays_a_link(cli, company):
    (company / "artifacts.yaml").rename(company / "shared.yaml")
    (company / "artifacts.yaml").symlink_to("shared.yaml")
    cli("annotate", "churn", "--type", "network", repo=company)
    assert (company / "artifacts.yaml").is_symlink()
    assert "  type: network\n" in (company / "shared.yaml").read_text()


def test_a_dry_run_shows_the_entry_and_changes_nothing(cli, company):
    before = contents(company)
    done = cli("annotate", "churn", "--type", "network", "--dry-run", repo=company)
    assert done.out.startswith("type: network\n")
    assert done.err == "dry run: artifacts.yaml was not changed\n"
    assert contents(company) == before


@pytest.mark.parametrize(
    "options", [["--commit"], ["-m", ""], ["-m", "Describe churn"], ["--commit", "-m", "Describe churn"]]
)
def test_commit_commits_the_file_and_nothing_else(cli, company, options):
    (company / "staged.txt").write_text("staged")
    git("add", "staged.txt", repo=company)
    (company / "README").write_text("changed, not staged")
    done = cli("annotate", "churn", "--type", "network", *options, repo=company)
    head = git("rev-parse", "HEAD", repo=company).strip()
    assert done.err == f"committed artifacts.yaml as {head[:7]}\n"
    subject = "Describe churn" if "Describe churn" in options else "Annotate artifact churn"
    assert git("show", "--format=%s", "--name-only", "HEAD", repo=company).split("\n\n") == [
        subject,
        "artifacts.yaml\n",
    ]
    assert git("status", "--porcelain", repo=company) == " M README\nA  staged.txt\n"


def test_commit_adds_a_new_file(cli, builder):
    builder.commit()
    repo = builder.build()
    (repo / "staged.txt").write_text("staged")
    git("add", "staged.txt", repo=repo)
    cli("annotate", "churn", "--type", "model", "--commit", repo=repo)
    assert git("show", "--format=", "--name-only", "HEAD", repo=repo) == "artifacts.yaml\n"
    assert git("status", "--porcelain", repo=repo) == "A  staged.txt\n"


def test_a_commit_without_a_change_is_refused(cli, company):
    head = git("rev-parse", "HEAD", repo=company)
    refused = cli("annotate", "churn", "--type", "model", "--commit", repo=company)
    assert (refused.code, refused.out) == (5, "")
    assert refused.err == "error: artifacts.yaml has no change to commit\n"
    assert git("rev-parse", "HEAD", repo=company) == head


def test_a_commit_that_a_hook_refuses_is_an_error_with_its_reason(cli, company):
    hook = company / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\necho 'no commits on fridays' >&2\nexit 1\n")
    hook.chmod(0o755)
    head = git("rev-parse", "HEAD", repo=company)
    refused = cli("annotate", "churn", "--type", "network", "--commit", repo=company)
    assert (refused.code, refused.out) == (1, "")
    assert "no commits on fridays" in refused.err
    assert git("rev-parse", "HEAD", repo=company) == head
    assert git("status", "--porcelain", repo=company) == ""


def test_remove_takes_an_entry_out_and_nothing_else(cli, company):
    done = cli("remove", "customers", repo=company)
    assert (done.code, done.out) == (0, "")
    assert contents(company) == (
        "# what we own\nchurn:\n  type: model\n  path: models/churn.pkl  # trained nightly\n  labels: [finance]\n"
    )


def test_remove_with_commit(cli, company):
    done = cli("remove", "customers", "--commit", repo=company)
    assert done.err.startswith("committed artifacts.yaml as ")
    assert git("log", "-1", "--format=%s", repo=company) == "Remove the annotation of artifact customers\n"
    assert git("status", "--porcelain", repo=company) == ""


def test_remove_as_a_dry_run(cli, company):
    before = contents(company)
    assert cli("remove", "customers", "-n", repo=company).err == "dry run: artifacts.yaml was not changed\n"
    assert contents(company) == before


def test_removing_the_last_entry_leaves_an_empty_mapping(cli, builder):
    builder.commit({"artifacts.yaml": "churn:\n  type: model\n"})
    repo = builder.build()
    cli("remove", "churn", repo=repo)
    assert contents(repo) == "{}\n"
    assert cli("show").code == 0


def test_an_artifact_in_a_directory_is_annotated_in_its_dvc_file(cli, builder):
    builder.commit()
    repo = builder.build()
    done = cli("annotate", "models:churn", "--type", "model", "--path", "models/c.pkl", "--commit", repo=repo)
    assert done.err.startswith("committed models/dvc.yaml as ")
    assert (repo / "models/dvc.yaml").read_text() == "artifacts:\n  churn:\n    type: model\n    path: c.pkl\n"
    assert cli("describe", "models:churn", "--path").out == "models/c.pkl\n"
    removed = cli("remove", "models:churn", "--commit")
    assert removed.err.startswith("committed models/dvc.yaml as ")
    assert (repo / "models/dvc.yaml").read_text() == "artifacts: {}\n"
    assert not (repo / "artifacts.yaml").exists()


def test_an_artifact_in_a_directory_needs_a_path(cli, builder):
    builder.commit()
    refused = cli("annotate", "models:churn", "--type", "model", repo=builder.build())
    assert refused.code == 2
    assert refused.err == (
        "error: 'models:churn' is annotated in models/dvc.yaml, where DVC needs its path\nhint: add --path PATH\n"
    )


def test_a_directory_outside_the_repository_is_refused(cli, builder, tmp_path):
    builder.commit()
    refused = cli("annotate", "../x:churn", "--path", "a", repo=builder.build())
    assert (refused.code, refused.err) == (2, "error: the path '../x' is outside of the repository\n")
    assert not list(tmp_path.rglob("dvc.yaml"))


@pytest.mark.parametrize("directory", ["/abs", "abs/", "./abs", "abs//eu", "abs/../eu"])
def test_a_directory_that_is_written_otherwise_than_its_file_is_found_is_refused(cli, builder, directory):
    builder.commit()
    repo = builder.build()
    refused = cli("annotate", f"{directory}:churn", "--path", "a", repo=repo)
    assert refused.code == 2
    assert refused.err.startswith(f"error: the path '{directory}' is ")
    assert list(repo.rglob("dvc.yaml")) == []


@pytest.mark.parametrize("directory", [".git", "a/.git"])
def test_a_directory_that_no_tag_can_name_is_refused(cli, builder, directory):
    builder.commit()
    repo = builder.build()
    refused = cli("annotate", f"{directory}:churn", "--path", "a", repo=repo)
    assert (refused.code, refused.out) == (6, "")
    assert refused.err.startswith(f"error: git cannot store the tag name '{directory}=churn@v0.0.1'\n")
    assert not list(repo.rglob("dvc.yaml"))


def test_an_entry_that_stops_gto_is_removed_before_its_place_gets_one(cli, builder):
    builder.commit({"artifacts.yaml": "models:churn:\n  type: model\n"})
    repo = builder.build()
    refused = cli("annotate", "models:churn", "--path", "models/c.pkl", repo=repo)
    assert (refused.code, refused.err) == (
        5,
        "error: artifacts.yaml has an entry 'models:churn', which stops GTO; its place is models/dvc.yaml\n"
        "hint: git registry remove models:churn\n",
    )
    removed = cli("remove", "models:churn")
    assert (removed.code, removed.err) == (0, "changed artifacts.yaml; git commit it to keep the change\n")
    assert contents(repo) == "{}\n"
    assert cli("annotate", "models:churn", "--path", "models/c.pkl").code == 0


def test_remove_of_an_unknown_entry_gets_a_suggestion(cli, company):
    before = contents(company)
    refused = cli("remove", "customer", repo=company)
    assert (refused.code, refused.err) == (
        3,
        "error: artifacts.yaml has no entry 'customer'\nhint: did you mean 'customers'?\n",
    )
    assert contents(company) == before


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--must-exist"], 2, "--must-exist needs a --path"),
        (["--path", ""], 2, "the path is empty"),
        (["--path", "nowhere", "--must-exist"], 6, "'nowhere' does not exist in the working tree"),
        (["--custom", "noequals"], 2, "--custom takes KEY=VALUE, not 'noequals'"),
        (["--custom", "=1"], 2, "--custom takes KEY=VALUE"),
        (["--type", ""], 2, "a type and a label cannot be empty"),
        (["--label", "eu", "--label", ""], 2, "a type and a label cannot be empty"),
    ],
)
def test_options_that_do_not_hold_are_refused(cli, company, options, code, message):
    before = contents(company)
    refused = cli("annotate", "churn", *options, repo=company)
    assert (refused.code, refused.out) == (code, "")
    assert message in refused.err
    assert contents(company) == before


def test_a_path_that_must_exist_may(cli, company):
    assert cli("annotate", "churn", "--path", "models/churn.pkl", "--must-exist", repo=company).code == 0
    assert json.loads(cli("describe", "churn", "--json").out)["virtual"] is False


def test_a_type_that_is_not_allowed_is_refused(cli, company):
    (company / ".gittag-registry.yaml").write_text("types: [model, dataset]\n")
    before = contents(company)
    refused = cli("annotate", "churn", "--type", "modle", repo=company)
    assert (refused.code, refused.err) == (6, "error: type 'modle' is not allowed\nhint: did you mean 'model'?\n")
    assert contents(company) == before


def test_a_bare_repository_has_no_file_to_edit(cli, company, tmp_path):
    git("clone", "--quiet", "--bare", str(company), str(tmp_path / "bare"))
    refused = cli("annotate", "churn", "--type", "x", repo=tmp_path / "bare")
    assert (refused.code, refused.out) == (6, "")
    assert "bare repository has no working tree" in refused.err
    assert cli("describe", "churn", "--type").out == "model\n"


class TestPath:
    @pytest.mark.parametrize(
        ("place", "typed", "kept"),
        [
            (".", "models/churn.pkl", "models/churn.pkl"),
            ("models", "churn.pkl", "models/churn.pkl"),
            ("models", "./churn.pkl", "models/churn.pkl"),
            ("models/deep", "../churn.pkl", "models/churn.pkl"),
            ("models", "../README", "README"),
            ("models", "s3://lake/churn.pkl", "s3://lake/churn.pkl"),
            ("models", "deep/", "models/deep"),
        ],
    )
    def test_it_is_relative_to_where_one_stands(self, cli, company, place, typed, kept):
        (company / "models" / "deep").mkdir(parents=True)
        done = cli("annotate", "churn", "--path", typed, repo=company / place)
        assert done.code == 0
        assert json.loads(cli("describe", "churn", "--json").out)["path"] == kept

    def test_with_c_one_stands_there(self, cli, company):
        (company / "models" / "deep").mkdir(parents=True)
        cli("-C", "models", "annotate", "churn", "--path", "churn.pkl", "--must-exist", repo=company)
        assert cli("describe", "churn", "--path", repo=company).out == "models/churn.pkl\n"

    def test_outside_it_is_from_the_top(self, cli, company, tmp_path):
        cli("annotate", "churn", "--path", "models/churn.pkl", "-r", str(company), repo=tmp_path)
        assert cli("describe", "churn", "--path", repo=company).out == "models/churn.pkl\n"

    @pytest.mark.parametrize("typed", ["../secret", "models/../../secret"])
    def test_what_is_outside_is_refused(self, cli, company, typed):
        before = (company / "artifacts.yaml").read_bytes()
        refused = cli("annotate", "churn", "--path", typed, repo=company)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err == "error: the path '../secret' is outside of the repository\n"
        assert (company / "artifacts.yaml").read_bytes() == before

    def test_an_absolute_one_is_refused_with_what_to_type(self, cli, company):
        (company / "models").mkdir(exist_ok=True)
        refused = cli("annotate", "churn", "--path", str(company / "models" / "churn.pkl"), repo=company / "models")
        assert refused.code == 2
        assert refused.err.endswith("is absolute, and other clones are elsewhere\nhint: --path churn.pkl\n")
        assert "hint" not in cli("annotate", "churn", "--path", "/etc/passwd").err

    def test_the_api_takes_it_from_the_top(self, company):
        assert api.annotate(company, "churn", path="a/b").path == "a/b"
        for path in ("/etc/passwd", "../secret", "a/../../b"):
            with pytest.raises(UsageError):
                api.annotate(company, "churn", path=path)


class TestLabels:
    def test_one_is_removed(self, cli, company):
        cli("annotate", "churn", "--label", "eu", "--remove-label", "finance", repo=company)
        assert json.loads(cli("describe", "churn", "--json").out)["labels"] == ["eu"]
        assert "# trained nightly" in (company / "artifacts.yaml").read_text()

    def test_one_that_is_not_there_is_an_error(self, cli, company):
        before = (company / "artifacts.yaml").read_bytes()
        refused = cli("annotate", "churn", "--remove-label", "finanse", repo=company)
        assert refused.code == 3
        assert refused.err == "error: 'churn' has no label 'finanse'\nhint: did you mean 'finance'?\n"
        assert cli("annotate", "customers", "--remove-label", "finance").code == 3
        assert (company / "artifacts.yaml").read_bytes() == before

    def test_the_api_removes_them_too(self, company):
        assert api.annotate(company, "churn", labels=["eu"], without_labels=["finance"]).labels == ["eu"]


class TestCommitOfOneChange:
    def status(self, repo):
        return git("status", "--porcelain", repo=repo)

    @pytest.fixture
    def worked(self, cli, builder):
        """A clone in which `weather` was annotated, and not committed."""
        builder.commit({"artifacts.yaml": ANNOTATIONS, "other": "1"})
        repo = builder.build()
        cli("annotate", "weather", "--type", "dataset", repo=repo)
        return repo

    @pytest.mark.parametrize("staged", [False, True])
    def test_other_changes_of_the_file_are_left_as_they_were(self, cli, worked, staged):
        if staged:
            git("add", "artifacts.yaml", repo=worked)
        (worked / "other").write_text("2")
        before = (worked / "artifacts.yaml").read_text()
        done = cli("annotate", "churn", "--description", "who leaves", "--commit", repo=worked)
        assert done.code == 0
        shown = git("show", "--format=", "--unified=0", "HEAD", repo=worked).splitlines()
        assert [line for line in shown if line.startswith(("+", "-")) and "artifacts.yaml" not in line] == [
            "+  description: who leaves"
        ]
        assert "weather" in before
        assert "weather" in (worked / "artifacts.yaml").read_text()
        assert self.status(worked) == ("M  artifacts.yaml\n M other\n" if staged else " M artifacts.yaml\n M other\n")
        kept = git("diff", "HEAD", "--", "artifacts.yaml", repo=worked).splitlines()
        assert [line for line in kept if line.startswith("+")][1:] == ["+weather:", "+  type: dataset"]

    def test_those_of_the_same_entry_too(self, cli, worked):
        cli("annotate", "churn", "--type", "network", repo=worked)
        cli("annotate", "churn", "--label", "eu", "-m", "Label it")
        assert "network" not in git("show", "HEAD:artifacts.yaml", repo=worked)
        assert "eu" in git("show", "HEAD:artifacts.yaml", repo=worked)

    def test_a_refused_commit_leaves_everything(self, cli, worked):
        git("add", "artifacts.yaml", repo=worked)
        hook = worked / ".git" / "hooks" / "pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
        before = (worked / "artifacts.yaml").read_bytes(), git("ls-files", "--stage", repo=worked), self.status(worked)
        assert cli("annotate", "churn", "--type", "network", "--commit", repo=worked).code == 1
        after = (worked / "artifacts.yaml").read_bytes(), git("ls-files", "--stage", repo=worked), self.status(worked)
        assert after == before

    def test_a_change_that_is_committed_already_is_none(self, cli, worked):
        refused = cli("annotate", "churn", "--type", "model", "--commit", repo=worked)
        assert (refused.code, refused.err) == (5, "error: artifacts.yaml has no change to commit\n")

    def test_a_merge_is_not_concluded(self, cli, worked):
        (worked / ".git" / "MERGE_HEAD").write_text(git("rev-parse", "HEAD", repo=worked))
        refused = cli("annotate", "churn", "--type", "network", "--commit", repo=worked)
        assert refused.code == 5
        assert "in the middle of a merge" in refused.err
        assert "network" not in (worked / "artifacts.yaml").read_text()

    def test_the_first_commit_of_a_repository(self, cli, tmp_path):
        git("init", "-q", str(tmp_path / "new"))
        assert cli("annotate", "churn", "--type", "model", "--commit", repo=tmp_path / "new").code == 0
        assert self.status(tmp_path / "new") == ""
