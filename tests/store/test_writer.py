"""Operations as a whole: read, decide and write, again after a lost race, until one deadline. No server, no waiting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gittag_registry.errors import Conflict, InDoubt
from gittag_registry.git.failures import ConnectionLost
from gittag_registry.git.process import locate
from gittag_registry.model.commands import Assign, Register
from gittag_registry.model.events import Event
from gittag_registry.store.remote_target import RemoteTarget
from gittag_registry.store.writer import Writer
from tests.store.memory import FakeClock, MemoryReader, MemoryServer, failing
from tests.testing.builder import RepositoryBuilder
from tests.unit.make import artifact

LOST = ConnectionLost("hung up")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> MemoryServer:
    return MemoryServer(clock=clock, push_takes=0.4)


@pytest.fixture
def reader(builder: RepositoryBuilder, server: MemoryServer) -> MemoryReader:
    builder.commit()
    return MemoryReader(locate(builder.build()), server)


@pytest.fixture
def target(reader: MemoryReader) -> RemoteTarget:
    return reader.target


@pytest.fixture
def commit(reader: MemoryReader, builder: RepositoryBuilder) -> str:
    return builder.commit_id(1)


def rival(reader: MemoryReader, line: str, oid: str) -> Event:
    """Another writer's tag, which may be read once the server has it."""
    [event] = artifact(line).events
    event = event._replace(oid=oid)
    reader.knows(event)
    return event


def test_an_operation_writes_what_it_decided(reader, target, server, clock, commit):
    outcome = Writer(target, clock=clock).execute(Assign(artifact="churn", stage="prod", commit=commit))
    assert {event.ref: event.oid for event in outcome.events} == server.tags
    assert (list(server.tags), outcome.pushed_to) == (["churn@v0.0.1", "churn#prod#1"], "origin")


def test_after_a_lost_race_it_is_decided_anew(reader, target, server, clock, commit):
    other = rival(reader, "churn@v0.0.1 on b", "f" * 40)
    server.script(pushes=[lambda plan: server.tags.update({other.ref: other.oid}) or failing(LOST)()])
    outcome = Writer(target, clock=clock).execute(Register(artifact="churn", commit=commit))
    assert [event.ref for event in outcome.events] == ["churn@v0.0.2"]
    assert 0.8 <= clock.time < 1.6


def test_after_a_collision_of_counters_some_are_left_out(reader, target, server, clock, commit):
    other = rival(reader, "churn#dev#1 on b", "0" * 40)  # lower than any of ours

    def meanwhile(plan):
        server.carry_out(plan)
        server.tags[other.ref] = other.oid

    server.script(pushes=[meanwhile])
    clock = FakeClock(drawn=0.9)
    command = Assign(artifact="churn", stage="prod", commit=commit, skip_registration=True)
    [written] = Writer(target, clock=clock).execute(command).events
    assert (written.ref, sorted(server.tags)) == ("churn#prod#2", ["churn#dev#1", "churn#prod#2"])


def test_a_withdrawn_tag_that_comes_back_is_deleted_before_it_is_decided_anew(reader, target, server, clock, commit):
    other = rival(reader, "churn#dev#1 on b", "0" * 40)
    withdrawn = []

    def collide(plan):
        withdrawn.extend(plan.events)
        reader.knows(*withdrawn)
        server.carry_out(plan)
        server.tags[other.ref] = other.oid

    def delete_and_restore(plan):
        server.carry_out(plan)
        server.tags |= {event.ref: event.oid for event in withdrawn}

    server.script(pushes=[collide, delete_and_restore])
    command = Assign(artifact="churn", stage="prod", commit=commit, skip_registration=True)
    outcome = Writer(target, clock=clock).execute(command)
    assert {event.ref: event.oid for event in outcome.events} == {
        name: oid for name, oid in server.tags.items() if name != other.ref
    }


