"""The driver of the push protocol, with a server in memory and a clock that moves only when the driver waits."""

from __future__ import annotations

import pytest

from gittag_registry.errors import (
    GitFailed,
    InDoubt,
    ProtocolNotAllowed,
    Refused,
    RemoteError,
    Unreachable,
    UntrustedCertificate,
)
from gittag_registry.git.failures import ConnectionLost
from gittag_registry.git.process import Repository
from gittag_registry.git.transaction import LostRace
from gittag_registry.model.fold import Artifact
from gittag_registry.model.plans import Plan
from gittag_registry.store.base import Change, Operation, Snapshot
from gittag_registry.store.clock import Deadline
from gittag_registry.store.push import CounterCollision, Pusher
from tests.store.memory import FakeClock, MemoryReader, MemoryServer, failing
from tests.store.test_push_protocol import events

PATIENCE = 10.0
OURS = events("churn#prod#1 on a m")
PLAN = Plan(OURS)
M, Z, A = "m" * 10, "z" * 10, "a" * 10
LOST = ConnectionLost("hung up")
DENIED = RemoteError("access denied")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> MemoryServer:
    return MemoryServer(clock=clock)


def push(server: MemoryServer, clock: FakeClock, plan: Plan = PLAN) -> None:
    Pusher(server).push(plan, Deadline.after(PATIENCE, clock))


class TestPush:
    def test_what_is_accepted_is_done(self, server, clock):
        push(server, clock)
        assert (server.tags, len(server.pushes), clock.time) == ({"churn#prod#1": M}, 1, 0)

    def test_what_was_done_though_the_answer_is_lost_is_not_pushed_again(self, server, clock):
        server.script(pushes=[server.done_but(LOST)])
        push(server, clock)
        assert (server.tags, len(server.pushes)) == ({"churn#prod#1": M}, 1)

    def test_the_refusal_of_a_repetition_is_no_refusal(self, server, clock):
        server.script(pushes=[server.done_but(LostRace("already exists"))])
        push(server, clock)
        assert len(server.pushes) == 1

    def test_what_was_not_done_is_pushed_again(self, server, clock):
        server.script(pushes=[failing(LOST), failing(LOST)])
        push(server, clock)
        assert (server.tags, len(server.pushes)) == ({"churn#prod#1": M}, 3)
        assert 0 < clock.time < 1

    def test_another_writers_tag_is_a_lost_race(self, server, clock):
        server.tags["churn#prod#1"] = Z
        with pytest.raises(LostRace):
            push(server, clock)
        assert (server.tags, len(server.pushes)) == ({"churn#prod#1": Z}, 1)

    def test_a_refusal_is_final(self, server, clock):
        server.script(pushes=[failing(Refused("protected"))])
        with pytest.raises(Refused, match="protected") as caught:
            push(server, clock)
        assert (caught.value.hint, len(server.pushes)) == ("nothing was changed", 1)

    def test_access_is_denied_twice_before_it_is_believed(self, server, clock):
        server.script(pushes=[failing(DENIED), failing(DENIED), None])
        with pytest.raises(RemoteError, match="access denied"):
            push(server, clock)
        assert (server.tags, len(server.pushes)) == ({}, 2)

    @pytest.mark.parametrize("error", [Unreachable, ProtocolNotAllowed, UntrustedCertificate])
    def test_a_server_that_never_was_there_is_no_doubt(self, server, clock, error):
        server.script(pushes=[failing(error("no request was sent"))], lists=[failing(error("no request was sent"))])
        with pytest.raises(error):
            push(server, clock)
        assert clock.time == 0

    def test_a_server_that_is_silent_is_asked_until_the_deadline(self, server, clock):
        server.script(pushes=[server.done_but(LOST)], lists=[failing(LOST)] * 1000)
        with pytest.raises(InDoubt) as caught:
            push(server, clock)
        assert (caught.value.created, caught.value.deleted) == ((("churn#prod#1", M),), ())
        assert clock.time == PATIENCE

    def test_a_server_that_comes_back_is_believed(self, server, clock):
        server.script(pushes=[server.done_but(LOST)], lists=[failing(LOST)] * 5)
        push(server, clock)
        assert 0 < clock.time < PATIENCE

    def test_a_push_that_fails_each_time_ends_at_the_deadline(self, server, clock):
        server.script(pushes=[failing(LOST)] * 1000)
        with pytest.raises(InDoubt):
            push(server, clock)
        assert clock.time == PATIENCE
        assert len(server.pushes) < 20

    def test_a_deletion_whose_answer_is_lost_is_done_once(self, server, clock):
        server.tags["churn#prod#1"] = M
        server.script(pushes=[server.done_but(LOST)])
        push(server, clock, Plan(deletions=OURS))
        assert (server.tags, len(server.pushes)) == ({}, 1)


class TestPushAfterABrokenConnection:
    def test_a_refusal_leaves_it_unknown(self, server, clock):
        server.script(pushes=[failing(LOST), failing(Refused("protected"))])
        with pytest.raises(InDoubt, match="protected"):
            push(server, clock)

    def test_access_that_is_denied_is_no_last_word(self, server, clock):
        server.script(pushes=[failing(LOST), *[failing(DENIED)] * 4])
        push(server, clock)
        assert (server.tags, len(server.pushes)) == ({"churn#prod#1": M}, 6)

    def test_git_that_fails_here_when_the_server_is_asked_leaves_it_unknown(self, server, clock):
        server.script(pushes=[server.done_but(LOST)], lists=[failing(GitFailed("no space left"))])
        with pytest.raises(InDoubt, match="no space left"):
            push(server, clock)


