"""A regenerate event becomes a committed report: a player, a team, a game, the slate."""
import re
import time
import unittest

import harness
import oracle


class Regenerate(harness.Night):
    def test_a_player_is_regenerated_end_to_end(self):
        daemon = self.propsd()
        notices = self.notices()
        number = self.regenerate("lebronjames")
        notice = notices.wait_player("lebronjames")
        report = self.report("lebronjames")
        self.assertEqual((notice["game_date"], notice["version"]), (self.date, report["version"]))
        self.assertEqual(report["player_lookup"], "lebronjames")
        self.assertEqual(report["game_date"], self.date)
        self.assertEqual(report["processor"], "load")
        self.assertEqual(report["status"], "ok")
        self.assertEqual(report["attempt"], 1)
        self.assertEqual(report["causes"], [{"type": "regenerate", "stream": "props:regenerate", "id": number}])
        self.assertRegex(report["generated_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        oracle.parse_report(self.report_text("lebronjames"))
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        self.assertEqual(list(oracle.check_books(daemon)), [])
        self.wait_settled_by(daemon, "commit", 1)

    def test_each_regenerate_makes_a_new_version(self):
        self.propsd()
        notices = self.notices()
        last = 0
        for force in (None, 0, 1):
            self.regenerate("lebronjames", force=force)
            last = notices.wait_player("lebronjames", after=last)["version"]
        self.assertEqual(len(notices.all), 3)

    def test_a_name_as_people_write_it_is_folded(self):
        self.propsd()
        for name, lookup in (("LeBron James", "lebronjames"), ("Luka Dončić", "lukadoncic"), ("Jaren Jackson Jr.", "jarenjacksonjr"),
                             ("D'Angelo Russell", "dangelorussell")):
            self.regenerate(name)
            self.wait_report(lookup, lambda report: True)

    def test_the_date_is_taken_from_the_game(self):
        self.propsd()
        notices = self.notices()
        self.add("regenerate", player_lookup="stephencurry", game_id=harness.game(self.date, "LAL@GSW"), team="GSW")
        self.assertEqual(notices.wait_player("stephencurry")["game_date"], self.date)
        report = self.report("stephencurry")
        self.assertEqual((report["game_id"], report["team"], report["opponent"]), (harness.game(self.date, "LAL@GSW"), "GSW", "LAL"))

    def test_one_player_on_two_dates_has_two_reports(self):
        self.propsd()
        other = harness.tonight(3)
        self.regenerate("lebronjames")
        self.add("regenerate", player_lookup="lebronjames", game_date=other)
        self.wait_quiet()
        self.assertEqual(self.report("lebronjames")["game_date"], self.date)
        self.assertEqual(self.report("lebronjames", other)["game_date"], other)

    def test_entries_sent_before_the_daemon_ever_ran_are_taken(self):
        self.regenerate("lebronjames")
        self.propsd()
        self.wait_report("lebronjames", lambda report: True)
        self.wait_quiet()

    def test_not_before_is_waited_for(self):
        daemon = self.propsd()
        notices = self.notices()
        due = int(time.time() * 1000) + 700
        self.regenerate("lebronjames", not_before=due)
        delayed = self.regenerate("jamesharden", not_before=due + 3_600_000)
        self.regenerate("stephencurry")
        notices.wait_player("stephencurry")
        self.assertFalse(self.acked("regenerate", delayed))
        number, _ = notices.wait(lambda n: n["player_lookup"] == "lebronjames", "the delayed one")
        self.assertGreaterEqual(oracle.order(number)[0], due)
        harness.until(lambda: self.pending("regenerate") == 1, "the others to be settled")
        self.assertFalse(self.acked("regenerate", delayed))
        self.assertIsNone(self.report_text("jamesharden"))
        self.assertEqual(daemon.ctl.json("status")["entries"]["parked"], 1)

    def test_a_regenerate_that_came_while_another_was_delayed_does_not_swallow_it(self):
        self.propsd()
        notices = self.notices()
        lead = 3000
        while True:
            due, before = int(time.time() * 1000) + lead, self.versions("lebronjames")[0]
            self.add_all([("regenerate", {"player_lookup": "lebronjames", "game_date": self.date, **more}) for more in ({"not_before": due}, {})])
            first = notices.wait_player("lebronjames", after=before)["version"]
            if oracle.order(notices.all[-1][0])[0] < due:
                break
            self.wait_quiet()  # all of that took so long that one run was enough
            lead *= 2
        notices.wait_player("lebronjames", after=first)
        self.assertGreaterEqual(oracle.order(notices.all[-1][0])[0], due)


class Scopes(harness.Night):
    def setUp(self):
        super().setUp()
        self.daemon = self.propsd()
        self.seat("LAL@GSW", LAL=["l1", "l2"], GSW=["g1"])
        self.seat("BOS@NYK", BOS=["b1"], NYK=["n1", "n2"])
        self.everybody = ("l1", "l2", "g1", "b1", "n1", "n2")
        self.before = self.versions(*self.everybody)

    def risen(self):
        self.wait_quiet()
        return [p for p, old, new in zip(self.everybody, self.before, self.versions(*self.everybody)) if new > old]

    def test_the_slate_gave_each_his_game(self):
        for player, team, opponent, teams in (("l1", "LAL", "GSW", "LAL@GSW"), ("g1", "GSW", "LAL", "LAL@GSW"), ("n2", "NYK", "BOS", "BOS@NYK")):
            report = self.report(player)
            self.assertEqual((report["team"], report["opponent"], report["game_id"]), (team, opponent, harness.game(self.date, teams)))
            self.assertEqual(report["game"], {"status": "scheduled", "tip": harness.moment(self.date, "25:30")})

    def test_a_player_alone(self):
        self.regenerate("l2")
        self.assertEqual(self.risen(), ["l2"])

    def test_a_team(self):
        self.add("regenerate", team="LAL", game_date=self.date)
        self.assertEqual(self.risen(), ["l1", "l2"])

    def test_a_game(self):
        self.add("regenerate", game_id=harness.game(self.date, "LAL@GSW"))
        self.assertEqual(self.risen(), ["l1", "l2", "g1"])

    def test_the_slate(self):
        self.add("regenerate", game_date=self.date)
        self.assertEqual(self.risen(), list(self.everybody))

    def test_a_team_without_players_is_settled_at_once(self):
        before = self.settled_by(self.daemon, "none")
        number = self.add("regenerate", team="UTA", game_date=self.date)
        self.wait_acked("regenerate", number)
        self.assertEqual(self.risen(), [])
        self.wait_settled_by(self.daemon, "none", before + 1)
        self.assertEqual(self.dead(), [])


if __name__ == "__main__":
    unittest.main()
