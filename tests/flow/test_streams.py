"""Each of the five streams, in the flat form and as `data`, gives the same report."""
import json
import unittest

import harness
import oracle


class Streams(harness.Night):
    def both(self, entries, player):
        """The player's report after the entries as flat fields, and after the same ones as JSON."""
        found = []
        for n, form in enumerate((lambda fields: fields, lambda fields: {"data": json.dumps(fields)})):
            if n:
                self.daemons[-1].stop()
                self.r.flushall()
            self.propsd(f"a{n}")
            for stream, fields in entries:
                self.add(stream, form(fields))
                self.wait_quiet()
            self.assertEqual(self.dead(), [])
            found.append(oracle.normalised(self.report_text(player)))
        self.assertEqual(*found)
        return self.report(player)

    def slate(self, *players):
        yield "slate", {"game_id": harness.game(self.date, "LAL@GSW"), "tip": harness.moment(self.date, "25:30"), "status": "scheduled"}
        for player in players:
            yield "slate", {"player_lookup": player, "game_date": self.date, "team": "LAL", "status": "active"}

    def test_odds(self):
        report = self.both([*self.slate("lebronjames"), ("odds", {
            "player_lookup": "lebronjames", "game_date": self.date, "market": "points", "book": "fanduel", "line": "25.5",
            "over": "-115", "under": "+105"})], "lebronjames")
        book = report["markets"]["points"]["books"]["fanduel"]
        self.assertEqual({k: book.get(k) for k in ("line", "over", "under")}, {"line": 25.5, "over": -115, "under": 105})

    def test_odds_of_a_game(self):
        self.both([*self.slate("lebronjames"), ("odds", {
            "game_id": harness.game(self.date, "LAL@GSW"), "total": "231.5", "spread": "-4", "book": "fanduel"})], "lebronjames")

    def test_injury(self):
        report = self.both([*self.slate("lebronjames"), ("injury", {
            "player_lookup": "lebronjames", "game_date": self.date, "status": "questionable", "reason": "left foot"})], "lebronjames")
        self.assertEqual(report["injury"], {"status": "questionable", "reason": "left foot"})

    def test_lineup(self):
        entries = [*self.slate("lebronjames", "austinreaves"), ("lineup", {
            "team": "LAL", "game_date": self.date, "starters": "lebronjames,lukadoncic", "confirmed": "1"})]
        self.assertIs(self.both(entries, "lebronjames")["starter"], True)
        self.assertIs(self.report("austinreaves")["starter"], False)

    def test_regenerate(self):
        report = self.both([("regenerate", {"player_lookup": "lebronjames", "game_date": self.date, "force": "1"})], "lebronjames")
        self.assertEqual([cause["type"] for cause in report["causes"]], ["regenerate"])

    def test_slate(self):
        report = self.both(list(self.slate("lebronjames")), "lebronjames")
        self.assertEqual((report["team"], report["game"]["status"]), ("LAL", "scheduled"))

    def test_data_with_numbers_as_numbers_and_lists_as_lists(self):
        self.propsd()
        self.seat(LAL=["lebronjames"])
        self.add("odds", data=json.dumps({"player_lookup": "lebronjames", "game_date": self.date, "market": "points",
                                          "book": "fanduel", "line": 25.5, "over": -115, "under": 105}))
        self.add("lineup", data=json.dumps({"team": "LAL", "game_date": self.date, "starters": ["LeBron James"], "confirmed": 1}))
        self.wait_quiet()
        book = self.book("lebronjames")
        self.assertEqual((book["line"], book["over"], book["under"]), (25.5, -115, 105))
        self.assertIs(self.report("lebronjames")["starter"], True)

    def test_a_time_in_milliseconds_is_a_time_too(self):
        daemon = self.propsd()
        self.seat(LAL=["lebronjames"])
        tip = oracle.time_ms(harness.moment(self.date, "25:30"))
        self.odds("lebronjames", line="25.5", ts=tip)
        self.odds("lebronjames", line="26.5", ts=tip + 1)
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)
        self.wait_settled_by(daemon, "expired", 1)

    def test_unknown_fields_are_ignored_and_counted(self):
        daemon = self.propsd()
        self.regenerate("lebronjames", colour="purple", weight="113")
        self.wait_report("lebronjames", lambda report: True)
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        counted = [value for name, value in daemon.ctl.metrics().items() if "unknown_field" in name]
        self.assertEqual(sum(counted), 2)


if __name__ == "__main__":
    unittest.main()
