"""A made-up night without faults: each report equals the fold, at each moment of rest, and the counters agree."""
import random
import unittest

import harness
import night
import oracle


class CalmNight(harness.Night):
    def test_each_piece_of_a_night_equals_the_fold(self):
        made = night.made_up(random.Random(harness.seed_of_run()), self.date, happenings=500)
        daemon = self.propsd()
        bad = night.send(self, made.opening)
        self.wait_quiet()
        for at in range(0, len(made.events), 10):
            bad.update(night.send(self, made.events[at:at + 10]))
            self.wait_quiet()
            folded = oracle.fold(self.sent, self.date, skip=bad)
            oracle.check(self, folded, bad, [daemon])
        for how, count in (("expired", len(folded.expired)), ("duplicate", len(folded.duplicate)), ("dead", len(bad))):
            self.wait_settled_by(daemon, how, count)

    def test_a_whole_night_at_once_equals_the_fold(self):
        made = night.made_up(random.Random(harness.seed_of_run()), self.date, games=6, players=12, happenings=5000, malformed=50)
        daemon = self.propsd()
        bad = night.send(self, made.opening)
        self.wait_quiet()
        bad.update(night.send(self, made.events))
        self.wait_quiet()
        oracle.check(self, oracle.fold(self.sent, self.date, skip=bad), bad, [daemon])


if __name__ == "__main__":
    unittest.main()
