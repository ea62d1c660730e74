"""What `import briefqa` gives, and what it costs."""

import inspect
import subprocess
import sys

import briefqa

_HEAVY = ("fastapi", "sentence_transformers", "torch", "transformers")


def test_every_export_exists_and_is_documented() -> None:
    """The public surface is what `__all__` lists, and help() explains each name."""
    assert len(set(briefqa.__all__)) == len(briefqa.__all__)
    for name in briefqa.__all__:
        exported = getattr(briefqa, name)
        if inspect.isclass(exported) or inspect.isfunction(exported):
            assert inspect.getdoc(exported), f"{name} has no docstring"


def test_importing_the_package_loads_neither_torch_nor_a_server() -> None:
    """A script pays for a library when it uses it, not for the import."""
    program = f"import briefqa, sys; print(*(set({_HEAVY!r}) & set(sys.modules)))"

    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert loaded.stdout.split() == []