def test_what_has_no_time_left_is_not_begun(server, clock):
    with pytest.raises(RemoteError, match="no time was left") as caught:
        Pusher(server).push(PLAN, Deadline.after(0, clock))
    assert (not isinstance(caught.value, InDoubt), server.pushes) == (True, [])


def operation(clock: FakeClock) -> Operation:
    return Operation("17", Deadline.after(PATIENCE, clock))


def resolve(server: MemoryServer, under_way: Operation, *, valid: bool = True, plan: Plan = PLAN) -> tuple[str, ...]:
    """Look at the tags beside a plan that was decided on an empty artifact and pushed."""
    change = Change(plan, Snapshot(Artifact("churn"), ()), lambda _: valid)
    return Pusher(server).resolve_collisions(change, lambda: Artifact("churn"), under_way)


class TestResolveCollisions:
    @pytest.fixture(autouse=True)
    def pushed(self, server):
        server.tags["churn#prod#1"] = M

    def test_alone_a_tag_is_settled_at_once(self, server, clock):
        assert resolve(server, operation(clock)) == ()
        assert (server.pushes, clock.time) == ([], 0)

    def test_a_harmless_tag_beside_it_is_no_collision(self, server, clock):
        server.tags["churn@v1.0.0"] = Z
        assert resolve(server, operation(clock)) == ()

    def test_a_tag_that_makes_ours_wrong_takes_it_back(self, server, clock):
        server.tags["churn@v1.0.0"] = Z
        under_way = operation(clock)
        with pytest.raises(LostRace, match="another writer changed the artifact"):
            resolve(server, under_way, valid=False)
        assert (server.tags, under_way.withdrawn) == ({"churn@v1.0.0": Z}, list(OURS))

    def test_of_two_with_the_same_counter_the_greater_id_gives_way(self, server, clock):
        server.tags["churn#dev#1"] = A
        with pytest.raises(CounterCollision) as caught:
            resolve(server, operation(clock))
        assert (caught.value.rivals, server.tags, clock.time) == (1, {"churn#dev#1": A}, 0)

    def test_the_smaller_id_waits_for_the_other_to_give_way(self, server, clock):
        server.tags["churn#dev#1"] = Z
        server.script(lists=[None, None, lambda: server.tags.pop("churn#dev#1")])
        assert resolve(server, operation(clock)) == ()
        assert (server.tags, clock.time > 0) == ({"churn#prod#1": M}, True)

    def test_who_waited_in_vain_gives_way(self, server, clock):
        server.tags["churn#dev#1"] = Z
        with pytest.raises(CounterCollision):
            resolve(server, operation(clock))
        assert (server.tags, 2 < clock.time < 4) == ({"churn#dev#1": Z}, True)

    def test_a_tag_that_came_back_from_a_lost_push_is_deleted_again(self, server, clock):
        under_way = operation(clock)
        [old] = events("churn#prod#9 on a b")
        under_way.withdrawn.append(old)
        server.tags[old.ref] = old.oid
        assert resolve(server, under_way) == ()
        assert server.tags == {"churn#prod#1": M}

    def test_a_tag_that_the_server_drops_after_the_push_leaves_it_unknown(self, server, clock):
        server.tags.clear()
        with pytest.raises(InDoubt, match="accepted 'churn#prod#1', but does not list"):
            resolve(server, operation(clock))
        assert 2 < clock.time < 4

    def test_a_server_whose_answers_lag_behind_is_waited_for(self, server, clock):
        tags = dict(server.tags)
        server.tags.clear()
        server.script(lists=[None, None, lambda: server.tags.update(tags)])
        assert resolve(server, operation(clock)) == ()

    def test_an_answer_that_was_late_does_not_count_as_the_last_one(self, server, clock):
        tags = dict(server.tags)
        server.tags.clear()
        server.script(lists=[lambda: clock.sleep(5), lambda: server.tags.update(tags)])
        assert resolve(server, operation(clock)) == ()

    def test_a_server_that_restores_withdrawn_tags_leaves_it_unknown_at_the_deadline(self, server, clock):
        under_way = operation(clock)
        [old] = events("churn#prod#9 on a b")
        under_way.withdrawn.append(old)

        def restore():
            server.tags[old.ref] = old.oid
            clock.sleep(1)

        server.script(lists=[restore] * 1000)
        with pytest.raises(InDoubt):
            resolve(server, under_way)
        assert PATIENCE <= clock.time < PATIENCE + 4

    def test_where_nobody_may_delete_both_stay_and_a_note_says_so(self, server, clock):
        server.tags["churn#dev#1"] = A
        server.script(pushes=[failing(Refused("deletion prohibited"))])
        [note] = resolve(server, operation(clock))
        assert "another writer changed the artifact at the same time" in note
        assert set(server.tags) == {"churn#prod#1", "churn#dev#1"}

    def test_a_plan_that_only_deletes_collides_with_nothing(self, server, clock):
        assert resolve(server, operation(clock), plan=Plan(deletions=OURS)) == ()

    def test_a_server_that_falls_silent_is_asked_until_the_deadline(self, server, clock):
        server.script(lists=[failing(LOST)] * 1000)
        with pytest.raises(ConnectionLost):
            resolve(server, operation(clock))
        assert clock.time == PATIENCE


@pytest.mark.parametrize("moment", ["push", "look"])
def test_an_interruption_has_the_doubt_as_its_cause(server, clock, tmp_path, moment):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    server.script(**{"pushes" if moment == "push" else "lists": [interrupt]})
    target = MemoryReader(Repository(str(tmp_path)), server).target
    change = Change(PLAN, Snapshot(Artifact("churn"), ()), lambda _: True)
    with pytest.raises(KeyboardInterrupt) as caught:
        target.write(change, operation(clock))
    doubt = caught.value.__cause__
    assert isinstance(doubt, InDoubt)
    assert doubt.created == (("churn#prod#1", M),)