@pytest.mark.parametrize("patience", [1.0, 5.0, 120.0])
def test_whoever_always_loses_gives_up_at_the_deadline(reader, target, server, clock, commit, patience):
    numbers = iter(range(1, 10_000))

    def overtaken(plan):
        event = rival(reader, f"{plan.events[0].ref} on b", f"{next(numbers):040}")
        server.tags[event.ref] = event.oid
        failing(LOST)()

    server.script(pushes=[overtaken] * 10_000)
    with pytest.raises(Conflict, match="each attempt lost a race"):
        Writer(target, clock=clock, patience=patience).execute(Register(artifact="churn", commit=commit))
    assert patience <= clock.time <= patience + 0.4  # what had begun may end


@pytest.mark.parametrize("patience", [1.0, 120.0])
def test_a_server_that_is_gone_after_the_push_leaves_it_unknown_at_the_deadline(
    reader, target, server, clock, commit, patience
):
    server.script(pushes=[server.done_but(LOST)], lists=[None, None, *[failing(LOST)] * 10_000])
    with pytest.raises(InDoubt) as caught:
        Writer(target, clock=clock, patience=patience).execute(Register(artifact="churn", commit=commit))
    assert caught.value.refs == ("churn@v0.0.1",)
    assert clock.time == pytest.approx(patience)


def test_a_server_that_is_gone_before_the_look_around_leaves_it_unknown_at_the_deadline(
    reader, target, server, clock, commit
):
    server.script(lists=[None, None, *[failing(LOST)] * 10_000])
    with pytest.raises(InDoubt):
        Writer(target, clock=clock, patience=3.0).execute(Register(artifact="churn", commit=commit))
    assert clock.time == pytest.approx(3.0)


class TestGuess:
    """A plan on what a clone knows, which is checked while git connects for the push."""

    @pytest.fixture
    def listed(self, server):
        """How often the server was asked for its tags."""
        times: list[None] = []
        server.script(lists=[lambda: times.append(None)] * 100)
        return times

    @pytest.fixture
    def known(self, reader):
        event = rival(reader, "churn@v0.0.1 on b", "f" * 40)
        return [(event.oid, event.ref)]

    @pytest.fixture
    def clone(self, target, known) -> RemoteTarget:
        return replace(target, known=lambda _: known)

    def test_is_pushed_if_the_server_has_the_same(self, clone, server, listed, known, clock, commit):
        server.tags = {ref: oid for oid, ref in known}
        outcome = Writer(clone, clock=clock).execute(Register(artifact="churn", commit=commit))
        assert [event.ref for event in outcome.events] == ["churn@v0.0.2"]
        assert (len(listed), len(server.pushes)) == (2, 1)  # the check, and the look after the push

    def test_is_replaced_if_the_server_has_others(self, reader, clone, server, listed, clock, commit):
        other = rival(reader, "churn@v0.0.7 on c", "e" * 40)
        server.tags = {other.ref: other.oid}
        outcome = Writer(clone, clock=clock).execute(Register(artifact="churn", commit=commit))
        assert [event.ref for event in outcome.events] == ["churn@v0.0.8"]
        assert len(server.pushes) == 1

    def test_that_nothing_is_to_do_is_no_answer(self, clone, server, known, clock):
        command = Register(artifact="churn", commit=artifact("churn@v0.0.1 on b").events[0].commit)
        outcome = Writer(clone, clock=clock).execute(command)
        assert ([event.ref for event in outcome.events], server.tags.keys()) == (["churn@v0.0.1"], {"churn@v0.0.1"})

    def test_a_refusal_of_it_is_no_answer(self, clone, server, clock, commit):
        outcome = Writer(clone, clock=clock).execute(Register(artifact="churn", commit=commit, version="v0.0.1"))
        assert [event.ref for event in outcome.events] == ["churn@v0.0.1"]

    def test_a_server_that_is_silent_is_an_error_and_nothing_is_pushed(self, clone, server, clock, commit):
        server.script(lists=[failing(LOST)])
        with pytest.raises(ConnectionLost):
            Writer(clone, clock=clock).execute(Register(artifact="churn", commit=commit))
        assert server.pushes == []

    def test_a_dry_run_asks_the_server(self, clone, server, listed, clock, commit):
        writer = Writer(clone, options={"dry_run": True}, clock=clock)
        outcome = writer.execute(Register(artifact="churn", commit=commit))
        assert ([event.ref for event in outcome.events], len(server.pushes)) == (["churn@v0.0.1"], 0)
