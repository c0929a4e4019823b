"""Options: each is in force, or said to wait for a restart; those that change reports bring the reports up to date by themselves."""
import os
import unittest

import harness
import league_night


class Shared(harness.Night):
    """What one instance's options made, another's may replace; nobody asks against another for ever."""
    players = [f"p{n}" for n in range(6)]

    def setUp(self):
        super().setUp()
        self.first = self.propsd("a")
        for player in self.players:
            self.odds(player, line="10.5", over=-110, under=-110)
        self.wait_quiet()
        harness.until(lambda: "a" in self.notes(), "its options to be noted")
        self.followed = self.notices(from_start=True)

    def with_edge(self, edge, instance):
        instance.configure({"report": {"min_edge": edge}})

    def asked(self):
        """How many slate-wide requests there are."""
        return sum(fields == {b"game_date": self.date.encode()} for _, fields in self.r.xrange(self.key("regenerate")))

    def notes(self):
        return {name.decode(): text.decode() for name, text in self.r.hgetall(self.key("options")).items()}

    def noted(self, instance, before):
        """Its note is another than before, and all that came of it is done."""
        harness.until(lambda: self.notes().get(instance.name, before) != before, f"{instance.name} to note its options")
        self.wait_quiet()

    def comes_up(self, instance):
        """It is ready, and its note was compared: that is sent with the first heartbeat, before the third."""
        instance.ctl.ok("wait", "ready")
        beats = int(self.r.hget(self.key("instance:" + instance.name), "beats"))
        harness.until(lambda: int(self.r.hget(self.key("instance:" + instance.name), "beats") or 0) > beats + 1, "two heartbeats")
        self.wait_quiet()

    def runs(self):
        self.followed.more(1)
        return len(self.followed.all)

    def test_a_first_start_and_the_same_options_again_ask_for_nothing(self):
        self.assertEqual(set(self.notes()), {"a", "whole:"})
        self.first.restart()
        self.comes_up(self.first)
        self.redis.cut()
        self.comes_up(self.first)
        self.first.configure({"pool": {"workers": "3"}, ("processor", "load"): {"fail_rate": 0.01}})  # those change no report
        self.first.ctl.ok("reload")
        self.comes_up(self.first)
        self.assertEqual((self.asked(), self.runs()), (0, len(self.players)))

    def test_a_changed_option_makes_the_reports_anew_after_a_reload(self):
        before = self.notes()["a"]
        self.with_edge(0.5, self.first)
        self.first.ctl.ok("reload")
        self.noted(self.first, before)
        self.first.wait_log("options that change reports are others than before.*dates=1")
        self.assertEqual((self.asked(), self.runs()), (1, 2 * len(self.players)))
        self.assertEqual(set(self.followed.players()), set(self.players))

    def test_and_after_a_restart_under_another_name(self):
        self.first.stop()
        second = self.propsd("b", {"report": {"min_edge": 0.5}})
        self.comes_up(second)
        self.assertEqual((self.asked(), self.runs()), (1, 2 * len(self.players)))
        second.stop()
        third = self.propsd("c", {"report": {"min_edge": 0.5}})
        self.comes_up(third)
        self.assertEqual((self.asked(), self.runs()), (1, 2 * len(self.players)))

    def test_two_that_come_back_with_one_changed_file_ask_once(self):
        second = self.propsd("b")
        self.comes_up(second)
        for one in (self.first, second):
            one.stop()
            self.with_edge(0.5, one)
        for one in (self.first, second):
            one.start()
        for one in (self.first, second):
            self.comes_up(one)
        self.assertEqual(self.asked(), 1)

    def test_two_that_are_reloaded_one_after_the_other_end_with_the_new_options(self):
        """The second asks again: until then it ran with the old ones."""
        second = self.propsd("b")
        self.comes_up(second)
        for one in (self.first, second):
            before = self.notes()[one.name]
            self.with_edge(0.5, one)
            one.ctl.ok("reload")
            self.noted(one, before)
        self.assertEqual(self.asked(), 2)
        self.assertEqual(self.notes()["whole:"], self.notes()["a"])

    def test_two_of_different_options_do_not_ask_against_each_other(self):
        second = self.propsd("b", {"report": {"min_edge": 0.5}})
        self.comes_up(second)
        second.wait_log("instance a has other options that change reports")
        self.assertEqual(self.asked(), 1)
        for _ in range(3):
            for one in (self.first, second):
                one.restart()
                self.comes_up(one)
        self.assertEqual(self.asked(), 1)
        self.assertLessEqual(self.runs(), 2 * len(self.players))
        self.assertEqual(self.notes()["whole:"], "")

    def test_names_that_were_are_forgotten(self):
        self.r.hset(self.key("options"), mapping={f"was{n}": "f" * 32 for n in range(100)})
        before = self.notes()["a"]
        self.with_edge(0.5, self.first)
        self.first.ctl.ok("reload")
        self.noted(self.first, before)
        self.assertEqual(set(self.notes()), {"a", "whole:"})

    def test_at_the_memory_limit_it_is_asked_for_later(self):
        before = self.notes()["a"]
        self.r.config_set("maxmemory", "1mb")
        self.with_edge(0.5, self.first)
        self.first.ctl.ok("reload")
        self.assertEqual(self.notes()["a"], before)
        self.first.check()
        self.r.config_set("maxmemory", "0")
        self.noted(self.first, before)
        self.assertEqual((self.asked(), self.runs()), (1, 2 * len(self.players)))
        self.assertNotIn("connection lost", self.first.now.log())


class Edge(harness.Night):
    """The built-in model over a league: what a report recommends follows report.min_edge, and nothing else was sent."""

    def test_recommendations_follow_a_changed_min_edge(self):
        def make(folder):
            league_night.run(os.path.join(harness.SOURCE, "script", "sample-league"), folder, "--date", self.date)
            return folder
        made = league_night.Imported(make)
        daemon = self.propsd(changes={"league": {"database": made.database}, "report": {"processor": "builtin", "min_edge": 0}})
        player = sorted(made.league.rosters(self.date))[0]
        self.odds(player, line="0.5", over=-110, under=-110)
        self.wait_quiet()
        quote = self.book(player)
        self.assertIn(quote["recommendation"], ("OVER", "UNDER"))
        for under in ([], ["-110"]):
            asked = daemon.ctl.json("price", player, "points", "0.5", "-110", *under, "--date", self.date)
            self.assertAlmostEqual(asked["p_over"], quote["p_over"], delta=0.0002)
            self.assertAlmostEqual(asked["return_over"], quote["return_over"], delta=0.0005)
            self.assertEqual("return_under" in asked, bool(under))
        for words, says in ((("dunks", "1.5"), "allowed are points"), (("points", "x"), "allowed is a number from 0 to 999.99"),
                            (("points", "1.5", "-50"), "allowed is an American price")):
            status, out, err = daemon.ctl.run("price", player, *words, "--date", self.date)
            self.assertEqual((status != 0, out), (True, ""))
            self.assertIn(says, err)
        version = self.report(player)["version"]
        daemon.configure({"report": {"min_edge": 1}})
        daemon.ctl.ok("reload")
        self.wait_report(player, lambda report: report["version"] > version)
        self.assertEqual(self.book(player), {**quote, "recommendation": "PASS"})
        daemon.stop()
        daemon.configure({"report": {"min_edge": 0}})
        daemon.start()
        self.wait_report(player, lambda report: report["version"] > version + 1)
        self.assertEqual(self.book(player), quote)


if __name__ == "__main__":
    unittest.main()
