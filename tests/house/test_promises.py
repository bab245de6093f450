"""Each of the ten promises names the tests that hold it, and those tests are there."""

from __future__ import annotations

import ast
import re

import pytest


def promises(root):
    """Number -> paths (and ::names) of tests that hold it."""
    text = (root / "docs" / "promises.md").read_text("utf-8")
    parts = re.split(r"^(\d+)\. ", text, flags=re.MULTILINE)[1:]
    return {
        int(number): re.findall(r"`(tests/[^`]+)`", body) for number, body in zip(parts[::2], parts[1::2], strict=True)
    }


def test_there_are_ten(root):
    assert list(promises(root)) == list(range(1, 11))


@pytest.mark.parametrize("number", range(1, 11))
def test_a_promise_is_held(root, number):
    named = promises(root)[number]
    assert named
    for reference in named:
        path, _, name = reference.partition("::")
        assert (root / path).is_file(), reference
        tree = ast.parse((root / path).read_text("utf-8"))
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        assert any(one.startswith("test_") for one in functions) or any(one.startswith("Test") for one in classes), (
            reference
        )
        assert not name or set(name.split("::")) <= functions | classes, reference
