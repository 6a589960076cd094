"""Check what the distributions import of each other, and that no module imports itself by way of others.

    python scripts/check_imports.py               this workspace
    python scripts/check_imports.py --root PATH   another one

Runs import-linter with the two contracts below, which ``[tool.importlinter]`` of the root's pyproject.toml names. It
reads the sources: nothing is imported or installed. What is imported for types alone, or inside a function, counts too.
"""

import argparse
import ast
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from generate import distributions
from grimp import ImportGraph
from importlinter import Contract, ContractCheck
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
PRIVATE = re.compile(r".*?\b_(?!_)\w*")
"""What a full name begins with up to the first part that is private; ``__version__`` is not."""


class DistributionsContract(Contract):
    """A distribution imports public names, of those distributions alone that its pyproject.toml names.

    A name is public if neither it nor a module on the way to it begins with an underscore. Optional dependencies count.
    A contract of import-linter's own would need a list of the modules of each distribution, as several of them share
    the packages ``codomyrmex.cloud`` and ``codomyrmex.cloud.infomaniak``.
    """

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        problems = sorted(set(foreign_imports(graph, Path.cwd())))
        return ContractCheck(kept=not problems, metadata={"problems": problems})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for path, line, problem in check.metadata["problems"]:
            print(f"{path}:{line} {problem}")  # whose lines import-linter would break


class NoCirclesContract(Contract):
    """No module imports itself by way of others.

    Import-linter's own ``acyclic_siblings`` compares whole packages, and misses circles through an ``__init__.py``.
    """

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        circles = import_circles(graph)
        return ContractCheck(kept=not circles, metadata={"circles": circles})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for circle in check.metadata["circles"]:
            print("\n  imports ".join(circle))


def foreign_imports(graph: ImportGraph, root: Path) -> Iterator[tuple[str, int, str]]:
    """File, line and description of each import that breaks `DistributionsContract`."""
    members = distributions(root)
    files = {module: (member, file) for member in members for module, file in modules(root / member.folder / "src")}
    exporters = {name: member for member in members for name in member.group("exports")}
    for importer, (member, file) in files.items():
        for line, imported, name in imports_of(graph, importer, file):
            if imported not in files:
                continue
            # what codomyrmex.cloud imports on first use is of the distribution that exports it
            owner = exporters.get(name.rpartition(".")[2], files[imported][0])
            if owner == member:
                continue
            place = file.relative_to(root).as_posix(), line
            if owner.name not in member.requires:
                yield *place, f"imports {imported}, but {owner.name} is no dependency"
            if private := PRIVATE.match(name):
                yield *place, f"imports {private[0]}, which is private to {owner.name}"


def imports_of(graph: ImportGraph, importer: str, file: Path) -> Iterator[tuple[int, str, str]]:
    """Line, module and full name of each name that a module imports."""
    for imported in graph.find_modules_directly_imported_by(importer):
        for details in graph.get_import_details(importer=importer, imported=imported):
            line = details["line_number"]
            for name in imported_names(file, line, imported):
                yield line, imported, name


def modules(source: Path) -> Iterator[tuple[str, Path]]:
    """The modules below a folder of sources, by name, each with its file; PyInstaller's hooks are none."""
    for file in (path for path in source.rglob("*.py") if "." not in path.stem):
        yield ".".join(file.relative_to(source).with_suffix("").parts).removesuffix(".__init__"), file


def imported_names(file: Path, line: int, module: str) -> list[str]:
    """The full names that the statement on this line imports of a module; the module itself if it imports that."""
    statements = [s for s in statements_of(file) if s.lineno == line and isinstance(s, ast.ImportFrom)]
    names = [alias.name for statement in statements for alias in statement.names]
    return [module] if not names or module.rpartition(".")[2] in names else [f"{module}.{name}" for name in names]


@cache
def statements_of(file: Path) -> list[ast.stmt]:
    return [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.stmt)]


def import_circles(graph: ImportGraph) -> list[list[str]]:
    """Lists of modules, each of which imports the next; the last is the first.

    Without the first import of each there is no other circle.
    """
    imports = {module: sorted(graph.find_modules_directly_imported_by(module)) for module in sorted(graph.modules)}
    circles = []
    while True:
        try:
            TopologicalSorter(imports).prepare()
        except CycleError as error:
            circle = error.args[1][::-1]  # each imports the next
            circles.append(circle)
            imports[circle[0]].remove(circle[1])
        else:
            return circles


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=ROOT, help="the workspace")
    os.chdir(parser.parse_args().root)
    sources = [str(path.resolve()) for path in (Path("core/src"), *sorted(Path().glob("plugins/*/src")))]
    # other portions of the namespace, such as those of editable installations, are left out
    sys.path[:] = sources + [path for path in sys.path if not Path(path, "codomyrmex").is_dir()]
    return lint_imports(no_logo=True, no_cache=True)


if __name__ == "__main__":
    sys.exit(main())
