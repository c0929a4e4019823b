"""Who plays tonight, and what of it each report reads. No database: the slate is what the events say."""
import unittest

import harness


class Slate(harness.Night):
    def setUp(self):
        super().setUp()
        self.daemon = self.propsd()
        self.seat("LAL@GSW", LAL=["l1", "l2"], GSW=["g1"])
        self.seat("BOS@NYK", BOS=["b1"], NYK=["n1"])
        self.everybody = ("l1", "l2", "g1", "b1", "n1")

    def touched(self, act):
        before = self.versions(*self.everybody)
        act()
        self.wait_quiet()
        return [p for p, old, new in zip(self.everybody, before, self.versions(*self.everybody)) if new > old]


class Games(Slate):
    def test_a_postponed_game_is_withdrawn_and_can_come_back(self):
        self.odds("l1", line="25.5", over=-110, under=-110)
        self.wait_quiet()
        self.assertEqual(self.touched(lambda: self.slate_game("LAL@GSW", status="postponed")), ["l1", "l2", "g1"])
        for player in ("l1", "l2", "g1"):
            report = self.report(player)
            self.assertEqual((report["status"], report["game"]["status"]), ("withdrawn", "postponed"))
            self.assertIsNone(self.book(player))
        self.slate_game("LAL@GSW", status="scheduled")
        self.wait_quiet()
        self.assertEqual(self.report("l1")["status"], "ok")
        self.assertEqual(self.book("l1")["line"], 25.5)

    def test_a_cancelled_game_is_withdrawn(self):
        self.slate_game("LAL@GSW", status="cancelled")
        self.wait_quiet()
        self.assertEqual((self.report("g1")["status"], self.report("g1")["game"]["status"]), ("withdrawn", "cancelled"))
        self.assertEqual(self.report("b1")["status"], "ok")

    def test_lines_that_come_while_a_game_is_postponed_show_when_it_is_on_again(self):
        self.slate_game("LAL@GSW", status="postponed")
        self.odds("l1", line="25.5")
        self.wait_quiet()
        self.assertIsNone(self.book("l1"))
        self.slate_game("LAL@GSW", status="scheduled")
        self.wait_quiet()
        self.assertEqual(self.book("l1")["line"], 25.5)

    def test_the_same_facts_again_run_nothing(self):
        self.assertEqual(self.touched(lambda: self.slate_game("LAL@GSW")), [])

    def test_a_tip_that_moves_shows(self):
        self.assertEqual(self.touched(lambda: self.slate_game("LAL@GSW", tip="26:00")), ["l1", "l2", "g1"])
        self.assertEqual(self.report("l1")["game"]["tip"], harness.moment(self.date, "26:00"))


class Injuries(Slate):
    def test_a_player_who_is_out_has_no_lines_until_he_is_back(self):
        self.odds("l1", line="25.5")
        self.injury("l1", "out", reason="illness")
        self.wait_quiet()
        report = self.report("l1")
        self.assertEqual((report["status"], report["injury"]), ("out", {"status": "out", "reason": "illness"}))
        self.assertIsNone(self.book("l1"))
        self.injury("l1", "available")
        self.wait_quiet()
        report = self.report("l1")
        self.assertEqual((report["status"], report["injury"]), ("ok", {"status": "available"}))
        self.assertEqual(self.book("l1")["line"], 25.5)

    def test_withdrawn_wins_over_out(self):
        self.injury("l1", "out")
        self.slate_game("LAL@GSW", status="postponed")
        self.wait_quiet()
        self.assertEqual(self.report("l1")["status"], "withdrawn")
        self.assertEqual(self.report("l1")["injury"], {"status": "out"})

    def test_every_status(self):
        for status in ("out", "doubtful", "questionable", "probable", "available"):
            self.injury("l1", status)
            self.wait_report("l1", lambda report: report.get("injury") == {"status": status}, status)

    def test_team_mates_are_touched_and_opponents_are_not(self):
        self.assertEqual(self.touched(lambda: self.injury("l1", "doubtful")), ["l1", "l2"])

    def test_the_same_again_touches_nobody(self):
        self.injury("l1", "doubtful", reason="rest")
        self.wait_quiet()
        self.assertEqual(self.touched(lambda: self.injury("l1", "doubtful", reason="rest")), [])

    def test_a_player_on_no_roster_is_touched_alone(self):
        self.assertEqual(self.touched(lambda: self.injury("stranger", "out")), [])
        self.assertEqual(self.report("stranger")["status"], "out")


class Lineups(Slate):
    def test_the_whole_team_is_touched(self):
        self.assertEqual(self.touched(lambda: self.lineup("LAL", ["l1"])), ["l1", "l2"])
        self.assertIs(self.report("l1")["starter"], True)
        self.assertIs(self.report("l2")["starter"], False)
        self.assertNotIn("starter", self.report("g1"))

    def test_a_starter_who_is_struck_off(self):
        self.lineup("LAL", ["l1"])
        self.wait_quiet()
        self.lineup("LAL", ["l2"])
        self.wait_quiet()
        self.assertIs(self.report("l1")["starter"], False)
        self.assertIs(self.report("l2")["starter"], True)

    def test_names_are_folded_and_their_order_is_no_news(self):
        self.lineup("LAL", ["L-2", " L.1 "])
        self.wait_quiet()
        self.assertIs(self.report("l1")["starter"], True)
        self.assertEqual(self.touched(lambda: self.lineup("LAL", ["l1", "l2"])), [])

    def test_one_who_is_named_and_on_no_roster_gets_a_report(self):
        self.lineup("LAL", ["l1", "newcomer"])
        self.wait_quiet()
        self.assertEqual(self.report("newcomer")["status"], "ok")

    def test_odds_of_a_game_touch_both_teams(self):
        act = lambda: self.add("odds", game_id=harness.game(self.date, "LAL@GSW"), total="220.5", book="fanduel")
        self.assertEqual(self.touched(act), ["l1", "l2", "g1"])
        self.assertEqual(self.touched(act), [])


