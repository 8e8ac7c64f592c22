"""English dates and numbers in words, with their ISO dates and digits.

The data of the demonstration translator is made here, by chance and from a
seed.  `Phrases(seed).draw()` returns one pair (phrase, answer):

    the third of March, nineteen ninety-eight        1998-03-03
    Tuesday, March 3rd, 1998                         1998-03-03
    March 1998                                       1998-03
    three million, four hundred and two thousand     3402000
    minus twelve point oh five                       -12.05
    two and a half dozen                             30

A date always has a year between 1000 and 2199; whole numbers reach
999,999,999.  Digits after a point are kept as spoken ("one point five zero" is
1.50).  No phrase has two readings: dates such as 3/4/1998 are left out.
"""

import datetime
import random
import re

UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
IRREGULAR_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
MONTHS = "January February March April May June July August September October November December".split()
MONTHS_SHORT = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
HOLIDAYS = {
    "New Year's Day": (1, 1),
    "Valentine's Day": (2, 14),
    "Midsummer Day": (6, 24),
    "Halloween": (10, 31),
    "Christmas Eve": (12, 24),
    "Christmas Day": (12, 25),
    "Christmas": (12, 25),
    "Boxing Day": (12, 26),
    "New Year's Eve": (12, 31),
}

# o: the day as an ordinal, in words or digits; n: in digits; m: month; y: year.
DATE_TEMPLATES = [
    ("the {o} of {m}, {y}", 6),
    ("the {o} of {m} {y}", 5),
    ("{o} of {m}, {y}", 2),
    ("{o} of {m} {y}", 2),
    ("{o} {m} {y}", 3),
    ("{o} {m}, {y}", 1),
    ("{m} the {o}, {y}", 3),
    ("{m} the {o} {y}", 2),
    ("{m} {o}, {y}", 5),
    ("{m} {o} {y}", 4),
    ("{n} {m} {y}", 4),
    ("{n} {m}, {y}", 1),
    ("{m} {n}, {y}", 4),
    ("{m} {n} {y}", 3),
    ("the {o} day of {m}, {y}", 2),
    ("the {o} day of {m} in the year {y}", 1),
    ("the {o} of {m} in the year {y}", 1),
    ("the {o} of {m} of the year {y}", 1),
    ("on the {o} of {m}, {y}", 2),
    ("on {m} {o}, {y}", 1),
    ("on {m} the {o} {y}", 1),
    ("in the year {y}, on the {o} of {m}", 1),
    ("{y}, {m} {o}", 1),
    ("{y}, the {o} of {m}", 1),
]
# With every part in digits: s is the short month, 0 marks two digits.
DIGIT_DATE_TEMPLATES = ["{n}-{s}-{y}", "{n} {s} {y}", "{s} {n}, {y}", "{s}. {n}, {y}", "{y} {s} {n}", "{y}/{m0}/{n0}", "{y}-{m0}-{n0}"]
MONTH_TEMPLATES = ["{m} {y}", "{m}, {y}", "{m} of {y}", "in {m} {y}", "the month of {m}, {y}"]


def key(phrase):
    """What two phrases have in common that differ only in case and punctuation."""
    return " ".join(re.findall(r"[a-z]+|\d+", phrase.lower()))


