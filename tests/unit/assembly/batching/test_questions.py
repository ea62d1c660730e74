"""One set of questions reads the same in every form, and no file can do harm."""

import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.assembly.batching.questions import LONGEST_LINE, BatchQuestion, read_questions
from briefqa.errors import UsageError

_Pair = tuple[str, str]

# What every form can hold: words of letters and digits with blanks between.
_WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
_TEXT = st.lists(_WORD, min_size=1, max_size=5).map(" ".join)
_PAIRS = st.lists(st.tuples(_WORD, _TEXT), min_size=1, max_size=5)


def _read(data: bytes) -> list[BatchQuestion]:
    return list(read_questions(io.BufferedReader(io.BytesIO(data)), name="'x'"))


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _json_lines(id_name: str, text_name: str) -> Callable[[Sequence[_Pair]], bytes]:
    def written(pairs: Sequence[_Pair]) -> bytes:
        return _lines([json.dumps({id_name: i, text_name: t, "metadata": {}}) for i, t in pairs])

    return written


def _tabbed(pairs: Sequence[_Pair]) -> bytes:
    return _lines([f"{question_id}\t{text}" for question_id, text in pairs])


def _headed(pairs: Sequence[_Pair]) -> bytes:
    return b"query_id\ttext\n" + _tabbed(pairs)


def _classic(pairs: Sequence[_Pair]) -> bytes:
    return "\n".join(
        f"<top>\n<num> Number: {question_id}\n<title> Topic: {text}\n\n<desc> Description:\n"
        "Find documents with 1 < 2 & more.\n<narr> Narrative:\nAny.\n</top>\n"
        for question_id, text in pairs
    ).encode()


def _closed(pairs: Sequence[_Pair]) -> bytes:
    return "\n".join(
        f"<TOP><NUM>{question_id}</NUM><TITLE>\n{text}\n</TITLE></TOP>"
        for question_id, text in pairs
    ).encode()


def _xml(*names: str, declaration: bool = True) -> Callable[[Sequence[_Pair]], bytes]:
    def written(pairs: Sequence[_Pair]) -> bytes:
        root = ET.Element("topics", task="x")
        for question_id, text in pairs:
            topic = ET.SubElement(root, "topic", number=question_id)
            for name in names:
                # The first name is the one that counts.
                ET.SubElement(topic, name).text = text if name == names[0] else "beside it"
            if not names:
                topic.text = f"\n  {text}\n"
        return bytes(ET.tostring(root, "utf-8", xml_declaration=declaration))

    return written


_FORMS = {
    "jsonl": _json_lines("id", "question"),
    "beir": _json_lines("_id", "text"),
    "queries": _json_lines("query_id", "query"),
    "tabbed": _tabbed,
    "headed": _headed,
    "classic topics": _classic,
    "closed topics": _closed,
    "topics of queries": _xml("query", "narrative"),
    "topics of questions": _xml("question", "query"),
    "topics of titles": _xml("title", "desc", declaration=False),
    "bare topics": _xml(),
}


@pytest.mark.parametrize("form", _FORMS)
@given(pairs=_PAIRS, data=st.data())
def test_each_form_gives_the_same_questions(
    form: str, pairs: list[_Pair], data: st.DataObject
) -> None:
    """Question sets come as they come; nobody should have to convert them."""
    written = _FORMS[form](pairs)
    if data.draw(st.booleans(), label="line breaks of Windows"):
        written = written.replace(b"\n", b"\r\n")
    if data.draw(st.booleans(), label="a byte order mark") and not written.startswith(b"<?xml"):
        written = b"\xef\xbb\xbf" + written
    if data.draw(st.booleans(), label="packed"):
        written = gzip.compress(written)

    found = _read(written)

    assert [(each.question_id, each.text) for each in found] == pairs
    assert [each.position for each in found] == list(range(1, len(pairs) + 1))
    assert [each.problem for each in found] == [None] * len(pairs)


@given(st.lists(_TEXT, min_size=1), st.integers(0, 3))
def test_plain_lines_are_numbered_questions(texts: list[str], blank: int) -> None:
    """The simplest file needs no ids; blank lines are no questions."""
    found = _read(b"\n" * blank + _lines([f"{text}\n" for text in texts]))

    assert [each.text for each in found] == texts
    assert [each.question_id for each in found] == [str(n + 1) for n in range(len(texts))]