class Rosters(Slate):
    def test_a_trade_moves_the_player_and_touches_both_teams(self):
        self.lineup("NYK", ["l1", "n1"])
        self.wait_quiet()
        self.assertEqual(self.touched(lambda: self.slate_player("l1", "NYK")), ["l1", "l2", "n1"])
        report = self.report("l1")
        self.assertEqual((report["team"], report["opponent"], report["game_id"]), ("NYK", "BOS", harness.game(self.date, "BOS@NYK")))
        self.assertIs(report["starter"], True)
        self.assertEqual(self.touched(lambda: self.injury("n1", "out")), ["l1", "n1"])
        self.assertEqual(self.touched(lambda: self.injury("l2", "out")), ["l2"])

    def test_back_again_touches_each_team_he_had(self):
        self.slate_player("l1", "NYK")
        self.wait_quiet()
        self.assertEqual(self.touched(lambda: self.slate_player("l1", "LAL")), ["l1", "l2", "n1"])
        self.assertEqual(self.report("l1")["game_id"], harness.game(self.date, "LAL@GSW"))

    def test_his_lines_go_with_him(self):
        self.odds("l1", line="25.5")
        self.slate_player("l1", "NYK")
        self.wait_quiet()
        self.assertEqual(self.book("l1")["line"], 25.5)

    def test_one_who_is_inactive_is_on_no_roster(self):
        self.assertEqual(self.touched(lambda: self.slate_player("l2", "LAL", status="inactive")), ["l1", "l2"])
        self.assertNotIn("l2", self.touched(lambda: self.add("regenerate", team="LAL", game_date=self.date)))
        self.slate_player("l2", "LAL")
        self.wait_quiet()
        self.assertIn("l2", self.touched(lambda: self.add("regenerate", team="LAL", game_date=self.date)))

    def test_a_newcomer_is_served_by_what_his_team_knew(self):
        self.lineup("LAL", ["l1", "l3"])
        self.wait_quiet()
        self.slate_player("l3", "LAL")
        self.wait_quiet()
        self.assertIs(self.report("l3")["starter"], True)


class GamesThatOnlyEventsName(Slate):
    def test_the_event_says_game_and_team(self):
        self.odds("stranger", line="5.5", game_id=harness.game(self.date, "MIA@CHI"), team="CHI")
        self.wait_quiet()
        report = self.report("stranger")
        self.assertEqual((report["game_id"], report["team"], report["opponent"]), (harness.game(self.date, "MIA@CHI"), "CHI", "MIA"))

    def test_the_newest_named_game_counts(self):
        for teams in ("MIA@CHI", "PHX@DEN"):
            self.odds("stranger", line="5.5", game_id=harness.game(self.date, teams))
            self.wait_quiet()
        self.regenerate("stranger")
        self.wait_quiet()
        self.assertEqual(self.report("stranger")["game_id"], harness.game(self.date, "PHX@DEN"))

    def test_the_slate_wins_and_the_conflict_is_counted(self):
        self.odds("l1", line="25.5", game_id=harness.game(self.date, "MIA@CHI"))
        self.wait_quiet()
        self.assertEqual(self.report("l1")["game_id"], harness.game(self.date, "LAL@GSW"))
        self.assertEqual(self.book("l1")["line"], 25.5)
        counted = {name: value for name, value in self.daemon.ctl.metrics().items() if "game_conflict" in name}
        self.assertEqual(sum(counted.values()), 1, counted)

    def test_the_slate_takes_over_when_it_learns_of_him(self):
        self.odds("stranger", line="5.5", game_id=harness.game(self.date, "MIA@CHI"))
        self.wait_quiet()
        self.slate_player("stranger", "LAL")
        self.wait_quiet()
        self.assertEqual(self.report("stranger")["game_id"], harness.game(self.date, "LAL@GSW"))

    def test_what_befalls_the_game_befalls_him(self):
        self.odds("stranger", line="5.5", game_id=harness.game(self.date, "MIA@CHI"), team="CHI")
        self.wait_quiet()
        self.slate_game("MIA@CHI", status="postponed")
        self.wait_quiet()
        self.assertEqual(self.report("stranger")["status"], "withdrawn")


class Names(Slate):
    def test_a_suffix_alone_apart_is_the_rostered_player(self):
        self.slate_player("Jaren Jackson Jr.", "LAL")
        self.wait_quiet()
        self.odds("Jaren Jackson", line="17.5")
        self.wait_quiet()
        self.assertEqual(self.book("jarenjacksonjr")["line"], 17.5)
        self.assertIsNone(self.report_text("jarenjackson"))


if __name__ == "__main__":
    unittest.main()
