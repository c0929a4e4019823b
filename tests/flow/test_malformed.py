"""What nobody can use goes to the dead letters with a reason that a person can act on, and is acked."""
import json
import unittest

import harness

QUOTE = {"player_lookup": "lebronjames", "game_date": None, "market": "points", "book": "fanduel", "line": "25.5"}


class Malformed(harness.Night):
    def setUp(self):
        super().setUp()
        self.daemon = self.propsd()

    def quote(self, **changes):
        fields = {**QUOTE, "game_date": self.date, **changes}
        return {k: v for k, v in fields.items() if v is not None}

    def refused(self, cases):
        """Each (stream, fields, field at fault or None for any, words of the error) must become one letter."""
        numbers = [self.add(stream, fields) for stream, fields, *_ in cases]
        self.wait_quiet()
        letters = {(letter["stream"], letter["id"]): letter for _, letter in self.dead()}
        for number, (stream, fields, field, *words) in zip(numbers, cases):
            with self.subTest(stream=stream, fields=str(fields)[:300]):
                letter = letters.get((self.key(stream), number))
                self.assertIsNotNone(letter, "no dead letter")
                self.assertEqual(letter["reason"], "malformed")
                if field is not None:
                    self.assertEqual(letter["field"], field)
                for word in words:
                    self.assertIn(word, letter["error"])
                self.assertGreater(len(letter["error"].split()), 2, "a sentence")
        self.assertEqual(len(self.dead()), len(numbers))
        self.wait_settled_by(self.daemon, "dead", len(numbers))
        self.assertEqual(list(self.r.scan_iter(match=self.key("report:*"))), [])

    def test_values_out_of_what_is_allowed(self):
        self.refused([
            ("odds", self.quote(market="dunks"), "market", "market", "dunks", "points"),
            ("odds", self.quote(line="abc"), "line", "line", "abc"),
            ("odds", self.quote(line="200.5"), "line", "200.5", "200"),
            ("odds", self.quote(line="-1"), "line", "-1"),
            ("odds", self.quote(line="12.345"), "line", "12.345"),
            ("odds", self.quote(line="1e1"), "line", "1e1"),
            ("odds", self.quote(line="nan"), "line", "nan"),
            ("odds", self.quote(line=""), "line"),
            ("odds", self.quote(over="99"), "over", "99", "100"),
            ("odds", self.quote(over="0"), "over", "0"),
            ("odds", self.quote(under="-99"), "under", "-99"),
            ("odds", self.quote(under="100001"), "under", "100001"),
            ("odds", self.quote(over="1.91"), "over", "1.91"),
            ("odds", self.quote(alt="2"), "alt", "2"),
            ("odds", self.quote(status="shut"), "status", "shut", "open"),
            ("odds", self.quote(priority="first"), "priority", "first", "urgent"),
            ("odds", self.quote(ts="yesterday"), "ts", "yesterday"),
            ("odds", self.quote(not_before="soon"), "not_before", "soon"),
            ("odds", self.quote(not_before="2099-12-31T00:00:00Z"), "not_before", "2099-12-31T00:00:00Z", "30d", "ingest.max_delay"),
            ("odds", self.quote(player_lookup="..."), "player_lookup"),
            ("odds", {"game_id": harness.game(self.date, "LAL@GSW"), "total": "99", "book": "fanduel"}, "total", "99"),
            ("odds", {"game_id": harness.game(self.date, "LAL@GSW"), "spread": "81", "book": "fanduel"}, "spread", "81"),
            ("injury", {"player_lookup": "a", "game_date": self.date, "status": "hurt"}, "status", "hurt", "questionable"),
            ("lineup", {"team": "LAL", "game_date": self.date, "starters": "a", "confirmed": "perhaps"}, "confirmed", "perhaps"),
            ("regenerate", {"player_lookup": "a", "game_date": self.date, "force": "2"}, "force", "2"),
            ("slate", {"game_id": harness.game(self.date, "LAL@GSW"), "status": "late"}, "status", "late", "postponed"),
            ("slate", {"game_id": harness.game(self.date, "LAL@GSW"), "tip": "19:30"}, "tip", "19:30"),
            ("slate", {"player_lookup": "a", "game_date": self.date, "team": "LAL", "status": "sick"}, "status", "sick"),
        ])

    def test_dates_and_games(self):
        other = harness.game(harness.tonight(4), "LAL@GSW")
        self.refused([
            ("regenerate", {"player_lookup": "a"}, None, "game_date"),
            ("regenerate", {"player_lookup": "a", "game_date": "2026-02-30"}, "game_date", "2026-02-30"),
            ("regenerate", {"player_lookup": "a", "game_date": "26-02-03"}, "game_date", "26-02-03"),
            ("regenerate", {"player_lookup": "a", "game_date": "20260203"}, "game_date", "20260203"),
            ("regenerate", {"player_lookup": "a", "game_date": self.date, "game_id": other}, None),
            ("regenerate", {"player_lookup": "a", "game_id": "LAL@GSW"}, "game_id", "LAL@GSW"),
            ("regenerate", {"player_lookup": "a", "game_id": "20261301_LAL_GSW"}, "game_id", "20261301_LAL_GSW"),
            ("regenerate", {"player_lookup": "a", "game_date": self.date, "game_id": "0022500213"}, "game_id", "0022500213"),
        ])

    def test_what_is_missing(self):
        self.refused([
            ("odds", self.quote(line=None), "line", "line"),
            ("odds", self.quote(market=None), "market", "market"),
            ("odds", self.quote(book=None), "book", "book"),
            ("odds", self.quote(line=None, alt="1", status="off"), "line", "line"),
            ("odds", {"game_date": self.date, "book": "fanduel"}, None),
            ("injury", {"player_lookup": "a", "game_date": self.date}, "status", "status"),
            ("injury", {"game_date": self.date, "status": "out"}, "player_lookup", "player_lookup"),
            ("lineup", {"game_date": self.date, "starters": "a"}, "team", "team"),
            ("lineup", {"game_date": self.date, "team": "LAL"}, "starters", "starters"),
            ("slate", {"game_date": self.date}, None),
            ("slate", {"player_lookup": "a", "game_date": self.date, "status": "active"}, "team", "team"),
        ])

    def test_bytes_that_are_no_text(self):
        self.refused([
            ("odds", {**self.quote(), "book": b"fan\xffduel"}, "book"),
            ("injury", {"player_lookup": "a", "game_date": self.date, "status": "out", "reason": b"a\x00b"}, "reason"),
            ("injury", {"player_lookup": "a", "game_date": self.date, "status": "out", "reason": "two\nlines"}, "reason"),
            ("injury", {"player_lookup": "a", "game_date": self.date, "status": "out", "reason": b"\xed\xa0\x80"}, "reason"),
            ("regenerate", {b"\xfe\xff": "x", "player_lookup": "a", "game_date": self.date}, None),
        ])
        letter = next(letter for _, letter in self.dead() if letter["stream"] == self.key("odds"))
        self.assertEqual(json.loads(letter["fields"])["book"], "fan\ufffdduel")

    def test_too_much(self):
        self.refused([
            ("injury", {"player_lookup": "a", "game_date": self.date, "status": "out", "reason": "x" * 257}, "reason", "256"),
            ("regenerate", {"player_lookup": "a" * 300, "game_date": self.date}, "player_lookup"),
            ("regenerate", {"player_lookup": "a", "game_date": self.date, **{f"f{n}": "x" for n in range(31)}}, None, "32"),
            ("regenerate", {"data": json.dumps({"player_lookup": "a", "game_date": self.date, "note": "x" * 16500})}, None),
            ("regenerate", {"player_lookup": "a", "game_date": self.date, **{f"f{n}": "x" * 700 for n in range(25)}}, None),
        ])
        for _, letter in self.dead():
            for value in json.loads(letter["fields"]).values():
                self.assertLessEqual(len(value.encode()), 256)

    def test_the_longest_that_is_allowed(self):
        reason = "ä" * 128
        self.injury("a", "questionable", reason=reason)
        self.regenerate("b", **{f"f{n}": "x" for n in range(30)})
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        self.assertEqual(self.report("a")["injury"]["reason"], reason)
        self.report("b")

    def test_twice(self):
        self.refused([
            ("regenerate", [("player_lookup", "a"), ("game_date", self.date), ("player_lookup", "b")], "player_lookup"),
            ("regenerate", [("player_lookup", "a"), ("game_date", self.date), ("game_date", self.date)], "game_date"),
            ("regenerate", {"data": '{"player_lookup":"a","game_date":"%s","player_lookup":"b"}' % self.date}, None),
            ("regenerate", {"data": json.dumps({"game_date": self.date}), "player_lookup": "a"}, None),
        ])

    def test_json(self):
        self.refused([
            ("odds", {"data": "{"}, "data"),
            ("odds", {"data": ""}, "data"),
            ("odds", {"data": "[]"}, "data"),
            ("odds", {"data": '"text"'}, "data"),
            ("odds", {"data": "{} {}"}, "data"),
            ("odds", {"data": '{"player_lookup":"a","game_date":"%s","market":"points","book":"x","line":NaN}' % self.date}, "data"),
            ("odds", {"data": json.dumps(self.quote(line=[25.5]))}, "line"),
            ("odds", {"data": json.dumps(self.quote(line=True))}, "line"),
            ("odds", {"data": json.dumps(self.quote(line={"a": {"b": {"c": 1}}}))}, None),
            ("odds", {"data": json.dumps(self.quote(book="fan\u0007duel"))}, None),
            ("odds", {"data": json.dumps({**self.quote(), "line": 12.345})}, "line", "12.345"),
            ("lineup", {"data": json.dumps({"team": "LAL", "game_date": self.date, "starters": [1, 2]})}, "starters"),
        ])

    def test_the_good_ones_beside_them_are_served(self):
        for n in range(30):
            self.regenerate(f"good{n}")
            self.add("regenerate", player_lookup=f"bad{n}", game_date="never")
        self.wait_quiet()
        for n in range(30):
            self.report(f"good{n}")
        self.assertEqual(len(self.dead()), 30)

    def test_a_letter_tells_where_it_came_from(self):
        number = self.add("odds", self.quote(market="dunks", over="-110"))
        letter = self.letter_of("odds", number)
        self.assertEqual(letter["stream"], "props:odds")
        self.assertEqual(letter["id"], number)
        self.assertEqual(json.loads(letter["fields"]), self.quote(market="dunks", over="-110"))

    def test_a_day_that_is_long_over_is_refused_unless_asked_for(self):
        number = self.add("regenerate", player_lookup="lebronjames", game_date="2026-01-15")
        self.assertEqual(self.letter_of("regenerate", number)["reason"], "past")
        self.wait_quiet()
        self.daemon.stop()
        self.propsd("b", {"ingest": {"past": "accept"}})
        self.add("regenerate", player_lookup="lebronjames", game_date="2026-01-15")
        self.wait_quiet()
        self.report("lebronjames", "2026-01-15")
        self.assertEqual(len(self.dead()), 1)


if __name__ == "__main__":
    unittest.main()
