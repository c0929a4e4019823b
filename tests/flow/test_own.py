"""Two fields are propsd's own: `origin`, by which a retried dead letter is the entry it was, and `league`. In entries that its
scripts did not add they are as unknown as any other."""
import json
import unittest

import harness

LOAD = ("processor", "load")
FAILS, WORKS = {LOAD: {"fail_rate": 1.0}, "regen": {"max_attempts": 1}}, {LOAD: {"fail_rate": 0.0}}
AHEAD = "9999999999999-0"


class Own(harness.Night):
    def unknown(self, daemon):
        return sum(value for name, value in daemon.ctl.metrics().items() if "unknown_field" in name)

    def test_an_origin_from_outside_makes_an_entry_neither_newer_nor_older(self):
        daemon = self.propsd()
        self.odds("lebronjames", line="25.5", origin=AHEAD)
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)
        self.odds("lebronjames", line="26.5", origin="1-1")
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 26.5)
        self.odds("lebronjames", line="27.5", origin="no id")
        self.add("odds", {"data": json.dumps({"player_lookup": "curry", "game_date": self.date, "market": "points", "book": "b", "line": 5,
                                              "origin": 1, "league": [2]})})
        self.odds("lebronjames", line="28.5")
        self.wait_quiet()
        self.assertEqual((self.book("lebronjames")["line"], self.book("curry", book="b")["line"]), (28.5, 5.0))
        self.assertEqual((self.dead(), self.unknown(daemon)), ([], 5))

    def test_an_origin_from_outside_saves_no_entry_from_its_games_tip(self):
        daemon = self.propsd()
        yesterday = harness.tonight(-1)
        tip = harness.moment(yesterday, "19:00")
        self.add("slate", game_id=harness.game(yesterday, "LAL@GSW"), tip=tip, status="scheduled")
        self.wait_quiet()
        self.add("odds", player_lookup="lebronjames", game_id=harness.game(yesterday, "LAL@GSW"), market="points", book="fanduel",
                 line="25.5", origin="1000000000000-0")
        self.wait_quiet()
        self.wait_settled_by(daemon, "expired", 1)

    def test_a_league_from_outside_moves_no_date(self):
        daemon = self.propsd()
        self.seat(LAL=["l1"], GSW=["g1"])
        self.wait_quiet()
        before = self.versions("l1", "g1")
        self.regenerate("l1", league="99")
        self.wait_quiet()
        after = self.versions("l1", "g1")
        self.assertGreater(after[0], before[0])
        self.assertEqual(after[1], before[1], "the player's name counts, and the league does not")
        self.add("regenerate", game_date=self.date, league="none")
        self.wait_quiet()
        self.assertGreater(self.versions("g1")[0], after[1])
        self.assertIsNone(self.r.hget(self.key(f"day:{self.date}"), "league"))
        self.assertEqual((self.dead(), self.unknown(daemon)), ([], 2))

    def failed(self, **fields):
        """A daemon that works, and a letter of an entry with these fields that failed before."""
        daemon = self.propsd(changes=FAILS)
        self.letter_of("odds", self.add("odds", fields))
        self.wait_quiet()
        daemon.configure(WORKS)
        daemon.restart()
        return daemon

    def retry(self, daemon):
        harness.until(lambda: daemon.ctl.json("status")["ready"], "a session")
        daemon.ctl.ok("dead", "retry", self.dead()[0][0])
        self.wait_quiet()
        self.assertEqual(self.dead(), [])

    def test_a_retry_takes_no_lie_along(self):
        daemon = self.failed(player_lookup="lebronjames", game_date=self.date, market="points", book="fanduel", line="25.5", origin=AHEAD,
                             league="99")
        self.odds("lebronjames", line="26.5")
        self.wait_quiet()
        self.retry(daemon)
        self.assertEqual(self.book("lebronjames")["line"], 26.5, "the older line stays old")
        newest = self.r.xrevrange(self.key("odds"), count=1)[0][1]
        self.assertNotEqual(newest[b"origin"], AHEAD.encode())
        self.assertNotIn(b"league", newest)

    def test_an_entry_in_data_can_be_retried(self):
        daemon = self.failed(data=json.dumps({"player_lookup": "lebronjames", "game_date": self.date, "market": "points",
                                              "book": "fanduel", "line": 25.5}))
        self.retry(daemon)
        self.assertEqual(self.book("lebronjames")["line"], 25.5)

    def test_an_entry_of_as_many_fields_as_may_be_can_be_retried_and_again_after_a_new_group(self):
        fields = {"player_lookup": "lebronjames", "game_date": self.date, "market": "points", "book": "fanduel", "line": "25.5"}
        daemon = self.failed(**fields, **{f"more{n}": "x" for n in range(32 - len(fields))})
        self.odds("lebronjames", line="26.5")
        self.wait_quiet()
        self.retry(daemon)
        self.assertEqual(self.book("lebronjames")["line"], 26.5)
        # Everything is read again, also by a process that has never seen it: the entry is still the old one.
        daemon.kill()
        self.r.xgroup_destroy(self.key("odds"), "propsd")
        daemon.start()
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 26.5)

    def test_what_is_kept_of_own_entries_goes_with_them(self):
        daemon = self.failed(player_lookup="lebronjames", game_date=self.date, market="points", book="fanduel", line="25.5")
        self.retry(daemon)
        own = self.key("own:odds")
        self.assertEqual(self.r.zcard(own), 1)
        first = self.r.zrange(own, 0, -1)
        self.r.xtrim(self.key("odds"), maxlen=0, approximate=False)
        self.sent.clear()
        daemon.configure(FAILS)
        daemon.restart()
        self.letter_of("odds", self.odds("lebronjames", line="27.5"))
        daemon.configure(WORKS)
        daemon.restart()
        self.retry(daemon)
        self.assertEqual(self.r.zcard(own), 1)
        self.assertNotEqual(self.r.zrange(own, 0, -1), first)


if __name__ == "__main__":
    unittest.main()
