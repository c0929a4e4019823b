"""script/play and what it knows: the mapping from timelines to entries, the sequential fold, malformed entries.

The fold is compared with the oracle's, which was written apart from it."""
import glob
import gzip
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal

import harness
import oracle

sys.path.insert(0, os.path.join(harness.SOURCE, "script", "lib"))
import timeline  # noqa: E402

PLAY = os.path.join(harness.SOURCE, "script", "play")
BASE = {"ts": "2026-03-23T18:00:00Z", "game_date": "2026-03-23", "game": "IND@ORL"}
QUOTE = {**BASE, "type": "odds", "book": "b", "player": "Luka Dončić", "team": "ORL", "market": "points", "status": "open"}


def entries(*events):
    return list(timeline.Mapper().entries(list(events)))


def not_sent(*events):
    mapper = timeline.Mapper()
    assert not list(mapper.entries(list(events)))
    return dict(mapper.not_sent)


class Mapping(unittest.TestCase):
    def test_a_quote_becomes_flat_fields(self):
        self.assertEqual(entries({**QUOTE, "line": 27.5, "over": -110, "under": 105}), [timeline.Entry("odds", {
            "player_lookup": "lukadoncic", "game_id": "20260323_IND_ORL", "ts": "2026-03-23T18:00:00Z", "team": "ORL",
            "market": "points", "book": "b", "line": "27.5", "over": "-110", "under": "105"}, "2026-03-23T18:00:00Z")])

    def test_a_move_is_an_open_quote_and_lines_have_one_spelling(self):
        fields = entries({**QUOTE, "status": "move", "line": 27.0, "over": None})[0].fields
        self.assertEqual(fields["line"], "27")
        self.assertNotIn("status", fields)
        self.assertNotIn("over", fields)
        self.assertEqual([timeline.number(n) for n in (4.2, -12.6, 100, 0.5, -0.25, 20.0)], ["4.2", "-12.6", "100", "0.5", "-0.25", "20"])

    def test_off_takes_the_main_line_down_or_an_alternate_that_is_named(self):
        main, alternate = entries({**QUOTE, "status": "off", "line": None}, {**QUOTE, "status": "off", "alt": True, "line": 30.5})
        self.assertEqual((main.fields["status"], "line" in main.fields, "alt" in main.fields), ("off", False, False))
        self.assertEqual((alternate.fields["status"], alternate.fields["line"], alternate.fields["alt"]), ("off", "30.5", "1"))

    def test_of_several_lines_at_once_the_evenest_is_the_main_line(self):
        def mains(*quotes):
            events = [{**QUOTE, "line": line, "over": over, "under": under} for line, over, under in quotes]
            return [(e.fields["line"], e.fields.get("alt")) for e in entries(*events)]
        self.assertEqual(mains((4.5, -275, 200), (5.5, -135, 105), (6.5, 130, -170)), [("4.5", "1"), ("5.5", None), ("6.5", "1")])
        self.assertEqual(mains((6.5, 120, -110), (5.5, -110, 120)), [("6.5", "1"), ("5.5", None)])  # as even: the lower
        self.assertEqual(mains((5.5, None, None), (6.5, -300, None)), [("5.5", "1"), ("6.5", None)])  # one price beats none
        self.assertEqual(mains((7, None, None), (5.5, None, None)), [("7", "1"), ("5.5", None)])

    def test_only_what_is_shown_at_once_is_compared(self):
        later = {**QUOTE, "ts": "2026-03-23T18:05:00Z", "line": 9.5}
        other = {**QUOTE, "book": "c", "line": 3.5}
        self.assertEqual([e.fields.get("alt") for e in entries({**QUOTE, "line": 5.5}, later, other)], [None, None, None])

    def test_what_the_contract_does_not_know_stays_and_is_counted(self):
        self.assertEqual(not_sent({**QUOTE, "market": "Dunks", "line": 0.5}, {**QUOTE, "market": "Dunks", "line": 1.5}),
                         {"odds, market Dunks": 2})
        self.assertEqual(not_sent({**BASE, "type": "game_odds", "market": "h2h", "book": "b", "selection": "IND", "price_decimal": 7}),
                         {"game_odds, market h2h": 1})
        self.assertEqual(not_sent({"ts": BASE["ts"], "type": "report_pending", "teams": ["NYK"]}, {**BASE, "type": "tip", "game_id": "1"}),
                         {"report_pending": 1, "tip": 1})

    def test_totals_and_spreads_are_the_home_sides(self):
        total, away, home = entries(
            {**BASE, "type": "game_total", "spread_home": 4.2, "total": 219.2, "status": "open", "src": "s"},
            {**BASE, "type": "game_odds", "market": "spreads", "book": "b", "selection": "IND", "point": 13.5, "price_decimal": 1.9},
            {**BASE, "type": "game_odds", "market": "spreads", "book": "b", "selection": "ORL", "point": -13.5, "price_decimal": 1.9})
        self.assertEqual({k: total.fields[k] for k in ("book", "total", "spread")}, {"book": "s", "total": "219.2", "spread": "4.2"})
        self.assertEqual((away.fields["spread"], home.fields["spread"]), ("-13.5", "-13.5"))

    def test_injuries_have_the_contracts_words(self):
        def injury(status, note=None):
            return entries({**BASE, "type": "injury", "player": "Jaime Jaquez Jr.", "team": "ORL", "status": status, "note": note})[0].fields
        self.assertEqual([injury(s)["status"] for s in ("Out", "Suspension", "Day-To-Day", "Questionable", "Doubtful", "Available")],
                         ["out", "out", "questionable", "questionable", "doubtful", "available"])
        self.assertEqual(injury("Out", "left\nankle ")["reason"], "left ankle")
        self.assertNotIn("reason", injury("Out"))
        long = injury("Out", "é" * 300)["reason"]
        self.assertEqual(long, "é" * 128)  # 256 bytes, no half character
        self.assertEqual(injury("Out")["player_lookup"], "jaimejaquezjr")

    def test_lineups_and_games(self):
        lineup = {**BASE, "type": "lineup", "team": "ORL", "starters": ["A.J. Green", "De'Aaron Fox"], "status": "confirmed"}
        tip = {**BASE, "ts": "2026-03-23T23:00:00Z", "type": "tip", "game_id": "0022501037"}
        sent = list(timeline.Mapper().entries([lineup, {**lineup, "status": "expected"}, tip], games_first=True))
        self.assertEqual(sent[0], timeline.Entry("slate", {"game_id": "20260323_IND_ORL", "tip": tip["ts"], "status": "scheduled"}, tip["ts"]))
        self.assertEqual([(e.fields["starters"], e.fields["confirmed"]) for e in sent[1:]],
                         [("ajgreen,deaaronfox", "1"), ("ajgreen,deaaronfox", "0")])

    def test_an_event_that_lacks_a_field_is_named(self):
        with self.assertRaisesRegex(timeline.Malformed, "injury at 2026-03-23T18:00:00Z has no status"):
            entries({**BASE, "type": "injury", "player": "A B"})

    def test_a_fault_names_file_line_and_field(self):
        good = {**BASE, "type": "odds", "player": "A B", "market": "points", "book": "b", "line": 2.5, "over": -110, "status": "open"}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "night.ndjson")
            for change, said in (({"game": "LALGSW"}, 'odds: game is "LALGSW"; it must be AWAY@HOME, such as LAL@GSW'),
                                 ({"ts": "noon"}, 'odds: ts is "noon"; it must be a time such as 2026-03-23T18:00:00Z'),
                                 ({"line": "2.5"}, 'odds: line is "2.5"; it must be a number'),
                                 ({"over": 1.91}, "odds: over is 1.91; it must be an American price, whole, such as -110"),
                                 ({"player": None}, "odds has no player"), ({"game_date": "2026-02-30"}, "odds: game_date is"),
                                 ({"type": "lineup", "starters": "A B"}, 'lineup: starters is "A B"; it must be a list of names')):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(json.dumps(good) + "\n\n" + json.dumps({**good, **change}) + "\n")
                with self.assertRaisesRegex(timeline.Malformed, re.escape(f"{path}:3: {said}")):
                    timeline.read(path)
            with open(path, "w", encoding="utf-8") as file:
                file.write(json.dumps({"ts": "noon", "type": "report_pending"}) + "\n" + json.dumps({**good, "over": None}) + "\n")
            self.assertEqual(len(timeline.read(path)), 2)  # what stays behind may be as it likes


