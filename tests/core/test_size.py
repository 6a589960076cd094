"""The core stays small."""

import ast
import io
import tokenize
from pathlib import Path

import codomyrmex.cloud

LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def docstring_lines(source):
    """The lines of strings that stand alone: docstrings, also those below an attribute."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from range(node.lineno, node.end_lineno + 1)


def code_lines(source):
    """How many lines hold code: no blank lines, comments and docstrings."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - set(docstring_lines(source)))


EXAMPLE = '''"""Doc
string."""

# comment
x = (
    1,  # one
)


def f():
    """Doc."""
    return """a
b"""
'''


def test_what_counts_is_code():
    assert code_lines(EXAMPLE) == 6


def test_the_core_without_the_local_provider_has_under_1500_lines_of_code():
    package = Path(codomyrmex.cloud.__file__).parent
    modules = [*package.glob("*.py"), *(package / "common").glob("*.py")]
    modules.remove(package / "_catalogue.py")  # data, generated from what the plugins declare
    assert len(modules) >= 10
    assert 500 < sum(code_lines(module.read_text(encoding="utf-8")) for module in modules) < 1500