class Phrases:
    """An endless row of pairs; `forbidden` are the keys of phrases never to return."""

    def __init__(self, seed, forbidden=frozenset()):
        self.random = random.Random(seed)
        self.forbidden = forbidden
        self.kinds, self.shares = zip(
            (self.date, 44),
            (self.month, 5),
            (self.holiday, 1.5),
            (self.year_alone, 4),
            (self.cardinal, 26),
            (self.digits, 2.5),
            (self.decimal, 9),
            (self.scaled, 3),
            (self.fraction, 2.5),
            (self.dozen, 3),
        )

    def draw(self):
        while True:
            make = self.random.choices(self.kinds, self.shares)[0]
            phrase, answer = make()
            phrase = self.dressed(phrase)
            if key(phrase) not in self.forbidden:
                return phrase, answer

    def chance(self, probability):
        return self.random.random() < probability

    def dressed(self, phrase):
        """The same phrase with other capitals, and now and then a full stop."""
        style = self.random.random()
        if style < 0.22:
            phrase = phrase.lower()
        elif style < 0.42:
            phrase = phrase[0].upper() + phrase[1:]
        elif style < 0.48:
            phrase = re.sub(r"(^|[ -])([a-z])", lambda m: m[1] + m[2].upper(), phrase)
        elif style < 0.51:
            phrase = phrase.upper()
        return phrase + "." if self.chance(0.04) else phrase

    # ---------------------------------------------------------------- numbers

    def below_hundred(self, number, hyphen):
        if number < 20:
            return UNITS[number]
        tens, units = divmod(number, 10)
        return TENS[tens] + (hyphen + UNITS[units] if units else "")

    def below_thousand(self, number, hyphen, conjunction):
        hundreds, rest = divmod(number, 100)
        if not hundreds:
            return self.below_hundred(rest, hyphen)
        head = UNITS[hundreds] + " hundred"
        return head + (conjunction + self.below_hundred(rest, hyphen) if rest else "")

    def in_words(self, number, indefinite=0.15):
        """A whole number below a thousand millions; the writer's habits are drawn once for all its parts.
        `indefinite` is the probability of "a hundred" for "one hundred"."""
        hyphen = "-" if self.chance(0.7) else " "
        conjunction = " and " if self.chance(0.6) else " "
        comma = "," if self.chance(0.3) else ""
        millions, rest = divmod(number, 1_000_000)
        thousands, units = divmod(rest, 1000)
        words = ""
        for count, name in ((millions, "million"), (thousands, "thousand")):
            if count:
                words += (comma + " " if words else "") + self.below_thousand(count, hyphen, conjunction) + " " + name
        if units or not words:
            if words:
                words += conjunction if units < 100 else comma + " "
            words += self.below_thousand(units, hyphen, conjunction)
        if self.chance(indefinite):
            words = re.sub(r"^one (hundred|thousand|million)", r"a \1", words)
        return words

    def whole(self, most_digits=9):
        """A whole number whose length is drawn first; often with zeros at its end."""
        length = self.random.choices(range(1, most_digits + 1), [3, 5, 8, 8, 8, 8, 6, 3, 3][:most_digits])[0]
        number = self.random.randrange(10 ** (length - 1) if length > 1 else 0, 10**length)
        if length > 2 and self.chance(0.3):
            zeros = 10 ** self.random.randrange(1, length)
            number = max(number // zeros * zeros, 1)
        elif length > 3 and self.chance(0.15):
            # zeros within: 40,007 or 3,000,200
            number = int("".join(d if i == 0 or self.chance(0.4) else "0" for i, d in enumerate(str(number))))
        return number

    def signed(self, words, answer):
        if answer.strip("0.") and self.chance(0.12):
            return self.random.choice(("minus ", "negative ")) + words, "-" + answer
        return words, answer

    def cardinal(self):
        if self.chance(0.04):
            # fifteen hundred, twenty-five hundred and six
            hundreds = self.random.choice([n for n in range(11, 100) if n % 10])
            rest = 0 if self.chance(0.6) else self.random.randrange(1, 100)
            hyphen = "-" if self.chance(0.7) else " "
            words = self.below_hundred(hundreds, hyphen) + " hundred"
            if rest:
                words += (" and " if self.chance(0.6) else " ") + self.below_hundred(rest, hyphen)
            return self.signed(words, str(hundreds * 100 + rest))
        number = self.whole()
        words = self.random.choice(("zero", "nought", "zero", "nothing")) if number == 0 else self.in_words(number)
        return self.signed(words, str(number))

    def digits(self):
        number = self.whole()
        style = self.random.random()
        if style < 0.35:
            return f"{number:,}", str(number)
        if style < 0.5:
            return str(number), str(number)
        count, (name, size) = self.random.randrange(1, 1000), self.random.choice((("thousand", 1000), ("million", 1_000_000)))
        return f"{count} {name}", str(count * size)

    def decimal(self):
        count = self.random.choices((1, 2, 3, 4), (5, 5, 2, 1))[0]
        digits = [self.random.randrange(10) for _ in range(count)]
        oh = "oh" if self.chance(0.35) else "zero"
        spoken = " ".join(oh if d == 0 else UNITS[d] for d in digits)
        whole = 0 if self.chance(0.2) else self.whole(5)
        head = self.in_words(whole) + " "
        if whole == 0:
            head = self.random.choice(("zero ", "nought ", "oh ", ""))
        return self.signed(f"{head}point {spoken}", f"{whole}." + "".join(map(str, digits)))

    def scaled(self):
        """one point five million, 2.25 million"""
        name, size, most = self.random.choice((("million", 6, 3), ("thousand", 3, 2)))
        digits = "".join(str(self.random.randrange(10)) for _ in range(self.random.randint(1, most)))
        whole = self.random.randrange(1, 100)
        answer = str(whole) + digits.ljust(size, "0")
        if self.chance(0.3):
            return f"{whole}.{digits} {name}", answer
        words = self.in_words(whole) + " point " + " ".join(UNITS[int(d)] for d in digits)
        return self.signed(f"{words} {name}", answer)

    def fraction(self):
        """a half, two and three quarters, one and a half million"""
        parts = (("a half", 50), ("half", 50), ("a quarter", 25), ("one quarter", 25), ("three quarters", 75))
        style = self.random.random()
        if style < 0.15:
            words, hundredths = self.random.choice((*parts, ("one half", 50)))
            return self.signed(words, "0." + str(hundredths).rstrip("0"))
        words, hundredths = self.random.choice([p for p in parts if p[0] != "half"])
        if style < 0.65:
            whole = self.random.randrange(1, 1000)
            return self.signed(f"{self.in_words(whole)} and {words}", f"{whole}." + str(hundredths).rstrip("0"))
        name, size = self.random.choice((("million", 1_000_000), ("thousand", 1000)))
        if style < 0.72:
            words, hundredths = self.random.choice((("half a", 50), ("a quarter of a", 25), ("three quarters of a", 75)))
            return f"{words} {name}", str(hundredths * size // 100)
        whole = self.random.randrange(1, 100)
        amount = whole * size + hundredths * size // 100
        if whole == 1 and hundredths == 50 and self.chance(0.5):
            return f"a {name} and a half", str(amount)
        return f"{self.in_words(whole)} and {words} {name}", str(amount)

    def dozen(self):
        style = self.random.random()
        if style < 0.15:
            return self.random.choice((("a dozen", "12"), ("half a dozen", "6"), ("a score", "20"), ("a baker's dozen", "13")))
        name, size = ("score", 20) if self.chance(0.25) else ("dozen", 12)
        count = self.random.randrange(1, 21)
        if style < 0.35:
            return f"{self.in_words(count)} and a half {name}", str(count * size + size // 2)
        return f"{self.in_words(count)} {name}", str(count * size)

    # ------------------------------------------------------------------ dates

    def year(self):
        return self.random.randrange(1900, 2040) if self.chance(0.65) else self.random.randrange(1000, 2200)

    def year_in_words(self, year):
        """nineteen ninety-eight, nineteen hundred and five, twenty oh five, two thousand and five"""
        century, rest = divmod(year, 100)
        hyphen = "-" if self.chance(0.75) else " "
        conjunction = " and " if self.chance(0.6) else " "
        first, second = self.below_hundred(century, hyphen), self.below_hundred(rest, hyphen)
        forms = [(self.in_words(year, indefinite=0), 3 if century % 10 == 0 else 0.6)]
        if rest >= 10:
            forms.append((f"{first} {second}", 6))
        elif rest:
            forms.append((f"{first} oh {second}", 3))
        if century % 10:
            forms.append((f"{first} hundred" + (conjunction + second if rest else ""), 1.5))
        return self.random.choices(*zip(*forms))[0]

    def year_alone(self):
        year = self.year()
        return self.random.choice(("", "", "", "in ", "the year ", "in the year ")) + self.year_in_words(year), str(year)

    def day(self, year, month):
        following = datetime.date(year + month // 12, month % 12 + 1, 1)
        return self.random.randint(1, (following - datetime.timedelta(days=1)).day)

    def ordinal(self, number):
        if self.chance(0.35):
            suffix = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
            return f"{number}{suffix}"
        words = re.split(r"([ -])", self.below_hundred(number, "-" if self.chance(0.75) else " "))
        last = words[-1]
        words[-1] = IRREGULAR_ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
        return "".join(words)

    def month_name(self, month):
        style = self.random.random()
        if style < 0.8:
            return MONTHS[month - 1]
        return MONTHS_SHORT[month - 1] + ("." if style < 0.87 else "")

    def year_name(self, year):
        return str(year) if self.chance(0.4) else self.year_in_words(year)

    def date(self):
        year = self.year()
        month = self.random.randint(1, 12)
        day = self.day(year, month)
        if self.chance(0.1):
            template = self.random.choice(DIGIT_DATE_TEMPLATES)
            parts = {"n": day, "s": MONTHS_SHORT[month - 1], "y": year, "m0": f"{month:02}", "n0": f"{day:02}"}
        else:
            template = self.random.choices(*zip(*DATE_TEMPLATES))[0]
            parts = {"o": self.ordinal(day), "n": day, "m": self.month_name(month), "y": self.year_name(year)}
        words = template.format(**parts)
        if template[0] in "t{" and not template.startswith("{y") and self.chance(0.15):
            weekday = WEEKDAYS[datetime.date(year, month, day).weekday()]
            words = self.random.choice(("", "", "on ")) + (weekday if self.chance(0.7) else weekday[:3]) + self.random.choice((", ", " ")) + words
        return words, f"{year:04}-{month:02}-{day:02}"

    def month(self):
        year, month = self.year(), self.random.randint(1, 12)
        words = self.random.choice(MONTH_TEMPLATES).format(m=self.month_name(month), y=self.year_name(year))
        return words, f"{year:04}-{month:02}"

    def holiday(self):
        name, (month, day) = self.random.choice(list(HOLIDAYS.items()))
        year = self.year()
        return name + self.random.choice((" ", ", ", " of ", " in ")) + self.year_name(year), f"{year:04}-{month:02}-{day:02}"


# The example of the command line comes first among the held-out phrases.
EXAMPLE = ("the third of March, nineteen ninety-eight", "1998-03-03")


# Ways to say a number of which there are so few that none can be withheld.
FEW = re.compile(r"dozen|score|half a|quarters? of a|^a (thousand|million) and")


def held_out(seed, count):
    """Phrases for measuring, the first of them EXAMPLE.  Those of one or two
    words ("minus six") and those that match FEW are not taken."""
    phrases, pairs, keys = Phrases(seed), [EXAMPLE], {key(EXAMPLE[0])}
    while len(pairs) < count:
        phrase, answer = phrases.draw()
        words = key(phrase)
        if len(words.split()) >= 3 and not FEW.search(words) and words not in keys:
            keys.add(words)
            pairs.append((phrase, answer))
    return pairs, frozenset(keys)