class Fold(unittest.TestCase):
    def fold(self, *sent, **more):
        return timeline.fold([(stream, f"{n}-0", fields) for n, (stream, fields) in enumerate(sent, 1)], **more)

    def quote(self, **fields):
        return "odds", {"player_lookup": "ann", "game_id": "20260323_IND_ORL", "market": "points", "book": "b", **fields}

    def test_a_quote_replaces_the_one_before_it_whole(self):
        state = self.fold(self.quote(line="5.5", over="-110", under="-110"), self.quote(line="6.5", over="120"))
        self.assertEqual(state["players"]["ann"]["markets"], {"points": {"b": {"line": 6.5, "over": 120}}})

    def test_the_highest_id_counts_whatever_the_order(self):
        late, early = self.quote(line="7.5"), self.quote(line="5.5")
        state = timeline.fold([("odds", "9-10", late[1]), ("odds", "9-9", early[1])])
        self.assertEqual(state["players"]["ann"]["markets"]["points"]["b"]["line"], 7.5)

    def test_off_removes_the_main_line_and_leaves_alternates(self):
        state = self.fold(self.quote(line="5.5"), self.quote(line="9.5", alt="1"), self.quote(line="7.5", alt="1"),
                          self.quote(line="8.5", alt="1"), self.quote(status="off"), self.quote(status="off", alt="1", line="8.50"))
        self.assertEqual(state["players"]["ann"]["markets"], {"points": {"b": {"alternates": [{"line": 7.5}, {"line": 9.5}]}}})

    def test_sides_that_come_alone_meet_at_equal_lines(self):
        def book(*quotes):
            return self.fold(*quotes)["players"]["ann"].get("markets", {}).get("points", {}).get("b")
        over, under = self.quote(line="5.5", side="over", price="-110"), self.quote(line="5.5", side="under", price="105")
        self.assertEqual(book(over, under), {"line": 5.5, "over": -110, "under": 105})
        self.assertEqual(book(over, self.quote(line="6.5", side="under", price="105")),
                         {"line": 6.5, "under": 105, "alternates": [{"line": 5.5, "over": -110}]})
        self.assertEqual(book(over, self.quote(line="5.5", alt="1", under="120"), self.quote(line="6.5", side="under", price="105")),
                         {"line": 6.5, "under": 105, "alternates": [{"line": 5.5, "under": 120}]})
        self.assertEqual(book(self.quote(line="5.5", over="-120", under="-120"), over), {"line": 5.5, "over": -110, "under": -120})
        self.assertEqual(book(over, under, self.quote(line="7.5", under="-120")), {"line": 7.5, "under": -120})
        self.assertEqual(book(over, under, self.quote(side="over", status="off")), {"line": 5.5, "under": 105})
        self.assertIsNone(book(over, under, self.quote(status="off")))

    def test_an_older_entry_does_not_revive_a_line_that_was_taken_down(self):
        state = timeline.fold([("odds", "2-0", self.quote(status="off")[1]), ("odds", "1-0", self.quote(line="5.5")[1])])
        self.assertNotIn("markets", state["players"]["ann"])

    def test_injuries_lineups_and_game_odds(self):
        state = self.fold(
            ("injury", {"player_lookup": "ann", "game_id": "g", "status": "out", "reason": "rest"}),
            ("injury", {"player_lookup": "ann", "game_id": "g", "status": "available"}),
            ("lineup", {"team": "ORL", "starters": "cid,ann", "confirmed": "0"}),
            ("lineup", {"team": "ORL", "starters": "bea,ann", "confirmed": "1"}),
            ("odds", {"game_id": "g", "book": "b", "total": "220.5", "spread": "-4"}),
            ("odds", {"game_id": "g", "book": "b", "spread": "-3.5"}))
        self.assertEqual(state["players"]["ann"]["injury"], {"status": "available"})
        self.assertEqual(state["lineups"], {"ORL": {"starters": ["ann", "bea"], "confirmed": 1}})
        self.assertTrue(state["players"]["ann"]["starter"] and state["players"]["bea"]["starter"])
        self.assertNotIn("cid", state["players"])
        self.assertEqual(state["games"], {"g": {"total": {"b": 220.5}, "spread": {"b": -3.5}}})

    def test_an_entry_after_its_games_tip_is_expired(self):
        game = {"20260323_IND_ORL": timeline.time_ms("2026-03-23T23:00:00Z")}
        state = self.fold(self.quote(line="5.5", ts="2026-03-23T23:00:00Z"), self.quote(line="6.5", ts="2026-03-23T23:00:01Z"), tip_of=game)
        self.assertEqual(state["players"]["ann"]["markets"]["points"]["b"]["line"], 5.5)
        self.assertEqual(state["expired"], [["odds", "2-0"]])


