"""The same events give the same bytes: with one worker or eight, in whatever order the streams are read."""
import unittest

import faults
import night


class SameBytes(faults.Faulty):
    changes = {}

    def test_one_worker_and_eight(self):
        made = night.made_up(self.draw, self.date, happenings=900)
        one = self.calm(made, {"pool": {"workers": "1"}})
        self.same(one, self.calm(made, {"pool": {"workers": "8"}}))

    def test_any_interleaving_of_the_streams(self):
        made = night.made_up(self.draw, self.date, happenings=900)
        first = self.calm(made)
        for _ in range(3):
            self.same(first, self.calm(made, events=night.shuffled(self.draw, made.events)))

    def test_one_after_another_and_all_at_once(self):
        made = night.made_up(self.draw, self.date, happenings=300)
        at_once = self.calm(made)
        self.propsd()
        self.same(at_once, self.play(made, lambda n: self.wait_quiet(), times=100))

    def test_priorities_and_the_time_that_runs_take_do_not_show(self):
        made = night.made_up(self.draw, self.date, happenings=300)
        first = self.calm(made)
        changes = {"priority": {"odds": "urgent", "injury": "low"}, ("processor", "load"): {"spin_us": 200}, "pool": {"workers": "3"}}
        self.same(first, self.calm(made, changes))


if __name__ == "__main__":
    unittest.main()
