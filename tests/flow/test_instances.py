"""Several instances share the streams; what one leaves behind the others take over."""
import unittest

import faults
import harness
import night
import oracle


class Sharing(faults.Faulty):
    def test_two_instances_share_a_night(self):
        made = night.made_up(self.draw, self.date, happenings=900)
        calm = self.calm(made)
        both = [self.propsd(name, self.changes) for name in ("a", "b")]
        self.same(calm, self.play(made, lambda n: None, times=3))
        def committed():
            """One that was held up all that time may have left the night to the other; there is more to do."""
            for _ in range(10):
                self.add("regenerate", game_date=self.date)
            self.wait_quiet()
            return [self.settled_by(daemon, "commit") for daemon in both]
        harness.until(lambda: all(committed()), lambda: f"both to do something: {committed()}")

    def test_one_of_two_is_killed_and_the_other_takes_over(self):
        made = night.made_up(self.draw, self.date, happenings=600)
        calm = self.calm(made)
        first = self.propsd("a", self.changes)
        self.propsd("b", self.changes)
        self.same(calm, self.play(made, lambda n: first.kill(), times=1))

    def test_one_of_two_is_killed_again_and_again(self):
        made = night.made_up(self.draw, self.date, happenings=600)
        calm = self.calm(made)
        first = self.propsd("a", self.changes)
        self.propsd("b", self.changes)
        self.same(calm, self.play(made, faults.killed(self, first), times=6))

    def test_one_that_is_stopped_past_its_heartbeat_comes_back_as_if_new(self):
        made = night.made_up(self.draw, self.date, happenings=400)
        calm = self.calm(made)
        first = self.propsd("a", self.changes)
        self.propsd("b", self.changes)

        def fault(n):
            if n == 0:
                first.signal(19)  # SIGSTOP
            else:
                harness.until(lambda: not self.r.exists(self.key("instance:a")), "its heartbeat to end")
                first.signal(18)  # SIGCONT
        try:
            self.same(calm, self.play(made, fault, times=2))
        finally:
            first.signal(18)

    def test_drained_ones_leave_nothing_behind(self):
        made = night.made_up(self.draw, self.date, happenings=600)
        calm = self.calm(made)
        instances = [self.propsd(name, self.changes) for name in ("a", "b", "c")]
        self.same(calm, self.play(made, lambda n: instances[n].stop(), times=2))
        for name in ("a", "b"):
            self.assertFalse(self.r.exists(self.key("instance:" + name)))

    def test_two_prefixes_know_nothing_of_each_other(self):
        self.propsd("a")
        self.propsd("other", {"redis": {"prefix": "other:"}})
        self.regenerate("lebronjames")
        self.wait_quiet()
        self.prefix = "other:"
        self.regenerate("stephencurry")
        self.wait_report("stephencurry", lambda report: True)
        self.wait_quiet()
        self.assertEqual(set(oracle.all_reports(self)), {"stephencurry"})
        self.assertEqual([c["stream"] for c in self.report("stephencurry")["causes"]], ["other:regenerate"])
        self.prefix = "props:"
        self.assertEqual(set(oracle.all_reports(self)), {"lebronjames"})


if __name__ == "__main__":
    unittest.main()