def against_the_oracle(test, path):
    """Both folds of a timeline say the same of every player that an entry names."""
    events = timeline.read(path)
    date = next(e["game_date"] for e in events if "game_date" in e)
    sent = [(e.stream, f"{n}-0", e.fields) for n, e in enumerate(timeline.Mapper().entries(events), 1)]
    state = timeline.fold(sent, timeline.tips(events))
    other = oracle.fold([(s, n, list(f.items())) for s, n, f in sent], date)
    test.assertEqual(state["expired"], [])
    checked = 0
    for player, known in state["players"].items():
        reports = other.reports[player]
        test.assertEqual(known.get("injury"), reports["injury"], player)
        if reports["status"] == "out":
            continue  # his lines are withdrawn, of which the fold of the entries alone knows nothing
        got = {market: {book: {**quote, "alternates": quote["alternates"]} if "alternates" in quote else quote
                        for book, quote in books.items()} for market, books in known.get("markets", {}).items()}
        test.assertEqual(json.loads(json.dumps(got, sort_keys=True), parse_int=Decimal, parse_float=Decimal), reports["markets"], player)
        checked += bool(got)
    test.assertGreater(checked, 50)


class AgainstTheOracle(unittest.TestCase):
    def test_real_timelines_fold_as_the_oracle_says(self):
        paths = sorted(glob.glob(os.path.join(harness.DATA, "timeline-*.ndjson.gz")))
        if not paths:
            self.skipTest(f"test_real_timelines_fold_as_the_oracle_says: no timelines in {harness.DATA} (PROPSD_DATA says where)")
        for path in paths:
            with self.subTest(os.path.basename(path)):
                against_the_oracle(self, path)


