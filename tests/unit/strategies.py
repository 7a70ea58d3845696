"""What Hypothesis draws from: versions, names, tags, messages, histories, commands."""

from __future__ import annotations

import os
import string

from hypothesis import settings
from hypothesis import strategies as st

from gittag_registry.model.commands import Assign, Command, Deprecate, Deregister, Register, Rollback, Unassign
from gittag_registry.model.events import Event
from gittag_registry.model.message import Trailers
from gittag_registry.model.names import Kind, TagName, format_tag
from tests.unit.make import START, A, B, C, event

EXAMPLES = int(os.environ.get("GITTAG_TEST_EXAMPLES", "100"))
"""histories for each property; they are new ones in every run, so that runs add up"""

quick = settings(max_examples=60, deadline=None)
"""for properties of small values"""
thorough = settings(max_examples=EXAMPLES, deadline=None)
"""for properties of whole histories"""

ALPHANUMERIC = string.ascii_letters + string.digits
_number = st.one_of(st.integers(0, 3), st.integers(0, 10**20)).map(str)
_word = st.text(ALPHANUMERIC + "-", min_size=1, max_size=5)
_identifier = st.one_of(_number, _word.filter(lambda word: not word.isdigit()))


@st.composite
def versions(draw: st.DrawFn) -> str:
    """Canonical versions, with and without pre-release and build metadata."""
    version = "v" + ".".join(draw(st.lists(_number, min_size=3, max_size=3)))
    pre = draw(st.lists(_identifier, max_size=3))
    build = draw(st.lists(_word, max_size=2))
    return version + ("-" + ".".join(pre) if pre else "") + ("+" + ".".join(build) if build else "")


bases = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9/_-]{0,6}[A-Za-z0-9])?", fullmatch=True)
"""names of stages, and of artifacts without a directory"""
artifact_names = st.one_of(bases, st.from_regex(r"[A-Za-z0-9_./-]{1,8}:[A-Za-z0-9]{1,4}", fullmatch=True))


@st.composite
def tag_names(draw: st.DrawFn) -> TagName:
    """Everything a registry tag's name can say."""
    kind = draw(st.sampled_from(Kind))
    version = draw(versions()) if kind in (Kind.REGISTRATION, Kind.DEREGISTRATION) else None
    stage = draw(bases) if kind in (Kind.ASSIGNMENT, Kind.UNASSIGNMENT) else None
    return TagName(draw(artifact_names), kind, version, stage, draw(st.none() | st.integers(0, 10**6)))


tag_like = st.text(st.sampled_from("av01.-+@#!=:/_dep\n"), max_size=25) | st.from_regex(
    r"[a-z=/]{1,4}[@#](v1\.0\.[0-9]{1,2}|prod|deprecated|created)!?(#[0-9]{1,3})?\n?", fullmatch=True
)
"""text that often is a tag's name, and often nearly one"""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
"""what people type in a message"""

_treacherous = st.sampled_from(
    [
        "",
        "Registry-Version: v9.9.9",
        "Registry-Op: forged",
        "Fixes: #1",
        " folded",
        "prose",
        "-----BEGIN PGP SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----",
        "-----BEGIN PGP SIGNATURE----- and so on",
        "-----END PGP SIGNATURE-----",
        "---",
        "# comment",
    ]
)
treacherous_texts = st.lists(st.one_of(_treacherous, texts), max_size=8).map("\n".join)
"""messages that look like trailers, signatures and worse"""

_value = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12)
trailers: st.SearchStrategy[Trailers] = st.lists(
    st.tuples(st.sampled_from(["Registry-Version", "Registry-Op", "Metric", "Trained-From"]), _value),
    min_size=1,
    max_size=4,
).map(tuple)

COMMITS = (A, B, C)
VERSIONS = ("v1.0.0", "v1.1.0", "v2.0.0-rc.1", "v1.0.0+a")
STAGES = ("prod", "dev")
_kinds = st.sampled_from([*Kind, Kind.REGISTRATION, Kind.REGISTRATION, Kind.ASSIGNMENT, Kind.ASSIGNMENT])


@st.composite
def histories(draw: st.DrawFn, *, most: int = 12, shared_commits: bool = True) -> list[Event]:
    """Events of one artifact by all kinds of writers: ties in time, missing trailers, moved versions.

    Args:
        shared_commits: several versions may be registered on one commit.
    """
    count = draw(st.integers(0, most))
    home = {version: draw(st.sampled_from(COMMITS)) for version in VERSIONS}
    if not shared_commits:
        home = dict(zip(VERSIONS, (*COMMITS, "d" * 40), strict=True))
    events = []
    for number in range(1, count + 1):
        kind = draw(_kinds)
        version = stage = meaning = None
        commit = draw(st.sampled_from(sorted(set(home.values()))))
        if kind in (Kind.REGISTRATION, Kind.DEREGISTRATION):
            version = draw(st.sampled_from(VERSIONS))
            if not shared_commits or draw(st.booleans()):
                commit = home[version]
        elif kind in (Kind.ASSIGNMENT, Kind.UNASSIGNMENT):
            stage = draw(st.sampled_from(STAGES))
            meaning = draw(st.none() | st.sampled_from(VERSIONS))
        ref = format_tag(TagName("churn", kind, version, stage, number))
        events.append(event(ref, commit, at=START + draw(st.integers(0, 8)), meaning=meaning))
    return events


write_options = st.fixed_dictionaries({"force": st.booleans(), "simple": st.sampled_from([None, None, False, True])})
"""the options that decide which tags are written"""


@st.composite
def commands(draw: st.DrawFn) -> Command:
    """Anything a writer may ask."""
    commit, stage = draw(st.sampled_from(COMMITS)), draw(st.sampled_from(STAGES))
    version, some_version = draw(st.sampled_from(VERSIONS)), draw(st.none() | st.sampled_from(VERSIONS))
    return draw(
        st.sampled_from(
            [
                Register(commit=commit, version=some_version, artifact="churn"),
                Assign(stage=stage, commit=commit, version=some_version, artifact="churn"),
                Assign(stage=stage, version=version, artifact="churn"),
                Assign(stage=stage, commit=commit, skip_registration=True, artifact="churn"),
                Unassign(stage=stage, version=some_version, artifact="churn"),
                Unassign(stage=stage, commit=commit, artifact="churn"),
                Unassign(stage=stage, all=True, artifact="churn"),
                Deregister(version=version, artifact="churn"),
                Deprecate(artifact="churn"),
                Rollback(stage=stage, artifact="churn"),
                Rollback(stage=stage, to=version, artifact="churn"),
                Rollback(stage=stage, at=START + draw(st.integers(0, 120)), artifact="churn"),
            ]
        )
    )
