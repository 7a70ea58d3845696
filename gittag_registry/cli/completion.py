"""Completion: the candidates, and the scripts that request them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from gittag_registry.cli.main import COMPLETION
from gittag_registry.errors import RegistryError
from gittag_registry.model.queries import active_versions, stages_used
from gittag_registry.registry import Registry
from gittag_registry.urls import is_url

SHELLS = ("bash", "zsh", "fish", "powershell")
_NARROWED = re.compile("[@#]")  # what follows the artifact in a selector
_PROGRAMS = ("git-registry", "gittag-registry")

# Our own script and not click's: git's completion calls `_git_registry` for `git registry`, and bash splits words at
# '@', ':' and '=', which the names of artifacts and versions have.
_BASH = r"""
_git_registry_reply() {
    local line=$COMP_LINE words=() first=1 index word current marks prefix='' item
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if ((index)) && [[ -n $COMP_LINE && $line != [[:space:]]* ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        line=${line#"${line%%[![:space:]]*}"}
        line=${line#"$word"}
    done
    if [[ $1 == git ]]; then
        while ((first < ${#words[@]})) && [[ ${words[first++]} != registry ]]; do :; done
    fi
    current=${words[${#words[@]} - 1]}
    marks=${COMP_WORDBREAKS//[^@:=]/}
    if [[ -n $marks && $current != [\'\"]* ]]; then
        prefix=${current%"${current##*[$marks]}"}
        prefix=${prefix%@}  # readline counts an '@' to the following word
    fi
    local IFS=$'\n'
    COMPREPLY=()
    for item in $(env COMP_WORDS="git-registry"$'\n'"${words[*]:first}" COMP_CWORD=$((${#words[@]} - first)) \
        _GIT_REGISTRY_COMPLETE=bash_complete "$@" 2>/dev/null); do
        case ${item%%,*} in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            *) item=${item#*,}; COMPREPLY+=("${item#"$prefix"}") ;;
        esac
    done
}
_git_registry() {
    _git_registry_reply git "${__git_C_args[@]}" registry
}
_git_registry_program() {
    _git_registry_reply "$1"
}
complete -o nosort -F _git_registry_program git-registry gittag-registry 2>/dev/null ||
    complete -F _git_registry_program git-registry gittag-registry
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
    if shell == "bash":
        return _BASH.strip()
    kind = get_completion_class(shell)
    assert kind is not None  # click has the two others
    return "\n".join(kind(cli, {}, program, COMPLETION).source().strip() for program in _PROGRAMS)


def artifacts(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """Artifacts; after ``NAME@`` its versions, after ``NAME#`` its stages."""
    for mark, offered in (("@", _versions), ("#", _stages)):
        name, separator, part = incomplete.partition(mark)
        if separator:
            return [CompletionItem(f"{name}{mark}{word}") for word in offered(ctx, name) if word.startswith(part)]
    return _items(_ask(lambda registry: registry.store.artifacts(), ctx), incomplete)


def versions(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The active versions of the artifact named before."""
    return _items(_versions(ctx, _name(ctx)), incomplete)


def stages(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The stages of the artifact named before, and the allowed ones."""
    return _items(_stages(ctx, _name(ctx)), incomplete)


def _name(ctx: click.Context) -> str | None:
    """The artifact on the command line; while an option lacks its value, click has not parsed the arguments."""
    selector = ctx.params.get("name") or ctx.params.get("artifact") or next(iter(ctx.args), None)
    return _NARROWED.split(selector)[0] if selector else None


def _versions(ctx: click.Context, name: str | None) -> list[str]:
    if not name:
        return []
    return _ask(lambda registry: [v.version for v in active_versions(registry.artifact(name))], ctx)


def _stages(ctx: click.Context, name: str | None) -> list[str]:
    def ask(registry: Registry) -> list[str]:
        chosen = registry.state().artifacts.values() if name is None else [registry.artifact(name)]
        return sorted({*stages_used(chosen), *registry.stages(allowed=True)})

    return _ask(ask, ctx)


def _ask(question: Callable[[Registry], list[str]], ctx: click.Context) -> list[str]:
    try:
        place = _place(ctx)
        return question(Registry(place, offline=place is not None and is_url(place) and not os.path.isdir(place)))
    except RegistryError:  # completion prints no errors
        return []


def _place(ctx: click.Context) -> str | None:
    """The repository that the options so far name; -C has no effect while a line is completed."""
    places = [ctx.find_root().params.get("directory"), ctx.params.get("directory"), ctx.params.get("repo")]
    if places[-1] and is_url(places[-1]):
        return str(places[-1])
    return os.path.join("", *(place for place in places if place)) or None


def _items(words: list[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]
