"""The page of errors is what the code says."""

import inspect
import re

import pytest
from error_reference import PAGE, with_table

from briefqa import errors


def test_page_is_as_the_script_writes_it() -> None:
    """An error that is raised and not written down cannot be planned for."""
    page = PAGE.read_text(encoding="utf-8")

    assert with_table(page) == page, "run python scripts/error_reference.py"


def test_every_error_is_listed_once_below_its_parent() -> None:
    """What the script writes is held against the classes themselves."""
    rows = re.findall(
        r"^\| ((?:&ensp;)*)`(\w+)` \| [^|]+\. \| (\d+) \|",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    classes = {
        name: each
        for name, each in vars(errors).items()
        if inspect.isclass(each) and issubclass(each, errors.BriefqaError)
    }
    above: list[str] = []
    for indent, name, code in rows:
        del above[indent.count("&ensp;") // 2 :]
        assert classes[name].__base__ is (classes[above[-1]] if above else Exception)
        assert classes[name].exit_code == int(code)
        above.append(name)

    assert sorted(name for _, name, _ in rows) == sorted(classes)


def test_page_and_problems_name_the_same_types() -> None:
    """A program that looks at a type finds it explained."""
    problems = (PAGE.parent / "http.md").read_text(encoding="utf-8").partition("\n## Errors\n")[2]
    explained = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", problems, re.MULTILINE))

    named = re.findall(
        r"\| (\d{3}) \| `([a-z-]+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )

    assert named
    assert {(kind, status) for status, kind in named} <= set(explained.items())


@pytest.mark.parametrize("page", ["no table", "| error | a |\n\n| error | b |\n"])
def test_script_leaves_a_page_alone_that_it_does_not_know(page: str) -> None:
    """It must not eat what somebody wrote."""
    with pytest.raises(ValueError, match="one table"):
        with_table(page)
