"""Templates and environments in each form, with the files that they refer to."""

import pytest
import yaml
from codomyrmex.cloud.infomaniak.errors import InfomaniakValidationError
from codomyrmex.cloud.infomaniak.heat._templates import read_environment, read_template

TEMPLATE = {
    "heat_template_version": "2018-08-31",
    "resources": {"test": {"type": "OS::Heat::TestResource", "properties": {"value": {"get_file": "hello.txt"}}}},
    "outputs": {"value": {"value": {"get_attr": ["test", "output"]}}},
}
NESTED = {
    "heat_template_version": "2018-08-31",
    "resources": {"inner": {"type": "inner.yaml"}, "named": {"type": "Our::Word"}},
}
WORD = {"heat_template_version": "2018-08-31", "resources": {"word": {"type": "OS::Heat::RandomString"}}}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """With a template and the files around it, and not where the process is."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "hello.txt").write_text("hello\n")
    (folder / "web.yaml").write_text(yaml.safe_dump(TEMPLATE))
    return folder


@pytest.mark.parametrize("form", [str, lambda path: path])
def test_a_path_is_read_with_the_files_beside_it(folder, form):
    template, files = read_template(form(folder / "web.yaml"))
    (url,) = files
    assert files == {f"file://{folder}/hello.txt": "hello\n"}
    assert template["resources"]["test"]["properties"]["value"]["get_file"] == url


@pytest.mark.parametrize("form", [yaml.safe_dump, dict, lambda template: __import__("json").dumps(template)])
def test_text_and_dicts_name_files_of_the_current_folder(folder, monkeypatch, form):
    monkeypatch.chdir(folder)
    _, files = read_template(form(TEMPLATE))
    assert files == {f"file://{folder}/hello.txt": "hello\n"}


def test_the_dict_that_was_given_stays_as_it_is(folder, monkeypatch):
    monkeypatch.chdir(folder)
    read_template(TEMPLATE)
    assert TEMPLATE["resources"]["test"]["properties"]["value"]["get_file"] == "hello.txt"


def test_an_empty_file_is_sent_as_empty(folder):
    (folder / "hello.txt").write_text("")
    assert list(read_template(folder / "web.yaml")[1].values()) == [""]


def test_a_nested_template_brings_its_own_files(folder):
    (folder / "inner.yaml").write_text(yaml.safe_dump(TEMPLATE))
    (folder / "outer.yaml").write_text(yaml.safe_dump(NESTED))
    _, files = read_template(folder / "outer.yaml")
    assert {url.rpartition("/")[2] for url in files} == {"inner.yaml", "hello.txt"}


def test_a_file_that_is_missing_is_named(folder):
    (folder / "hello.txt").unlink()
    with pytest.raises(InfomaniakValidationError, match=r"hello\.txt"):
        read_template(folder / "web.yaml")


@pytest.mark.parametrize("text", ["a: [\n", "just\ntext", "{not json"])
def test_what_is_no_template_is_refused(text):
    with pytest.raises(InfomaniakValidationError, match="this is no template"):
        read_template(text)


@pytest.mark.parametrize("wrong", [5, None, b"bytes"])
def test_what_could_never_be_one_is_a_mistake_of_the_caller(wrong):
    with pytest.raises(TypeError, match="a template is text, a dict or a path"):
        read_template(wrong)


def test_no_environment_is_an_empty_one():
    assert read_environment(None) == ({}, {})


def test_a_later_environment_replaces_what_it_repeats(folder):
    (folder / "word.yaml").write_text(yaml.safe_dump(WORD))
    (folder / "base.yaml").write_text("resource_registry: {'Our::Word': word.yaml}\nparameters: {a: 1, b: 2}\n")
    environment, files = read_environment([folder / "base.yaml", {"parameters": {"b": 3}}])
    assert environment["parameters"] == {"a": 1, "b": 3}
    assert [url.rpartition("/")[2] for url in files] == ["word.yaml"]


def test_an_unknown_section_of_an_environment_is_named():
    with pytest.raises(InfomaniakValidationError, match="wrong section"):
        read_environment("paramters: {}\n")


def test_heat_gets_the_files_of_template_and_environment(client, name, folder):
    (folder / "inner.yaml").write_text(yaml.safe_dump(TEMPLATE | {"outputs": {}}))
    (folder / "outer.yaml").write_text(yaml.safe_dump(NESTED))
    (folder / "word.yaml").write_text(yaml.safe_dump(WORD))
    (folder / "environment.yaml").write_text("resource_registry: {'Our::Word': word.yaml}\n")
    made = client.create_stack(name, folder / "outer.yaml", environment=folder / "environment.yaml")
    assert made["status"] == "CREATE_COMPLETE"
    assert {resource["name"] for resource in client.list_stack_resources(name)} == {"inner", "named"}


def test_heat_reads_a_file_into_a_property(client, name, folder):
    made = client.create_stack(name, folder / "web.yaml")
    assert made["outputs"][0]["value"] == "hello\n"


def test_a_valid_template_is_told_with_its_parameters(client):
    template = dict(WORD, description="one word", parameters={"n": {"type": "number", "default": 3}})
    verdict = client.validate_template(template)
    assert (verdict["valid"], verdict["description"], verdict["error"]) == (True, "one word", None)
    assert verdict["parameters"]["n"]["Default"] == 3


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ({"heat_template_version": "2018-08-31", "resources": {"x": {"type": "No::Such"}}}, "No::Such"),
        ("a: [\n", "this is no template"),
        ({"resources": {}}, "version"),
    ],
)
def test_an_invalid_template_is_told_with_heats_own_reason(client, template, reason):
    verdict = client.validate_template(template)
    assert (verdict["valid"], verdict["description"], verdict["parameters"]) == (False, None, {})
    assert reason in verdict["error"]


def test_validating_with_an_environment_knows_its_types(client, folder):
    (folder / "word.yaml").write_text(yaml.safe_dump(WORD))
    template = {"heat_template_version": "2018-08-31", "resources": {"named": {"type": "Our::Word"}}}
    registry = {"resource_registry": {"Our::Word": f"file://{folder}/word.yaml"}}
    assert not client.validate_template(template)["valid"]
    assert client.validate_template(template, environment=registry)["valid"]
