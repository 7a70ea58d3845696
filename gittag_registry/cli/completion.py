"""Completion: what is offered, and the scripts that ask for it."""

from __future__ import annotations

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from gittag_registry.errors import RegistryError
from gittag_registry.queries import active_versions, stages_used
from gittag_registry.reader import artifact_names
from gittag_registry.registry import Registry

SHELLS = ("bash", "zsh", "fish", "powershell")
_VARIABLE = "_GIT_REGISTRY_COMPLETE"
_PROGRAMS = ("git-registry", "gittag-registry")

# `git registry` is completed by git's own completion, which calls a function of this name.
_BASH_SUBCOMMAND = """
_git_registry() {
    local IFS=$'\\n' item
    COMPREPLY=()
    for item in $(env COMP_WORDS="git-registry ${COMP_WORDS[*]:2}" COMP_CWORD=$((COMP_CWORD - 1)) \\
        _GIT_REGISTRY_COMPLETE=bash_complete git-registry); do
        COMPREPLY+=("${item#*,}")
    done
}
"""
_POWERSHELL = """
Register-ArgumentCompleter -Native -CommandName git-registry, gittag-registry -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | ForEach-Object { "$_" })
    $index = if ($wordToComplete) { $words.Count - 1 } else { $words.Count }
    $env:COMP_WORDS = $words -join ' '
    $env:COMP_CWORD = $index
    $env:_GIT_REGISTRY_COMPLETE = 'bash_complete'
    try {
        & $words[0] | ForEach-Object {
            $kind, $value = $_ -split ',', 2
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $value)
        }
    } finally {
        Remove-Item Env:COMP_WORDS, Env:COMP_CWORD, Env:_GIT_REGISTRY_COMPLETE
    }
}
"""


def script(shell: str) -> str:
    """The script that a shell evaluates to complete our commands."""
    from click.shell_completion import get_completion_class

    from gittag_registry.cli.main import cli

    if shell == "powershell":
        return _POWERSHELL.strip()
    found = get_completion_class(shell)
    assert found is not None  # click knows the three others
    sources = [found(cli, {}, program, _VARIABLE).source() for program in _PROGRAMS]
    if shell == "bash":
        sources.append(_BASH_SUBCOMMAND)
    return "\n".join(source.strip() for source in sources)


def artifacts(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """Artifacts; after ``NAME@`` its versions, after ``NAME#`` its stages."""
    for mark, offered in (("@", _versions), ("#", _stages)):
        name, found, part = incomplete.partition(mark)
        if found:
            return [CompletionItem(f"{name}{mark}{word}") for word in offered(ctx, name) if word.startswith(part)]
    return _items(_ask(lambda registry: artifact_names(registry.repository), ctx), incomplete)


def versions(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The active versions of the artifact named before."""
    return _items(_versions(ctx, ctx.params.get("name")), incomplete)


def stages(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The stages of the artifact named before, and the allowed ones."""
    return _items(_stages(ctx, ctx.params.get("name")), incomplete)


def _versions(ctx: click.Context, name: str | None) -> list[str]:
    if not name:
        return []
    return _ask(lambda registry: [v.version for v in active_versions(registry.artifact(name))], ctx)


def _stages(ctx: click.Context, name: str | None) -> list[str]:
    def ask(registry: Registry) -> list[str]:
        known = registry.state().artifacts.values() if name is None else [registry.artifact(name)]
        return sorted({*stages_used(known), *registry.stages(allowed=True)})

    return _ask(ask, ctx)


def _ask(question: Callable[[Registry], list[str]], ctx: click.Context) -> list[str]:
    try:
        return question(Registry(ctx.params.get("repo")))
    except RegistryError:  # nothing can be said while a command line is being typed
        return []


def _items(words: list[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]
