"""Odds, injuries and lineups later than the game's tip-off are acked, counted and not applied. The wall clock has no say."""
import datetime
import unittest

import harness
import oracle


class Expiry(harness.Night):
    def setUp(self):
        super().setUp()
        self.daemon = self.propsd()
        self.seat("LAL@GSW", LAL=["lebronjames", "austinreaves"], GSW=["stephencurry"])  # tip 25:30
        self.early, self.late = harness.moment(self.date, "25:30"), harness.moment(self.date, "25:31")
        self.before = self.versions("lebronjames", "austinreaves", "stephencurry")

    def untouched(self, expired):
        self.wait_quiet()
        self.assertEqual(self.versions("lebronjames", "austinreaves", "stephencurry"), self.before)
        self.wait_settled_by(self.daemon, "expired", expired)
        self.assertEqual(self.dead(), [])
        self.assertEqual(list(oracle.check_books(self.daemon)), [])

    def test_odds(self):
        self.odds("lebronjames", line="25.5", ts=self.late)
        self.untouched(1)

    def test_odds_of_the_game(self):
        self.add("odds", game_id=harness.game(self.date, "LAL@GSW"), total="220.5", book="fanduel", ts=self.late)
        self.untouched(1)

    def test_injury(self):
        self.injury("lebronjames", "out", ts=self.late)
        self.untouched(1)

    def test_lineup(self):
        self.lineup("LAL", ["lebronjames"], ts=self.late)
        self.untouched(1)

    def test_at_the_tip_is_not_later(self):
        self.odds("lebronjames", line="25.5", ts=self.early)
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)

    def test_what_came_before_stays(self):
        self.odds("lebronjames", line="25.5", ts=self.early)
        self.wait_quiet()
        self.odds("lebronjames", line="30.5", ts=self.late)
        self.odds("lebronjames", status="off", ts=self.late)
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)

    def test_regenerate_and_slate_never_expire(self):
        self.regenerate("lebronjames", ts=self.late)
        self.slate_player("stephencurry", "LAL", ts=self.late)
        self.slate_game("LAL@GSW", tip="26:30", ts=self.late)
        self.wait_quiet()
        self.assertGreater(self.versions("lebronjames")[0], self.before[0])
        self.assertEqual(self.report("stephencurry")["team"], "LAL")
        self.assertEqual(self.report("lebronjames")["game"]["tip"], harness.moment(self.date, "26:30"))
        self.wait_settled_by(self.daemon, "expired", 0)

    def test_a_tip_that_moved_is_the_tip(self):
        self.slate_game("LAL@GSW", tip="27:00")
        self.wait_quiet()
        self.odds("lebronjames", line="25.5", ts=self.late)
        self.odds("austinreaves", line="12.5", ts=harness.moment(self.date, "27:01"))
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)
        self.assertIsNone(self.book("austinreaves"))

    def test_without_a_known_game_nothing_expires(self):
        self.odds("nobodysplayer", line="5.5", ts=self.late)
        self.wait_quiet()
        self.assertEqual(self.book("nobodysplayer")["line"], 5.5)

    # --- a player whom no roster has: his game is the one that events named

    def walk_on(self):
        self.odds("walkon", line="5.5", game_id=harness.game(self.date, "LAL@GSW"), team="LAL", ts=self.early)
        self.wait_quiet()
        self.assertEqual(self.book("walkon")["line"], 5.5)

    def test_the_game_that_an_earlier_event_named_counts(self):
        self.walk_on()
        self.odds("walkon", line="6.5", ts=self.late)
        self.odds("walkon", market="rebounds", line="3.5", ts=self.late)
        self.injury("walkon", "out", ts=self.late)
        self.wait_quiet()
        self.assertEqual(self.book("walkon")["line"], 5.5)
        self.assertIsNone(self.book("walkon", "rebounds"))
        self.assertNotIn("injury", self.report("walkon"))
        self.wait_settled_by(self.daemon, "expired", 3)
        self.assertEqual(self.dead(), [])
        oracle.check(self, oracle.fold(self.sent, self.date), daemons=[self.daemon])

    def test_before_its_tip_it_does_not(self):
        self.walk_on()
        self.odds("walkon", line="6.5", ts=self.early)
        self.injury("walkon", "doubtful", ts=self.early)
        self.regenerate("walkon", ts=self.late)
        self.wait_quiet()
        self.assertEqual(self.book("walkon")["line"], 6.5)
        self.assertEqual(self.report("walkon")["injury"]["status"], "doubtful")
        self.wait_settled_by(self.daemon, "expired", 0)

    def test_the_tip_of_another_game_is_not_his(self):
        self.slate_game("BOS@MIA", tip="20:00")
        self.wait_quiet()
        self.walk_on()
        self.odds("walkon", line="6.5", ts=harness.moment(self.date, "21:00"))
        self.odds("nobodysplayer", line="7.5", ts=self.late)
        self.wait_quiet()
        self.assertEqual(self.book("walkon")["line"], 6.5)
        self.assertEqual(self.book("nobodysplayer")["line"], 7.5)

    def test_in_one_list_with_what_names_it(self):
        game = harness.game(self.date, "LAL@GSW")
        quote = {"player_lookup": "walkon", "game_date": self.date, "market": "points", "line": "5.5"}
        self.daemon.signal(19)
        self.add_all([("odds", {**quote, "book": "named", "game_id": game, "ts": self.early}),
                      ("odds", {**quote, "book": "late", "ts": self.late}),
                      ("odds", {**quote, "book": "early", "ts": self.early}),
                      ("odds", {**quote, "book": "later", "ts": self.late})])
        self.daemon.signal(18)
        self.wait_quiet()
        self.assertEqual([self.book("walkon", book=name) is not None for name in ("named", "early", "late", "later")],
                         [True, True, False, False])


class StreamTime(harness.Night):
    """A game of today whose tip is over: without `ts` the entry's own time counts."""

    def setUp(self):
        super().setUp()
        self.date = harness.tonight(0)
        self.daemon = self.propsd()
        seconds, _ = self.r.time()
        self.past_tip = (seconds - 60) * 1000
        self.add("slate", game_id=harness.game(self.date, "LAL@GSW"), tip=utc(self.past_tip), status="scheduled")
        self.slate_player("lebronjames", "LAL")
        self.wait_quiet()

    def test_without_ts_the_stream_time_counts(self):
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        self.assertIsNone(self.book("lebronjames"))
        self.wait_settled_by(self.daemon, "expired", 1)

    def test_an_event_from_before_tip_is_applied_however_late_it_arrives(self):
        self.odds("lebronjames", line="25.5", ts=self.past_tip - 1000)
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)


def utc(ms):
    return datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    unittest.main()
