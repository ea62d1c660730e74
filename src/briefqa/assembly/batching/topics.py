"""Topics of TREC as questions: classic SGML, which is no XML, and XML."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from briefqa.documents.xml import attribute, local_name, parse_xml
from briefqa.errors import DocumentError, UsageError

# Of several, the first that is there. A classic topic has title, desc and narr; TREC-COVID's
# query is a few key words, and its question says what they are after.
_TEXTS = ("question", "query", "title", "desc", "description")
_IDS = ("number", "num", "id", "qid", "query_id")
_TOPICS = {"topic", "top"}
_FIELD = re.compile(
    r"</?(question|query|title|desc|description|narr|narrative|num|number|id|qid|query_id|top)"
    r"(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
# Classic topics say once more in words what a tag has said: "<num> Number: 301".
_LABEL = re.compile(r"\A(?:number|topic|description|narrative)\s*:\s*", re.IGNORECASE)
_OPENING = re.compile(rb"<top\s*>", re.IGNORECASE)
_CLOSING = re.compile(rb"</top\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's question; ``problem`` says why there is none."""

    topic_id: str | None
    text: str
    problem: str | None = None


def sgml_topics(lines: Iterable[bytes], *, longest: int) -> Iterator[Topic]:
    """Yield the topics between ``<top>`` and ``</top>``, or the next ``<top>``, in order.

    Args:
        lines: The lines of the file, the first of which begins a topic.
        longest: Most bytes of a topic; what comes after is passed over.
    """
    held: list[bytes] = []
    size = 0
    is_inside = False
    for line in lines:
        if _OPENING.search(line):
            if is_inside:
                yield _sgml_topic(b"".join(held), size, longest)
            held, size, is_inside = [], 0, True
        if is_inside:
            size += len(line)
            if size <= longest:
                held.append(line)
        if is_inside and _CLOSING.search(line):
            yield _sgml_topic(b"".join(held), size, longest)
            is_inside = False
    if is_inside:
        yield _sgml_topic(b"".join(held), size, longest)


def xml_topics(data: bytes, name: str) -> Iterator[Topic]:
    """Yield the topics of an XML text, in order. Nothing it declares or names is ever loaded.

    Raises:
        UsageError: If it is not XML, is made to do harm, or holds no topic.
    """
    try:
        root = parse_xml(data, name)
    except DocumentError as error:
        msg = f"{name} {error.detail}"
        raise UsageError(msg) from error
    is_empty = True
    for element in root.iter():
        if local_name(element).lower() in _TOPICS:
            is_empty = False
            yield _xml_topic(element)
    if is_empty:
        msg = f'{name} is XML without <topic number="1"><query>…, which is how it holds questions'
        raise UsageError(msg)


def _sgml_topic(data: bytes, size: int, longest: int) -> Topic:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        # Older than UTF-8, and every byte is a character of Latin-1.
        text = data.decode("latin-1")
    fields: dict[str, str] = {}
    tags = list(_FIELD.finditer(text))
    ends = [tag.start() for tag in tags[1:]] + [len(text)]
    for tag, end in zip(tags, ends, strict=True):
        value = _LABEL.sub("", _plain(html.unescape(text[tag.end() : end])), count=1)
        if not tag[0].startswith("</"):
            fields.setdefault(tag[1].lower(), value)
    topic = _topic(fields, "")
    if size > longest:
        return Topic(topic.topic_id, "", f"a topic has more than {longest:,} bytes")
    return topic


def _xml_topic(element: etree._Element) -> Topic:
    fields: dict[str, str] = {}
    for name in _IDS:
        value = attribute(element, name)
        if value is not None:
            fields.setdefault(name, _plain(value))
    for inner in element:
        fields.setdefault(local_name(inner).lower(), _plain(_text_of(inner)))
    return _topic(fields, "" if len(element) else _plain(_text_of(element)))


def _text_of(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext())


def _topic(fields: dict[str, str], otherwise: str) -> Topic:
    text = next((fields[name] for name in _TEXTS if fields.get(name)), otherwise)
    topic_id = next((fields[name] for name in _IDS if fields.get(name)), None)
    problem = None if text else f"a topic has no {', '.join(_TEXTS[:-1])}"
    return Topic(topic_id, text, problem)


def _plain(text: str) -> str:
    return " ".join(text.split())
