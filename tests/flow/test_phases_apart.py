"""Instances whose phases differ for a while: the newest configuration rules, the others stand by, and nothing is missed."""
import unittest

import harness
import test_phases

PLAYERS = ["ann", "bob", "cid"]


class Apart(test_phases.ModelNight):
    def without_model(self, name):
        return self.propsd(name, {"report": {"processor": "builtin"}, "regen": {"back_off": "50ms"}})

    def give_model(self, daemon):
        daemon.configure(self.model_changes())
        daemon.reload()

    def take_model(self, daemon):
        daemon.configure({"precompute": None})
        daemon.reload()

    def stands_by(self, daemon):
        daemon.wait_log("standing by: instance [a-z]+ has other phases")
        harness.until(lambda: daemon.ctl.json("status")["redis"]["state"].startswith("standing by"), f"{daemon.name} to say so")
        harness.until(lambda: not self.r.exists(self.key("instance:" + daemon.name)), "its name to be free")

    def ready(self, daemon):
        daemon.ctl.ok("wait", "ready")

    def made_with(self, player):
        return "precompute" in self.report(player).get("phases", {})

    def feed(self, count):
        """Whoever reads them."""
        for n in range(count):
            for player in PLAYERS:
                self.injury(player, ("probable", "doubtful")[n % 2])
                self.odds(player, line=f"{n}.5", over="-110", under="-110")

    def test_a_phase_that_is_added_by_a_reload_of_one(self):
        one, other = self.without_model("a"), self.without_model("b")
        self.seat("LAL@GSW", LAL=PLAYERS[:2], GSW=PLAYERS[2:])
        self.assertFalse(self.made_with("ann"))
        self.give_model(one)
        self.feed(20)
        self.injury("bob", "out")
        self.wait_quiet()
        self.stands_by(other)
        self.wait_quiet()
        self.assertEqual(self.points("ann")["mean"], 22, "her team-mate is out, whoever has read of it")
        for player in PLAYERS:
            self.assertTrue(self.made_with(player), player)
        other.restart()
        self.stands_by(other)
        self.give_model(other)
        self.ready(other)
        ran = len(self.ran())
        self.injury("bob", "available")
        self.wait_quiet()
        self.assertEqual(self.points("ann")["mean"], 20)
        self.assertEqual(sorted(self.ran()[ran:]), ["ann", "bob"], "both have the same, and nothing is asked for twice")

    def test_a_phase_that_is_taken_away_by_a_reload_of_one_that_dies(self):
        daemons = [self.with_model("a"), self.with_model("b")]
        self.seat("LAL@GSW", LAL=PLAYERS[:2], GSW=PLAYERS[2:])
        self.assertTrue(self.made_with("ann"))
        one, other = daemons
        self.take_model(one)
        self.feed(20)
        one.kill()
        one.start()
        self.ready(one)
        self.wait_quiet(tokens=False)
        self.stands_by(other)
        self.wait_quiet(tokens=False)
        for player in PLAYERS:
            self.assertFalse(self.made_with(player), player)
            self.assertEqual(self.report(player)["markets"]["points"]["books"]["fanduel"]["line"], 19.5)
        self.take_model(other)
        self.ready(other)

    def test_what_no_phase_reads_settles_at_once_and_is_there_when_one_does(self):
        daemon = self.with_model(reads=["injury"], report={"reads": ["injury"]})
        self.seat("LAL@GSW", LAL=["ann"], GSW=["cid"])
        before, versions = len(self.ran()), self.versions("ann", "cid")
        total = self.add("odds", game_id=harness.game(self.date, "LAL@GSW"), book="fanduel", total="224.5")
        quote = self.odds("ann", line="19.5", over="-110", under="-110")
        stranger = self.odds("stranger", line="9.5", over="-110", under="-110")
        for number in (total, quote, stranger):
            self.wait_acked("odds", number)
        self.wait_quiet()
        self.assertEqual(self.versions("ann", "cid"), versions, "nobody is run for it")
        self.wait_settled_by(daemon, "none", 2)
        self.assertEqual(set(self.ran()[before:]) - {"stranger"}, set())
        daemon.configure({"report": {"reads": ["odds", "game_odds", "injury"]}})
        daemon.reload()
        harness.until(lambda: (self.book("ann") or {}).get("line") == 19.5, "what is read now")
        harness.until(lambda: (self.book("stranger") or {}).get("line") == 9.5, "also of who is on no roster")
        self.wait_quiet()


if __name__ == "__main__":
    unittest.main()
