"""kill -9 in the middle of a night, ten times at random moments: the same final reports, no letter that was not asked for."""
import unittest

import faults
import night
import oracle


class Kill(faults.Faulty):
    changes = {**faults.Faulty.changes, "regen": {"back_off": "2s"}}

    def test_ten_kills_in_a_made_up_night(self):
        made = night.made_up(self.draw, self.date, happenings=900)
        calm = self.calm(made)
        daemon = self.propsd(changes=self.changes)
        self.same(calm, self.play(made, faults.killed(self, daemon)))

    def test_ten_kills_while_runs_wait_in_slots(self):
        made = night.made_up(self.draw, self.date, happenings=300)
        changes = {("processor", "load"): {"sleep_ms": 5}, "ingest": {"max_deliveries": 2}}
        calm = self.calm(made, changes)
        daemon = self.propsd(changes=changes)
        self.same(calm, self.play(made, faults.killed(self, daemon)))

    def test_a_kill_with_everything_still_in_the_stream(self):
        made = night.made_up(self.draw, self.date)
        calm = self.calm(made)
        daemon = self.propsd(changes=self.changes)
        self.settle_opening(made)
        daemon.stop()
        bad = night.send(self, made.events)
        daemon.launch()
        for _ in range(5):
            self.some_commits()
            daemon.kill()
            daemon.launch()
        self.wait_quiet()
        oracle.check(self, oracle.fold(self.sent, self.date, skip=bad), bad, [daemon])
        self.same(calm, oracle.all_normalised(self))


if __name__ == "__main__":
    unittest.main()
