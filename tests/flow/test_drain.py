"""SIGTERM drains: what runs is committed, what waits is left for the next; a second SIGTERM leaves at once."""
import signal
import unittest

import harness
import oracle


COUNT = 300  # runs of a fifth of a second each: a minute for what must not take as long


class Drain(harness.Night):
    def test_an_idle_daemon_leaves_at_once_and_says_so(self):
        daemon = self.propsd(changes={"drain": {"limit": "1h"}})  # were that waited for, it would not end within any deadline
        daemon.stop()
        daemon.notify.drain()
        self.assertIn("STOPPING=1", [line for _, line in daemon.notify.heard])

    def test_what_runs_is_committed_and_what_waits_is_left(self):
        daemon = self.propsd(changes={"pool": {"workers": "1"}, ("processor", "load"): {"spin_us": 200_000}})
        followed = self.notices()
        numbers = self.add_all([("regenerate", {"player_lookup": f"p{n:02}", "game_date": self.date}) for n in range(COUNT)])
        followed.wait_count(1)
        daemon.stop()
        followed.more(1)
        done = len(followed.all)
        self.assertLess(done, COUNT)
        self.assertEqual(self.r.hlen(self.key("running")), 0, "no token is left")
        self.assertFalse(self.r.exists(self.key("instance:a")))
        left = self.r.xpending(self.key("regenerate"), "propsd")["pending"]
        self.assertEqual(left, COUNT - done, "each commit is acked, nothing else is")
        daemon.configure({("processor", "load"): {"spin_us": 0}})
        daemon.start()
        self.wait_quiet()
        followed.more(1)
        self.assertEqual(sorted(followed.players()), sorted(f"p{n:02}" for n in range(COUNT)), "nobody twice")
        self.assertEqual(self.dead(), [])
        self.assertEqual(len(numbers), COUNT)

    def waits(self, limit):
        """A daemon whose run ends after ten minutes."""
        daemon = self.propsd(changes={("processor", "load"): {"sleep_ms": 600_000}, "drain": {"limit": limit}})
        self.regenerate("slow")
        harness.until(lambda: self.r.hlen(self.key("running")), "the run to begin")
        return daemon

    def goes_on(self, daemon):
        daemon.configure({("processor", "load"): {"sleep_ms": 0, "spin_us": 0}})
        daemon.start()
        self.wait_report("slow", lambda report: True)
        self.wait_quiet()

    def test_a_second_signal_leaves_without_waiting(self):
        daemon = self.waits("1h")
        daemon.now.asked = set(range(-20, 128))
        daemon.signal(signal.SIGTERM)
        self.assertTrue(daemon.notify.wait(daemon.now.process, "STOPPING=1", daemon.since))
        daemon.signal(signal.SIGTERM)
        daemon.now.wait_end()
        self.goes_on(daemon)

    def test_the_limit_of_a_drain(self):
        daemon = self.waits("500ms")
        daemon.now.asked = {0, 1}
        daemon.signal(signal.SIGTERM)
        self.assertIn(daemon.now.wait_end(), (0, 1))
        self.goes_on(daemon)

    def test_a_run_that_computes_does_not_hold_a_drain_up_beyond_its_limit(self):
        daemon = self.propsd(changes={"pool": {"workers": "1"}, ("processor", "load"): {"spin_us": 10_000_000}, "drain": {"limit": "10ms"}})
        followed = self.notices()
        self.regenerate("slow")
        harness.until(lambda: self.r.hlen(self.key("running")), "the run to begin")
        daemon.now.asked = {0, 1}
        daemon.signal(signal.SIGTERM)
        self.assertIn(daemon.now.wait_end(), (0, 1))
        followed.more(1)
        self.assertEqual(followed.all, [], "it was not waited for")
        self.goes_on(daemon)

    def test_what_waits_in_slots(self):
        daemon = self.propsd(changes={("processor", "load"): {"sleep_ms": 150, "slots": 4}})
        followed = self.notices()
        self.add_all([("regenerate", {"player_lookup": f"p{n:02}", "game_date": self.date}) for n in range(40)])
        followed.wait_count(1)
        daemon.stop()
        self.assertEqual(self.r.hlen(self.key("running")), 0)
        daemon.configure({("processor", "load"): {"sleep_ms": 0}})
        daemon.start()
        self.wait_quiet()
        self.assertEqual(len(oracle.all_reports(self)), 40)
        self.assertEqual(self.dead(), [])

    def test_sigint_drains_as_well(self):
        daemon = self.propsd()
        daemon.now.asked = {0}
        daemon.signal(signal.SIGINT)
        self.assertEqual(daemon.now.wait_end(), 0)


if __name__ == "__main__":
    unittest.main()
