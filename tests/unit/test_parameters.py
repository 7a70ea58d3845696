"""The number of parameters of the verbs, over all layers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields

import pytest

from gittag_registry import api
from gittag_registry.cli import writing
from gittag_registry.model.commands import (
    Assign,
    Deprecate,
    Deregister,
    ExecuteOptions,
    Register,
    Unassign,
    WriteOptions,
    check_options,
    resolved,
)
from gittag_registry.registry import Registry
from gittag_registry.store.writer import Writer

VERBS = {"register": Register, "assign": Assign, "unassign": Unassign, "deregister": Deregister, "deprecate": Deprecate}
MOST = 90


def parameters(function: Callable[..., object]) -> int:
    return len(inspect.signature(function).parameters)


def layers() -> dict[str, int]:
    """How many parameters each layer between a caller and a plan has for the five verbs."""
    return {
        "api": sum(parameters(getattr(api, verb)) for verb in VERBS),
        "cli": sum(parameters(getattr(writing, verb).callback) for verb in VERBS),
        "commands": sum(len(fields(command)) for command in VERBS.values()),
        "resolved": parameters(resolved),
        "registry": parameters(Registry.execute),
        "writer": len(fields(Writer)) + parameters(Writer.execute),
    }


def test_the_verbs_need_few_parameters() -> None:
    """Adding an option to one layer must not mean to add it to all of them.

    Counted are, for register, assign, unassign, deregister and deprecate: the parameters of the function of the API and
    of the function behind the command, the fields of the operation (inherited ones for each verb again); and once,
    because all verbs share them: the parameters of `resolved`, which reads what was typed, of `Registry.execute` and of
    `Writer.execute`, and the writer's fields. `self` counts, `**options` and `**fields` are one each. The options behind
    `**options` are spelled out nowhere but in `WriteOptions` and `ExecuteOptions`; the next test holds them.
    """
    assert sum(layers().values()) < MOST, layers()


def test_the_options_that_all_writes_share_are_declared_once() -> None:
    shared = ExecuteOptions.__optional_keys__
    assert shared == {*WriteOptions.__optional_keys__, "message"}
    assert len(shared) == 9
    for verb, command in VERBS.items():
        assert not shared & set(inspect.signature(getattr(writing, verb).callback).parameters)
        assert not shared & {field.name for field in fields(command)}
        assert shared & set(inspect.signature(getattr(api, verb)).parameters) == {"message"}
    assert not shared & set(inspect.signature(Registry.execute).parameters)


def test_help_shows_the_options_that_all_writes_share() -> None:
    for verb in (*VERBS, "rollback"):
        text = inspect.getdoc(getattr(api, verb)) or ""
        for option in WriteOptions.__optional_keys__:
            assert f"\n    {option}: " in text


def test_an_option_that_does_not_exist_is_a_mistake_of_the_caller() -> None:
    check_options({"force": True, "message": "x"})
    with pytest.raises(TypeError, match=r"^unexpected keyword argument 'forse'; did you mean 'force'\?$"):
        check_options({"forse": True})  # type: ignore[typeddict-unknown-key]  # the mistake
    with pytest.raises(TypeError, match=r"^unexpected keyword argument 'when'$"):
        check_options({"when": 1})  # type: ignore[typeddict-unknown-key]  # the mistake


def test_a_parameter_that_is_added_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sum(layers().values())

    def deprecate(repo: str, name: str, ref: str, message: str, *, delete: bool, added: bool, **options: bool) -> None:
        """The real one has not `added`."""

    monkeypatch.setattr(api, "deprecate", deprecate)
    assert sum(layers().values()) == before + 1