class Play(harness.Night):
    """The program, against a real Redis."""

    def night(self, count=300):
        """A small timeline in a file."""
        rng = random.Random(3)
        path = os.path.join(self.folder, "night.ndjson.gz")
        with gzip.open(path, "wt") as out:
            for n in range(count):
                event = {**QUOTE, "ts": f"2026-03-23T18:{n // 60:02}:{n % 60:02}Z", "player": f"Player {rng.choice('ABCDEFGH')}",
                         "line": rng.randrange(50) / 2, "over": rng.choice((-110, 105)), "status": rng.choice(("open", "move"))}
                if n % 29 == 0:
                    event = {**BASE, "ts": event["ts"], "type": "injury", "player": event["player"], "team": "ORL", "status": "Out"}
                out.write(json.dumps(event) + "\n")
            out.write(json.dumps({**BASE, "ts": "2026-03-23T23:00:00Z", "type": "tip", "game_id": "0022501037"}) + "\n")
        return path

    def play(self, *arguments, status=0):
        done = subprocess.run([PLAY, *arguments, "--redis", self.redis.url], capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def in_redis(self):
        return [(stream, number.decode(), {k.decode(): v.decode() for k, v in fields.items()})
                for stream in harness.STREAMS for number, fields in self.r.xrange(self.key(stream))]

    def test_what_lies_in_redis_folds_to_what_it_wrote(self):
        path, fold = self.night(), os.path.join(self.folder, "fold.json")
        out, _ = self.play(path, "--fold", fold, "--batch", "7")
        self.assertIn("sent 300 entries in ", out)
        self.assertIn("not sent: 1 tip", out)
        with open(fold) as text:
            written = json.load(text)
        state = timeline.fold(self.in_redis(), timeline.tips(timeline.read(path)))
        self.assertEqual({name: written[name] for name in state}, state)
        self.assertEqual((written["sent"], written["date"]), (300, "2026-03-23"))

    def test_malformed_entries_are_printed_and_not_folded(self):
        path, fold = self.night(), os.path.join(self.folder, "fold.json")
        out, _ = self.play(path, "--malformed", "9", "--fold", fold)
        told = [line.split()[1:] for line in out.splitlines() if line.startswith("malformed: ")]
        there = {(stream, number) for stream in harness.STREAMS for number, _ in self.r.xrange(self.key(stream))
                 for number in [number.decode()]}
        self.assertEqual(len(told), 9)
        self.assertLess({(stream, number) for stream, number, _ in told}, there)
        with open(fold) as text:
            written = json.load(text)
        self.assertEqual([[m["stream"], m["id"], m["field"] or "-"] for m in written["malformed"]], told)
        self.assertEqual((written["sent"], len(there)), (300, 309))

    def test_it_stops_where_it_is_told_and_sends_games_first(self):
        self.play(self.night(), "--until", "2026-03-23T18:00:59Z", "--games", "-q")
        sent = self.in_redis()
        self.assertEqual(len(sent), 61)
        slate = [fields for stream, _, fields in sent if stream == "slate"]
        self.assertEqual(slate, [{"game_id": "20260323_IND_ORL", "tip": "2026-03-23T23:00:00Z", "status": "scheduled"}])

    def test_a_speed_keeps_the_order_and_the_distances(self):
        """Ten minutes' events at 300 times the speed last two seconds; what delays the first of them makes it less."""
        self.play(self.night(600), "--speed", "300", "-q")
        numbers = [int(number.decode().split("-")[0]) for number, _ in self.r.xrange(self.key("odds"))]
        self.assertGreaterEqual(numbers[-1] - numbers[0], 1000)

    def test_what_is_wrong_is_told(self):
        path = self.night()
        for arguments, status, words in (
                ((path, "--speed", "fast"), 2, "--speed fast: a number above 0, or max"),
                ((path, "--until", "noon"), 2, "--until noon: a time is written like"),
                ((path + "x",), 1, "No such file"),
                ((os.path.join(self.folder, "bad.ndjson"),), 1, "bad.ndjson:2: an event is a JSON object with ts and type")):
            with open(os.path.join(self.folder, "bad.ndjson"), "w") as out:
                out.write(json.dumps({**QUOTE, "line": 1}) + "\n[1]\n")
            self.assertIn(words, self.play(*arguments, status=status)[1])
        done = subprocess.run([PLAY, path, "--redis", "unix:///nowhere/redis.sock"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("unix:///nowhere/redis.sock: ", done.stderr)

    def test_print_shows_the_entries_and_sends_nothing(self):
        out, _ = self.play(self.night(), "--print")
        self.assertEqual(len(out.splitlines()), 300)
        self.assertEqual(json.loads(out.splitlines()[1])["stream"], "props:odds")
        self.assertEqual(self.in_redis(), [])


if __name__ == "__main__":
    unittest.main()
