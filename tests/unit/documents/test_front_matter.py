"""YAML front matter: its fields, and the line each of them stands on."""

import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.strategies import hostile_text

from briefqa.datatypes import JsonValue
from briefqa.documents.front_matter import FrontMatter, split_front_matter

_NAMES = st.sampled_from(("title", "author", "date", "tags", "abstract", "no", "x-y"))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | hostile_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)


def _front(text: str) -> FrontMatter:
    front, _ = split_front_matter(text)
    assert front is not None
    return front


@given(st.dictionaries(_NAMES, _VALUES, min_size=1), st.booleans(), hostile_text)
def test_fields_come_back_as_they_were_written(
    fields: dict[str, JsonValue],
    allow_unicode: bool,  # noqa: FBT001 - an argument that Hypothesis makes up
    body: str,
) -> None:
    """Metadata is shown in every citation, and its line is where a reader looks it up."""
    written = yaml.safe_dump(fields, allow_unicode=allow_unicode, sort_keys=False)
    text = f"---\n{written}---\n{body}"

    front, body_start = split_front_matter(text)

    assert front is not None
    # Where YAML writes an odd line end as it is, reading folds it: ask the other implementation.
    assert front.fields == (yaml.safe_load(written) if allow_unicode else fields)
    assert text[body_start:] == body
    lines = text.split("\n")
    for name, line in front.lines.items():
        assert lines[line - 1].strip("'\"").startswith(name)


@given(hostile_text.map(lambda text: f"---\n{text}\n---\nBody"))
def test_any_text_between_rules_is_read_or_left(text: str) -> None:
    """A document may open with a rule, and nothing holds what follows to be YAML."""
    front, body_start = split_front_matter(text)

    assert (front is None) == (body_start == 0)


def test_nested_lists_of_mappings_are_read() -> None:
    """Authors often carry a role."""
    front = _front("---\nauthors:\n  - name: A B\n    role: lead\n  - name: C D\nyear: 2025\n---\n")

    assert front.fields == {
        "authors": [{"name": "A B", "role": "lead"}, {"name": "C D"}],
        "year": 2025,
    }
    assert front.lines == {"authors": 2, "year": 6}
    assert front.texts == {}


@pytest.mark.parametrize("written", ["2025-03-03", "2025-02-31", "2025-03-03 09:00:00"])
def test_dates_stay_as_they_are_written(written: str) -> None:
    """One impossible date must not cost a document all its metadata."""
    assert _front(f"---\ndate: {written}\n---\n").fields == {"date": written}


@pytest.mark.parametrize("style", ["|", ">", ">-", "|+", "|2", ">- # folded"])
@pytest.mark.parametrize("between", ["", "\n", "tags: [a,\u2028 b]\n", "tags: [a,\n  b]\n"])
def test_a_text_of_several_lines_is_kept_as_written(style: str, between: str) -> None:
    """Folding would take away the line ends that positions count by."""
    text = f"---\n{between}body: {style}\n  # One\n\n    two\n  three\nend: 1\n---\n"

    front = _front(text)

    written, line = front.texts["body"]
    assert written.rstrip("\n") == "# One\n\n  two\nthree"
    assert text.split("\n")[line - 1] == "  # One"
    assert text.split("\n")[front.lines["end"] - 1] == "end: 1"


@pytest.mark.parametrize(
    "written",
    [
        "just words",
        "- a\n- list",
        "a: b: c",
        "a: [1",
        "a: \0",
        "a: &x [1]\nb: *x",
        "a: &x long\nb: *x",
        "a: &x [*x]",
        "? [a]\n: 1\n? {b: *x}",
        "!!python/object/apply:os.getcwd []",
        "a: !!int word",
        "a: 1\n--- b",
        "a: " + "[" * 60 + "]" * 60,
        "",
    ],
)
def test_what_is_no_plain_mapping_stays_in_the_body(written: str) -> None:
    """Better a few odd words in the text than a line of it lost."""
    assert split_front_matter(f"---\n{written}\n---\nBody") == (None, 0)


@pytest.mark.parametrize(
    "text", ["", "---", "---\n", "---\na: 1", "a\n---\nb: 1\n---\n", " ---\n---"]
)
def test_front_matter_opens_the_file_and_is_closed(text: str) -> None:
    """A rule further down is a rule."""
    assert split_front_matter(text) == (None, 0)


@pytest.mark.parametrize("end", ["---", "...", "---  ", "---\n", "---\t\nBody"])
def test_either_fence_of_yaml_closes_it(end: str) -> None:
    """YAML ends a document with dots, Markdown tools with dashes."""
    front, body_start = split_front_matter(f"---  \na: 1\n{end}")

    assert front is not None
    assert front.fields == {"a": 1}
    assert f"---  \na: 1\n{end}"[body_start:] in {"", "Body"}


def test_names_are_read_as_they_are_written() -> None:
    """YAML takes no, on and 1e3 for other things than words, and `<<` for a command."""
    front = _front("---\nno: a\n1e3: b\n<<: {title: c}\nno: d\n---\n")

    assert front.fields == {"no": "d", "1e3": "b", "<<": {"title": "c"}}
    assert front.lines == {"no": 5, "1e3": 3, "<<": 4}


def test_sets_come_in_one_order() -> None:
    """A set is ordered anew in each process, but the same file must give the same index."""
    names = [f"tag{n}" for n in range(20)]
    front = _front("---\ntags: !!set {" + ", ".join(reversed(names)) + "}\n---\n")

    assert front.fields == {"tags": sorted(names)}


@pytest.mark.parametrize("bomb", ["[", "- ", "? ", "{a: "])
def test_a_page_of_brackets_does_not_end_the_process(bomb: str) -> None:
    """Building their tree by recursion would overflow the stack of C, which nothing can catch."""
    program = (
        "from briefqa.documents.front_matter import split_front_matter\n"
        f"print(split_front_matter('---\\na:\\n ' + {bomb!r} * 100_000 + '\\n---\\n'))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout) == (0, "(None, 0)\n")
