"""Settings and where they come from."""

from __future__ import annotations

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
    source = read_file(b"types: [model]\nstages: [dev]\nemoji: false\nlog_level: INFO\n", ".gto")
    assert source.values == {"types": ["model"], "stages": ["dev"]}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"stages: [dev]\ncolour: blue\n", f"{OURS}:2: colour: is not a setting"),
        (b"bump: huge\n", f"{OURS}:1: bump: input should be 'major', 'minor', 'patch' or 'prerelease'"),
        (b"stages: dev\n", f"{OURS}:1: stages: input should be a valid tuple"),
        (b"stages: [dev, 'pr od']\n", f"{OURS}:1: stages: value error, 'pr od' is not a stage name"),
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
        {"GITTAG_STAGES": "dev, prod,", "GITTAG_PRE_ID": "beta", "GITTAG_REPO": "x", "BUMP": "y"}
    )
    assert sources == [
        Source("GITTAG_STAGES", {"stages": ("dev", "prod")}),
        Source("GITTAG_PRE_ID", {"pre_id": "beta"}),
    ]


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
