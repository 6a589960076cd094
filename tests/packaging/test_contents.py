"""What the built distributions hold."""

import configparser
import tarfile
import zipfile
from collections import Counter
from pathlib import PurePosixPath

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

CORE = "codomyrmex-cloud"


def top_package(distribution):
    """The one package that is in no other package of the same wheel."""
    packages = {PurePosixPath(name).parent for name in distribution.payload if name.endswith("/__init__.py")}
    (top,) = [package for package in packages if not packages.intersection(package.parents)]
    return top


def test_a_wheel_ships_one_package_and_nothing_beside_it(member):
    top = top_package(member)
    assert [name for name in member.payload if top not in PurePosixPath(name).parents] == []


def test_a_wheel_ships_all_of_its_source(member):
    source = member.source / "src"
    files = {p.relative_to(source).as_posix() for p in source.rglob("*") if p.is_file() and p.suffix != ".pyc"}
    assert member.payload == files


def test_only_the_core_ships_the_package_that_all_share(built):
    tops = {name: str(top_package(distribution)) for name, distribution in built.items()}
    assert tops.pop(CORE) == "codomyrmex/cloud"
    assert [name for name, top in tops.items() if not top.startswith("codomyrmex/cloud/")] == []


def test_the_core_ships_no_provider_but_local(built):
    inside = {PurePosixPath(name).parts[2] for name in built[CORE].payload if name.count("/") > 2}
    assert inside == {"__pyinstaller", "common", "local"}


def test_no_file_is_owned_by_two_distributions(built):
    owners = Counter(name for distribution in built.values() for name in distribution.payload)
    assert [name for name, count in owners.items() if count > 1] == []


def test_type_checkers_are_told_that_the_package_is_typed(member):
    assert str(top_package(member) / "py.typed") in member.payload


def test_the_core_ships_the_stub_of_its_lazy_names(built):
    assert b"import open_storage as open_storage" in built[CORE].files["codomyrmex/cloud/__init__.pyi"]


def test_the_licence_is_named_and_shipped(member):
    assert member.metadata["License-Expression"] == "MIT"
    assert member.in_dist_info("licenses/LICENSE").startswith(b"MIT License")


def test_the_readme_is_the_description(member):
    readme = (member.source / "README.md").read_text("utf-8")
    assert member.metadata["Description-Content-Type"] == "text/markdown"
    assert readme.count("\n") > 3
    assert member.metadata.get_payload().strip() == readme.strip()


def test_python_3_11_is_the_lower_bound_and_nothing_the_upper(member):
    assert SpecifierSet(member.metadata["Requires-Python"]) == SpecifierSet(">=3.11")


def test_no_dependency_has_an_upper_bound(member):
    requirements = [Requirement(text) for text in member.metadata.get_all("Requires-Dist", [])]
    assert [str(r) for r in requirements for s in r.specifier if s.operator not in {">=", ">", "!="}] == []


def test_the_core_depends_on_four_small_libraries_alone(built):
    required = {Requirement(r).name for r in built[CORE].metadata.get_all("Requires-Dist")}
    assert required == {"packaging", "platformdirs", "pluggy", "stevedore"}


def test_a_plugin_needs_the_core_or_a_plugin_that_does(built):
    needs = {n: {Requirement(r).name for r in d.metadata.get_all("Requires-Dist", [])} for n, d in built.items()}
    reached = {CORE}
    while more := {name for name, required in needs.items() if required & reached} - reached:
        reached |= more
    assert reached == set(built)


def test_an_entry_point_names_a_module_of_its_own_wheel(member):
    parser = configparser.ConfigParser(delimiters="=")
    parser.optionxform = str
    if member.source.name not in ("rest", "transfer"):  # libraries, which are imported and not found
        parser.read_string(member.in_dist_info("entry_points.txt").decode())
        assert parser.sections()
    targets = [target for group in parser.sections() for target in parser[group].values()]
    modules = [target.partition(":")[0].replace(".", "/") for target in targets]
    assert [m for m in modules if not {f"{m}.py", f"{m}/__init__.py"} & member.payload] == []


def test_an_sdist_builds_the_same_wheel(member, build, tmp_path):
    with tarfile.open(member.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    with zipfile.ZipFile(build(source, tmp_path / "dist")) as again:
        assert {name: again.read(name) for name in again.namelist()} == member.files
