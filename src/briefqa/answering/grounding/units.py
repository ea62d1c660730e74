"""Units, currencies and the words that scale a number."""

from fractions import Fraction

PERCENT = "%"
POINTS = "percentage points"
TIMES = "times"
YEARS = "years"
CURRENCIES = frozenset(str.split("GBP USD EUR JPY CNY INR AUD CAD HKD CHF YEN/YUAN"))

SCALES: dict[str, int] = {
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "dozen": 12,
    "hundreds": 10**2,
    "thousands": 10**3,
    "millions": 10**6,
    "billions": 10**9,
    "trillions": 10**12,
    "dozens": 12,
    "tens": 10,
    "mn": 10**6,
    "mln": 10**6,
    "bn": 10**9,
    "bln": 10**9,
    "tn": 10**12,
    "trn": 10**12,
}
GLUED_SCALES: dict[str, int] = {"k": 10**3, "K": 10**3, "m": 10**6, "M": 10**6, "b": 10**9}
"""Letters that scale only where they follow the digits at once: ``£190k``."""
GLUED_SCALES |= {"B": 10**9, "T": 10**12}
VAGUE = frozenset(str.split("hundreds thousands millions billions trillions dozens tens"))

SIGNS: dict[str, str] = {"£": "GBP", "$": "USD", "€": "EUR", "₹": "INR", "¥": "YEN/YUAN"}
PREFIXES: dict[str, str] = {"US": "USD", "A": "AUD", "AU": "AUD", "C": "CAD", "HK": "HKD"}
"""Letters before a dollar sign that say whose dollar it is."""

_WORDS = """
GBP 1: gbp pound pounds sterling
GBP 1/100: pence
USD 1: usd dollar dollars
USD 1/100: cent cents
EUR 1: eur euro euros
JPY 1: jpy yen
CNY 1: cny rmb yuan renminbi
INR 1: inr rupee rupees
AUD 1: aud
CAD 1: cad
CHF 1: chf franc francs
% 1/100: percent
percentage points 1: ppt ppts
percentage points 1/100: bps
times 1: x times fold
gram 1: gram grams gramme grammes
gram 1/1000: milligram milligrams mg
gram 1000: kilogram kilograms kilogramme kilogrammes kilo kilos kg kgs
gram 1000000: tonne tonnes
ton 1: ton tons
pound weight 1: lb lbs
metre 1: metre metres meter meters
metre 1/100: cm centimetre centimetres centimeter centimeters
metre 1/1000: mm millimetre millimetres millimeter millimeters
metre 1000: km kms kilometre kilometres kilometer kilometers
mile 1: mile miles
foot 1: ft foot feet
hectare 1: ha hectare hectares
acre 1: acre acres
square metre 1: m²
square metre 1000000: km²
litre 1: litre litres liter liters
litre 1/1000: ml millilitre millilitres milliliter milliliters
watt 1: watt watts
watt 1000: kilowatt kilowatts
watt 1000000: megawatt megawatts
watt 1000000000: gigawatt gigawatts
watt 1000000000000: terawatt terawatts
byte 1: byte bytes
byte 1000: kilobyte kilobytes
byte 1000000: megabyte megabytes
byte 1000000000: gigabyte gigabytes
byte 1000000000000: terabyte terabytes
byte 1000000000000000: petabyte petabytes
hertz 1: hertz
hertz 1000000: megahertz
hertz 1000000000: gigahertz
second 1: second seconds secs
second 1/1000: millisecond milliseconds ms
second 60: minute minutes mins
second 3600: hour hours hr hrs
second 86400: day days
second 604800: week weeks
month 1: month months
years 1: year years yr yrs
years 10: decade decades
years 100: century centuries
"""
_SYMBOLS = """
metre 1: m
gram 1: g
gram 1000000: t
watt 1: W
watt 1000: kW
watt 1000000: MW
watt 1000000000: GW
watt 1000000000000: TW
watt hour 1: Wh
watt hour 1000: kWh
watt hour 1000000: MWh
watt hour 1000000000: GWh
watt hour 1000000000000: TWh
byte 1000: KB kB
byte 1000000: MB
byte 1000000000: GB
byte 1000000000000: TB
byte 1000000000000000: PB
hertz 1: Hz
hertz 1000: kHz
hertz 1000000: MHz
hertz 1000000000: GHz
percentage points 1: pp
second 1: s
"""
_PHRASES = """
percentage points 1: percentage point|percentage points|per cent points
percentage points 1/100: basis point|basis points
% 1/100: per cent
USD 1: us dollars|us dollar
AUD 1: australian dollars|australian dollar
CAD 1: canadian dollars|canadian dollar
degree Celsius 1: degrees celsius|degree celsius|degrees centigrade|° c
degree Fahrenheit 1: degrees fahrenheit|degree fahrenheit|° f
square metre 1: square metres|square meters|square metre|sq m
square metre 1000000: square kilometres|square kilometers|square kilometre|sq km
square mile 1: square miles|square mile|sq miles
watt hour 1000: kilowatt hours|kilowatt hour
watt hour 1000000: megawatt hours|megawatt hour
watt hour 1000000000: gigawatt hours|gigawatt hour
watt hour 1000000000000: terawatt hours|terawatt hour
"""

Unit = tuple[str, Fraction]


def _table(lines: str, separator: str | None) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for line in lines.strip().splitlines():
        head, _, forms = line.partition(":")
        name, _, factor = head.strip().rpartition(" ")
        for form in forms.strip().split(separator):
            found[form] = (name.strip(), Fraction(factor))
    return found


UNIT_WORDS = _table(_WORDS, None)
"""Units by their words, in lower case: what they count, and how many of it one is."""
UNIT_SYMBOLS = _table(_SYMBOLS, None) | {"%": (PERCENT, Fraction(1, 100))}
"""Units by symbols in which capitals matter: ``mW`` is no ``MW``."""
UNIT_PHRASES = {tuple(form.split()): unit for form, unit in _table(_PHRASES, "|").items()}
"""Units of several words."""
LONGEST_PHRASE = max(map(len, UNIT_PHRASES))

_ORDINAL_ENDS = frozenset({"st", "nd", "rd", "th"})


def is_suffix(letters: str) -> bool:
    """Say whether ``letters`` may follow digits at once and make a quantity of them."""
    return (
        letters in GLUED_SCALES
        or (letters in UNIT_SYMBOLS and letters != "s")
        or letters.lower() in UNIT_WORDS
        or letters.lower() in SCALES
        or letters in _ORDINAL_ENDS
    )
