"""Says whether two statements speak of one matter, so that what differs between them counts.

It would rather be silent than wrong: statements that name different things, or mean more than
they share, are taken to be of different matters.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from briefqa.answering.grounding.quantities import ORDINAL, Quantity
from briefqa.answering.grounding.statements import Statement
from briefqa.answering.grounding.vocabulary import OPPOSITES
from briefqa.answering.grounding.words import TokenKind, stem

_FEWEST = 3
_FEWEST_NAMED = 2
_FEWEST_KNOWN = 1
_FEWEST_LEANING = 6
"""Content words that two statements share: in general, where one is a name, where their
documents are of one subject, and where a pronoun may stand for anything."""

_SAME_CLAIM = 0.6
"""Share of their content words that two statements have in common if one may deny the other."""

_LEANING = frozenset(
    str.split("it its they their he his she her this these that those such we our i my")
)
_LINKING = frozenset(
    stem(word)
    for word in str.split(
        "reach reached total totalled totaled stand stands stood amount amounts amounted estimate "
        "estimated estimates put puts figure figures value valued worth number numbers come comes "
        "came become became remain remains remained currently now today latest new revised update "
        "updated overall roughly approximately around about plan plans planned expect expects "
        "expected will set sets hit show shows showed shown find finds found employ employs "
        "employed comprise comprises contain contains hold holds held consist consists"
    )
)
"""Words that join a matter with what is said of it, or say how sure that is."""
_FRAMES = frozenset(
    str.split(
        "for in among amongst under if unless when where while whereas excluding except including "
        "across within outside between at on with without per assuming as against compared than "
        "but although though despite"
    )
)
"""A part that opens so says for what, where or when the rest holds."""
_LABELLED = frozenset(
    str.split(
        "section article chapter table figure phase stage step page part paragraph clause version "
        "level tier group category type grade class volume no number room rule annex schedule "
        "appendix round day week season episode question option scenario case example note "
        "line box model route block unit goal pillar priority recommendation principle"
    )
)
"""A number after one of these names a thing and counts nothing."""
_APART = frozenset(
    OPPOSITES[word][0] for word in ("import", "start", "before", "most", "highest", "best")
)


def is_one_matter(ours: Statement, theirs: Statement, *, is_one_subject: bool = False) -> bool:
    """Say whether two statements name the same things in the same words, but for what links.

    Args:
        ours: One of the two.
        theirs: The other.
        is_one_subject: Whether the documents are known to be of one subject.
    """
    shared = ours.places.keys() & theirs.places.keys()
    # "Rose" and "fell" hold the same place.
    count = len(shared) + len(turns(ours, theirs))
    names = _names(ours)
    if names != _names(theirs) or _labels(ours) != _labels(theirs):
        return False
    if count < _fewest(ours, theirs, is_named=bool(names), is_one_subject=is_one_subject):
        return False
    return _adds_nothing(ours, shared) and _adds_nothing(theirs, shared)


def is_same_claim(ours: Statement, theirs: Statement) -> bool:
    """Say whether two statements are nearly one, so that to deny the one is to deny the other."""
    mine, yours = _said_of_matter(ours), _said_of_matter(theirs)
    return len(mine & yours) >= _SAME_CLAIM * len(mine | yours)


def tells_apart(ours: Statement, theirs: Statement) -> frozenset[int]:
    """Return the pairs of opposites by which the two are of two matters: imports and exports."""
    mine, yours = _sides(ours), _sides(theirs)
    return frozenset(
        group for group in _APART if mine.get(group, frozenset()) != yours.get(group, frozenset())
    )


def turns(ours: Statement, theirs: Statement) -> frozenset[int]:
    """Return the pairs of opposites of which the two have different sides."""
    mine, yours = _sides(ours), _sides(theirs)
    return frozenset(each for each in mine.keys() & yours.keys() if mine[each] != yours[each])


def is_label(quantity: Quantity, statement: Statement) -> bool:
    """Say whether a number names a thing, as in ``Section 3``."""
    if quantity.unit is not None or not quantity.start:
        return False
    return statement.tokens[quantity.start - 1].lower.removesuffix("s") in _LABELLED


def is_linking(statement: Statement, at: int) -> bool:
    """Say whether a word only joins a matter with what is said of it."""
    token = statement.tokens[at]
    return token.key in _LINKING or token.lower in OPPOSITES


def _said_of_matter(statement: Statement) -> frozenset[str]:
    return frozenset(
        key for key, places in statement.places.items() if not is_linking(statement, places[0])
    )


def _fewest(ours: Statement, theirs: Statement, *, is_named: bool, is_one_subject: bool) -> int:
    if any(each.tokens and each.tokens[0].lower in _LEANING for each in (ours, theirs)):
        return _FEWEST_LEANING
    if is_one_subject and _said_of_matter(ours) == _said_of_matter(theirs):
        return _FEWEST_KNOWN
    return _FEWEST_NAMED if is_named else _FEWEST


def _adds_nothing(statement: Statement, shared: AbstractSet[str]) -> bool:
    """Say whether what a statement has for itself leaves the matter what it is."""
    # Without the words of numbers and dates, which are compared as such.
    content = {at for places in statement.places.values() for at in places}
    for clause in _clauses(statement):
        own = [
            at
            for at in clause
            if at in content
            and statement.tokens[at].key not in shared
            and not is_linking(statement, at)
        ]
        has_common = any(at in content and statement.tokens[at].key in shared for at in clause)
        is_frame = clause[0] == 0 or statement.tokens[clause[0]].lower in _FRAMES
        if own and (has_common or is_frame):
            return False
    return True


def _clauses(statement: Statement) -> Iterator[list[int]]:
    """Yield the places of the words of each part between commas and the like."""
    clause: list[int] = []
    for at, token in enumerate(statement.tokens):
        if clause and token.clause != statement.tokens[clause[-1]].clause:
            yield clause
            clause = []
        if token.kind is not TokenKind.MARK:
            clause.append(at)
    if clause:
        yield clause


def _names(statement: Statement) -> frozenset[str]:
    """Return the keys of all that names something: names, codes, countries."""
    taken = {at for each in statement.dates for at in range(each.start, each.end)}
    return frozenset(
        token.key
        for at, token in enumerate(statement.tokens)
        if token.is_content
        and at not in taken
        and (
            token.kind is TokenKind.CODE
            or token.key.startswith("@")
            or (token.is_capital and not token.opens)
        )
    )


def _labels(statement: Statement) -> frozenset[tuple[str, str]]:
    """Return the numbers that name something: ``Section 3``, the second."""
    found: set[tuple[str, str]] = set()
    for each in statement.quantities:
        if each.unit == ORDINAL:
            found.add(("", str(each.low)))
        elif is_label(each, statement):
            found.add((statement.tokens[each.start - 1].lower, str(each.low)))
    return frozenset(found)


def _sides(statement: Statement) -> dict[int, frozenset[int]]:
    sides: dict[int, set[int]] = {}
    for token in statement.tokens:
        if token.lower in OPPOSITES:
            group, side = OPPOSITES[token.lower]
            sides.setdefault(group, set()).add(side)
    return {group: frozenset(found) for group, found in sides.items()}
