"""Settings and where they come from."""

from __future__ import annotations

import re

import pytest

from gittag_registry.errors import Refused
from gittag_registry.files.config import TEMPLATE, Settings, Source, combine, read_environment, read_file
from gittag_registry.files.layout import SETTINGS
from gittag_registry.files.yamlfile import YamlError

OURS = ".gittag-registry.yaml"


def test_without_sources_the_defaults_are_in_force() -> None:
    configuration = combine([])
    assert configuration.settings == Settings(stages=None, types=None, bump="patch", pre_id="rc")
    assert set(configuration.origins.values()) == {"default"}


def test_the_settings_are_those_the_layout_names() -> None:
    assert tuple(Settings.model_fields) == SETTINGS


def test_a_file_sets_values() -> None:
    source = read_file(b"stages: [dev, prod]\nbump: minor\n", OURS)
    assert source == Source(OURS, {"stages": ["dev", "prod"], "bump": "minor"})
    assert combine([source]).settings == Settings(stages=("dev", "prod"), bump="minor")


def test_the_first_source_that_sets_a_key_wins() -> None:
    configuration = combine(
        [
            Source("GITTAG_BUMP", {"bump": "major"}),
            Source(OURS, {"bump": "minor", "stages": ["dev"]}),
            Source(".gto", {"stages": ["prod"], "types": ["model"]}),
        ]
    )
    assert configuration.settings == Settings(stages=("dev",), types=("model",), bump="major")
    set_ = {"stages": OURS, "types": ".gto", "bump": "GITTAG_BUMP"}
    assert configuration.origins == {**dict.fromkeys(SETTINGS, "default"), **set_}


def test_a_key_without_a_value_sets_nothing() -> None:
    assert combine([read_file(b"stages:\n", OURS), Source(".gto", {"stages": ["dev"]})]).origins["stages"] == ".gto"


def test_an_empty_list_allows_nothing() -> None:
    assert combine([read_file(b"stages: []\n", OURS)]).settings.stages == ()


def test_of_a_gto_file_the_stages_and_types_are_honoured() -> None:
    source = read_file(b"types: [model]\nstages: [dev]\nemojis: false\nLOG_LEVEL: INFO\n", ".gto")
    assert source == Source(".gto", {"types": ["model"], "stages": ["dev"]})


@pytest.mark.parametrize("key", ["stages", "STAGES", "Stages"])
def test_keys_of_a_gto_file_count_in_any_case(key: str) -> None:
    assert read_file(f"{key}: [dev]\n".encode(), ".gto").values == {"stages": ["dev"]}
    with pytest.raises(YamlError, match=rf"\.gto:2: {key}\.0: input should be a valid string"):
        read_file(f"{key}:\n- 3\n".encode(), ".gto")


def test_of_two_keys_that_differ_by_case_the_first_counts() -> None:
    assert read_file(b"Stages: [a]\nstages: [b]\n", ".gto").values == {"stages": ["a"]}


def test_what_restricts_gto_and_is_not_obeyed_is_a_warning() -> None:
    source = read_file(b"INDEX: other.yaml\nstage: [dev]\n", ".gto")
    assert source.warnings == (
        ".gto:1: INDEX: is not obeyed: annotations are read from artifacts.yaml, not from other.yaml",
        ".gto:2: stage: is not a setting",
    )
    assert combine([source]).warnings == source.warnings
    assert read_file(b"index: artifacts.yaml\n", ".gto").warnings == ()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"stages: [dev]\ncolour: blue\n", f"{OURS}:2: colour: is not a setting"),
        (b"bump: huge\n", f"{OURS}:1: bump: input should be 'major', 'minor', 'patch' or 'prerelease'"),
        (b"stages: dev\n", f"{OURS}:1: stages: input should be a valid tuple"),
        (b"stages: [dev, 'Pr od']\n", f"{OURS}:1: stages: 'Pr od' is not a stage name"),
        (b"stages:\n- dev\n- 3\n", f"{OURS}:3: stages.1: input should be a valid string"),
        (b"bump: \xff\n", f"{OURS}: is not UTF-8"),
        (b"stages: " + b"[" * 5000 + b"]" * 5000, f"{OURS}: is nested"),
        (b"pre_id: a.b\n", f"{OURS}:1: pre_id: string should match pattern"),
        (b"- a\n", f"{OURS}:1: must be a mapping"),
    ],
)
def test_a_wrong_file_is_said_to_be_wrong_with_line_and_key(data: bytes, problem: str) -> None:
    with pytest.raises(YamlError) as raised:
        read_file(data, OURS)
    assert raised.value.message.startswith(problem)


def test_environment_variables_set_values_with_lists_separated_by_commas() -> None:
    sources = read_environment(
        {"GITTAG_STAGES": "dev, prod,", "GITTAG_PRE_ID": "beta", "GITTAG_REPO": "x", "BUMP": "y", "GTO_DEBUG": "1"}
    )
    assert sources == [
        Source("GITTAG_STAGES", {"stages": ("dev", "prod")}),
        Source("GITTAG_PRE_ID", {"pre_id": "beta"}),
    ]


@pytest.mark.parametrize("name", ["GTO_STAGES", "gto_stages", "Gto_Stages"])
def test_variables_of_gto_count_in_any_case(name: str) -> None:
    assert read_environment({name: '["dev", "prod"]'}) == [Source(name, {"stages": ["dev", "prod"]})]


def test_our_variable_wins_over_that_of_gto() -> None:
    sources = read_environment({"GTO_STAGES": '["gto"]', "GITTAG_STAGES": "ours", "GTO_TYPES": '["model"]'})
    configuration = combine([*sources, Source(OURS, {"stages": ["file"], "types": ["file"]})])
    assert configuration.settings == Settings(stages=("ours",), types=("model",))


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("GITTAG_STAGE", "GITTAG_STAGE is not a setting"),
        ("gittag_stages", "gittag_stages is not a setting"),
        ("GTO_INDEX", "GTO_INDEX is not obeyed: annotations are read from artifacts.yaml, not from x"),
    ],
)
def test_a_variable_that_is_not_obeyed_is_a_warning(name: str, warning: str) -> None:
    assert combine(read_environment({name: "x"})).warnings == (warning,)


def test_a_wrong_variable_of_gto_is_refused_as_gto_does() -> None:
    for text in ("dev,prod", "", '"dev"', "[1]"):
        with pytest.raises(Refused, match=f"^GTO_STAGES={re.escape(text)}: "):
            read_environment({"GTO_STAGES": text})


@pytest.mark.parametrize(
    ("name", "value"), [("GITTAG_BUMP", "huge"), ("GITTAG_STAGES", "pr od"), ("GITTAG_PRE_ID", "a.b")]
)
def test_a_wrong_variable_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(Refused, match=f"{name}={value}: "):
        read_environment({name: value})


def test_the_template_sets_nothing() -> None:
    assert read_file(TEMPLATE.encode(), OURS).values == {}


def test_the_template_with_its_comments_opened_is_a_valid_file_that_names_every_setting() -> None:
    opened = "\n".join(
        line.removeprefix("#") for line in TEMPLATE.splitlines() if line.startswith("#") and line[1] != " "
    )
    assert tuple(read_file(opened.encode(), OURS).values) == SETTINGS
