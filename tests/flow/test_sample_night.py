"""The sample league's night through the built-in processor: the fold, the same bytes, kills, cuts."""
import unittest

import faults
import harness
import league_night
import night
import oracle


class SampleNight(league_night.SampleNight):
    def test_every_player_touched_equals_the_fold(self):
        _, reports = self.calm_night()
        self.assertGreater(len(reports), 100)

    def test_a_name_that_nobody_has_is_told_with_those_who_may_be_meant(self):
        daemon = self.propsd(changes=self.changes)
        daemon.ctl.ok("wait", "ready")
        name = sorted(self.league.rosters(self.date))[0]
        wrong = name[:-1] + ("x" if name[-1] != "x" else "y")
        for arguments in (("player", wrong), ("report", wrong, "--date", self.date), ("prioritize", wrong, "high")):
            status, out, err = daemon.ctl.run(*arguments)
            self.assertEqual((status, out), (5, ""), err)
            self.assertIn(wrong, err)
            self.assertIn(name, err)
        daemon.ctl.ok("player", name)

    def test_ten_kills(self):
        made, calm = self.calm_night()
        daemon = self.propsd(changes=self.changes)
        self.same(calm, self.play(made, faults.killed(self, daemon)))

    def test_ten_cuts_of_the_connections(self):
        made, calm = self.calm_night()
        self.propsd(changes=self.changes)
        self.same(calm, self.play(made, lambda n: self.redis.cut()))

    def test_one_worker_and_eight_and_another_order_of_the_streams(self):
        made, two = self.calm_night()
        self.assertTrue(any('"similar_games":[{' in text for text in two.values()))
        one = self.calm(made, {"pool": {"workers": "1"}})
        self.same(two, one)
        self.same(one, self.calm(made, {"pool": {"workers": "8"}}))
        self.same(one, self.calm(made, events=night.shuffled(self.draw, made.events)))

    def test_stages_are_reused_and_change_nothing(self):
        """Event by event most stages are reused; a fresh process computes them all. The bytes are the same."""
        made, at_once = self.calm_night()
        daemon = self.propsd(changes=self.changes)
        self.same(at_once, self.play(made, lambda n: self.wait_quiet(), times=20 if harness.SANITIZER else 60))
        daemon.restart()
        self.add("regenerate", game_date=self.date, force=1)
        self.wait_quiet()
        again = oracle.all_normalised(self)
        self.same(at_once, {**at_once, **again})


class SampleNightWithoutRedis(league_night.SampleNight):
    aof = True

    def test_five_kills_of_redis(self):
        made, calm = self.calm_night()
        self.propsd(changes=self.changes)

        def fault(n):
            self.redis.kill()
            self.redis.start()
        self.same(calm, self.play(made, fault, times=5))


if __name__ == "__main__":
    unittest.main()
