"""The words of the world: docs/events.md lists what the table of daemon/ingest has, word by word, under the same value."""
import os
import re
import unittest

import house

SETS = {"injury`: `status": "INJURY", "odds`: `status": "QUOTE", "odds`: `side": "SIDE", "odds`: `odds": "ODDS", "a price": "PRICE", "spread": "SPREAD",
        "slate`: a game's `status": "GAME", "slate`: a player's `status": "MEMBER", "alt` `confirmed` `force": "FLAG", "market": "STATISTIC"}
VALUES = {"open": "0", "off": "1", "american": "0", "decimal": "1", "active": "1", "inactive": "0"}  # of the sets that have no names in C


def read(*path):
    with open(os.path.join(house.SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def value_of(name):
    """INJURY_OUT -> out, 100 -> 100"""
    return name.split("_", 1)[1].lower() if "_" in name else name


class Words(unittest.TestCase):
    def test_docs_have_the_table(self):
        table = {(kind, value_of(value), word) for kind, word, value in
                 re.findall(r'\{WORDS_(\w+), "([^"]+)", (\w+)\}', read("daemon", "ingest", "words.c")) if kind != "FOREIGN"}
        self.assertGreater(len(table), 100)
        text = read("docs", "events.md").split("\n## Words\n")[1].split("\n## ")[0]
        listed, kind = set(), None
        for of, value, words in re.findall(r"^\| (.*?) ?\| `(.*?)` \| (.*) \|$", text, re.M):
            kind = SETS[of.strip("`")] if of else kind
            value = VALUES.get(value, value) if kind in ("QUOTE", "ODDS", "MEMBER") else value
            listed |= {(kind, value, word) for word in re.findall(r"`([^`]+)`", re.split(";|, in ", words)[0])}
        self.assertEqual(sorted(table - listed), [], "in the table and not in docs/events.md")
        self.assertEqual(sorted(listed - table), [], "in docs/events.md and not in the table")

    def test_no_word_stands_twice(self):
        """Of equal ones the first would count, whatever the second says."""
        seen = set()
        for kind, word in re.findall(r'\{WORDS_(\w+), "([^"]+)"', read("daemon", "ingest", "words.c")):
            key = kind, re.sub(r"[ \-_+./&,()']", "", word)
            self.assertNotIn(key, seen)
            seen.add(key)


if __name__ == "__main__":
    unittest.main()
