"""Words that the rules know: which say nothing by themselves, which are opposites."""

STOP_WORDS = frozenset(
    str.split("""
    a about above across after again against all almost along already also although always am
    among an and another any anyone anything are around as at away be because been before being
    below between both but by can come could did do does doing done down during each either else
    enough especially etc even ever every few for from further get gets give given gives had has
    have having he hence her here hers him his how however i if in indeed instead into is it its
    itself just least less let like made make makes many may me meanwhile might more moreover most
    much must my near neither never no nor not now of off often on once one only onto or other
    others our ours out over own per perhaps quite rather really same several she should since so
    some still such than that the their theirs them themselves then there therefore these they
    this those though through throughout thus to together too toward towards under until up upon
    us very was we well were what when where whereas whether which while who whom whose why will
    with within without would yet you your
    according author authors brief digest document paper report said say says state stated states
    nearly roughly approximately says's cannot unable lack lacks lacked lacking fail fails failed
    failing hardly scarcely barely none nothing nobody nowhere
    minus plus exactly precisely namely respectively
    """)
)
"""Words that hold a sentence together, and those that only say who is speaking."""

_OPPOSITES = (
    (
        (
            "rise rises rose risen rising increase increases increased increasing increasingly "
            "grow grows grew grown growing growth climb climbs climbed climbing gain gains gained "
            "gaining jump jumps jumped jumping surge "
            "surges surged surging up more higher above greater expand "
            "expands expanded expanding expansion larger upward upwards"
        ),
        (
            "fall falls fell fallen falling decrease decreases decreased decreasing decreasingly "
            "shrink shrinks shrank shrunk shrinking drop drops dropped dropping decline declines "
            "declined declining lose loses lost losing loss losses plunge plunges plunged plunging "
            "down less fewer lower below contract contracts contracted contracting contraction "
            "reduce reduces reduced reducing reduction smaller downward downwards"
        ),
    ),
    (
        "strengthen strengthens strengthened strengthening stronger strong strongest",
        "weaken weakens weakened weakening weaker weak weakest",
    ),
    ("deepen deepens deepened deepening", "ease eases eased easing"),
    ("most majority", "least minority"),
    ("highest largest biggest maximum", "lowest smallest minimum"),
    ("before earlier prior", "after later"),
    (
        "allow allows allowed allowing permit permits permitted permitting",
        "ban bans banned banning forbid forbids forbidden prohibit prohibits prohibited",
    ),
    ("accept accepts accepted accepting", "reject rejects rejected rejecting refuse refuses"),
    ("support supports supported supporting", "oppose opposes opposed opposing"),
    ("include includes included including", "exclude excludes excluded excluding"),
    ("success successes succeed succeeds succeeded", "failure failures"),
    ("import imports imported importing", "export exports exported exporting"),
    ("start starts started begin begins began begun", "end ends ended stop stops stopped"),
    ("with", "without"),
    ("positive positively", "negative negatively"),
    ("faster quicker quickly rapidly", "slower slowly"),
    ("best better", "worst worse"),
)

OPPOSITES: dict[str, tuple[int, int]] = {
    word: (group, side)
    for group, sides in enumerate(_OPPOSITES)
    for side, words in enumerate(sides)
    for word in words.split()
}
"""For each word the pair it belongs to and its side there; the first pair speaks of quantities."""

CHANGES = 0
"""The pair of words that say which way a quantity went."""

_PLACES = {
    "uk": "united kingdom|britain|great britain|british|uk|u.k.|gb",
    "us": "united states of america|united states|america|american|americans|us|usa|u.s.|u.s.a.",
    "china": "people's republic of china|china|chinese|prc",
    "eu": "european union|eu|e.u.",
    "europe": "europe|european|europeans",
    "un": "united nations|un|u.n.",
    "uae": "united arab emirates|uae|emirati",
    "south korea": "republic of korea|south korea|south korean|rok",
    "north korea": "north korea|north korean|dprk",
    "russia": "russian federation|russia|russian|russians",
    "france": "france|french",
    "germany": "germany|german|germans",
    "japan": "japan|japanese",
    "india": "india|indian|indians",
    "canada": "canada|canadian|canadians",
    "australia": "australia|australian|australians",
    "new zealand": "new zealand|new zealander|new zealanders|nz",
    "nato": "north atlantic treaty organization|north atlantic treaty organisation|nato",
    "asean": "association of southeast asian nations|asean",
    "au": "african union|au",
    "oecd": "organisation for economic co-operation and development|oecd",
    "ai": "artificial intelligence|ai|a.i.",
}

PLACES: dict[tuple[str, ...], str] = {
    tuple(form.split()): name for name, forms in _PLACES.items() for form in forms.split("|")
}
"""Countries, blocs and one abbreviation: each way of writing them, as words, leads to one name."""

LONGEST_PLACE = max(map(len, PLACES))
ACRONYMS = frozenset({"us", "un", "eu", "uk", "gb", "au", "nz", "ai", "rok", "prc"})
"""Those of them that are read only in capitals: ``us`` is a word."""

ROLES = frozenset(
    str.split("""
    president premier minister secretary chancellor senator director chair chairman chairwoman
    chief professor ambassador governor mayor king queen prince judge justice general commissioner
    foreign prime deputy vice lord lady representative executive officer
    """)
)
HONORIFICS = frozenset(str.split("mr mrs ms miss dr prof sir dame rev hon"))

MONTHS: dict[str, int] = {
    form: number
    for number, name in enumerate(
        str.split(
            "january february march april may june july august september october november december"
        ),
        1,
    )
    for form in (name, name[:3])
} | {"sept": 9}