@given(st.binary(max_size=300) | st.text().map(str.encode))
def test_any_bytes_are_questions_or_a_mistake(data: bytes) -> None:
    """Whatever is given by mistake is said in a line, never a crash."""
    try:
        found = _read(data)
    except UsageError as error:
        said = str(error)
        found = []
    else:
        said = "'x' "

    assert said.startswith("'x' ")
    assert [each.position for each in found] == list(range(1, len(found) + 1))
    assert all(each.text or each.problem is not None for each in found)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists), st.data())
def test_a_line_with_an_odd_field_is_a_problem_of_its_own(
    value: object, data: st.DataObject
) -> None:
    """One bad line of ten thousand must not take the others with it."""
    name = data.draw(st.sampled_from(["question", "id", "top_k", "filters"]))
    odd = json.dumps({"question": "a", name: value})

    before, found, after = _read(_lines(['{"text": "b"}', odd, '{"text": "c"}']))

    assert (before.text, after.text, after.position) == ("b", "c", 3)
    if found.problem is not None:
        assert found.problem.startswith("line 2: ")
        assert (found.top_k, found.filters) == (None, ())
    else:
        assert found.text == (value if name == "question" and value is not None else "a")


def test_a_line_says_how_it_is_to_be_asked() -> None:
    """A set may mix questions about this year with questions about any."""
    record = {"id": 7, "question": "a", "top_k": 3, "filters": ["tag=x"], "as_of": "2025"}

    (found,) = _read(json.dumps(record).encode())

    assert found == BatchQuestion(1, "7", "a", top_k=3, filters=("tag=x",), as_of="2025")


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    """Whoever is told of line 4 looks at line 4."""
    found = _read(b'\n\n{"text": "a"}\nnot json\n\n[1]\n"\xff"\n')

    problems = [each.problem for each in found if each.problem is not None]
    assert [problem.split()[1] for problem in problems] == ["4", "6", "7"]
    assert [each.position for each in found] == [1, 2, 3, 4]


class _Endless(io.RawIOBase):
    """A file that never ends."""

    def __init__(self, piece: bytes) -> None:
        super().__init__()
        self._piece = piece

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:] + self._piece[:size]
        return size


def _endless(piece: bytes) -> Iterator[BatchQuestion]:
    return read_questions(io.BufferedReader(_Endless(piece)), name="'x'")


@pytest.mark.parametrize("piece", [b'{"text": "a"}\n', b"1\ta\n", b"a\n", b"<top><title>a</top>\n"])
def test_questions_come_before_the_file_ends(piece: bytes) -> None:
    """A file larger than memory, or a pipe that stays open, is asked as it is read."""
    found = list(islice(_endless(piece), 1000))

    assert {each.text for each in found} == {"a"}


def test_a_line_without_end_fills_no_memory() -> None:
    """A file that is no list of questions at all must not bring the machine down."""
    long = b"a" * (LONGEST_LINE + 100)

    before, found, after = _read(b"b\n" + long + b"\nc\n")

    assert (before.text, after.text) == ("b", "c")
    assert found.problem == "line 2 has more than 1,048,576 bytes"


_BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE topics [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<topics><topic number="1"><query>&b;</query></topic></topics>"""
_FILE = b"""<!DOCTYPE topics [<!ENTITY a SYSTEM "file:/etc/hostname">]>
<topics><topic number="1"><query>&a;</query></topic></topics>"""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (_BOMB, "declares XML entities"),
        (_FILE, "declares XML entities"),
        (b"<topics><topic>", "holds XML that is broken"),
        (b"<?xml version='1.0'?><briefs><brief/></briefs>", "is XML without <topic"),
        ("a question".encode("utf-16"), "is in UTF-16"),
        (gzip.compress(b"a\n" * 5000)[:-9], "is a damaged gzip file"),
    ],
    ids=["bomb", "file", "broken", "no topics", "utf-16", "cut gzip"],
)
def test_a_file_that_cannot_be_read_is_named(data: bytes, said: str) -> None:
    """Nothing that such a file declares is loaded, and the message says what to mend."""
    with pytest.raises(UsageError, match=r"^'x' ") as caught:
        _read(data)

    assert said in str(caught.value)


def test_a_topic_without_a_question_is_a_problem_of_its_own() -> None:
    """It keeps its place, so that the others keep theirs."""
    found = _read(b"<topics><topic number='1'/><topic number='2'><query>a</query></topic></topics>")

    assert [(each.question_id, each.text) for each in found] == [("1", ""), ("2", "a")]
    assert found[0].problem == "a topic has no question, query, title, desc"
