"""The options that print columns, and what no option may mean."""

from __future__ import annotations

import click
import pytest

from gittag_registry.cli.main import COMMANDS
from gittag_registry.cli.main import cli as group
from tests.testing.builder import git


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("which churn prod --version --commit --path", "v1.1.0\t{second}\tmodels/churn.pkl\n"),
        ("which churn prod --path --commit --version", "models/churn.pkl\t{second}\tv1.1.0\n"),
        ("which churn prod --path", "models/churn.pkl\n"),
        ("which churn prod --all --ref --version", "churn@v1.1.0\tv1.1.0\nchurn@v1.0.0\tv1.0.0\n"),
        ("which --rev HEAD --version --path", "v2.0.0-rc.1\tmodels/churn.pkl\n"),
        ("latest churn --commit --version --path", "{second}\tv1.1.0\tmodels/churn.pkl\n"),
        ("latest models:embed --version --path", "v1.0.0\t-\n"),
        ("show churn#prod --name --version --stage --path", "churn\tv1.1.0\tprod, staging\tmodels/churn.pkl\n"),
        ("show churn@v2.0.0-rc.1 --stage --ref", "-\tchurn@v2.0.0-rc.1\n"),
        (
            "check-ref churn#prod#3 --event --name --stage --version --path",
            "assignment\tchurn\tprod\tv1.1.0\tmodels/churn.pkl\n",
        ),
        ("parse-tag churn#prod#3 --counter --stage", "3\tprod\n"),
        ("describe churn --path --type", "models/churn.pkl\tmodel\n"),
    ],
)
def test_columns_are_printed_with_tabs_in_the_order_asked(cli, company, builder, line, printed):
    asked = cli(*line.split(), repo=company)
    assert (asked.code, asked.out, asked.err) == (0, printed.format(second=builder.commit_id(2)), "")


def test_the_path_is_that_of_the_version(cli, company):
    (company / "artifacts.yaml").write_text("churn: {path: elsewhere.pkl}\n")
    git("commit", "-qam", "move", repo=company)
    assert cli("register", "churn@v3", repo=company).code == 0
    assert cli("which", "churn", "prod", "--path").out == "models/churn.pkl\n"
    assert cli("latest", "churn", "--path").out == "elsewhere.pkl\n"
    assert cli("latest", "churn", "--path", "-r", company.as_uri()).out == "elsewhere.pkl\n"


def test_columns_exclude_other_formats(cli, company):
    refused = cli("which", "churn", "prod", "--version", "--commit", "--json", repo=company)
    assert (refused.code, refused.out) == (2, "")
    assert "only one output option is allowed: --version or --json" in refused.err


def options() -> list[tuple[str, click.Option]]:
    """Every option of every command that its help shows."""
    commands = [(name, group.get_command(click.Context(group), name)) for name in COMMANDS]
    return [
        (name, option)
        for name, command in commands
        if command is not None
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    ]


def test_version_and_ref_always_print_and_rev_always_takes() -> None:
    """Versions are taken by NAME@VERSION; GTO's --version and --ref for it are hidden."""
    prints = {name for name, option in options() if {"--version", "--ref"} & {*option.opts} and option.is_flag}
    takes = {name for name, option in options() if {"--version", "--ref"} & {*option.opts} and not option.is_flag}
    assert prints >= {"show", "latest", "which", "check-ref"}
    assert takes == set()
    revisions = {name: option.is_flag for name, option in options() if "--rev" in option.opts}
    assert revisions == {"which": False, "unassign": False, "deprecate": False}
