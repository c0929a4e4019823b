"""SIGTERM drains: what runs is committed, what waits is left for the next; a second SIGTERM leaves at once."""
import signal
import time
import unittest

import harness
import oracle


class Drain(harness.Night):
    def test_an_idle_daemon_leaves_at_once_and_says_so(self):
        daemon = self.propsd()
        started = time.monotonic()
        daemon.stop()
        self.assertLess(time.monotonic() - started, 3 * harness.SLOW)
        daemon.notify.drain()
        self.assertIn("STOPPING=1", [line for _, line in daemon.notify.heard])

    def test_what_runs_is_committed_and_what_waits_is_left(self):
        daemon = self.propsd(changes={"pool": {"workers": "1"}, ("processor", "load"): {"spin_us": 200_000}})
        followed = self.notices()
        numbers = self.add_all([("regenerate", {"player_lookup": f"p{n:02}", "game_date": self.date}) for n in range(30)])
        followed.wait_count(1)
        daemon.stop()
        followed.more(1)
        done = len(followed.all)
        self.assertLess(done, 30)
        self.assertEqual(self.r.hlen(self.key("running")), 0, "no token is left")
        self.assertFalse(self.r.exists(self.key("instance:a")))
        left = self.r.xpending(self.key("regenerate"), "propsd")["pending"]
        self.assertEqual(left, 30 - done, "each commit is acked, nothing else is")
        daemon.configure({("processor", "load"): {"spin_us": 0}})
        daemon.start()
        self.wait_quiet()
        followed.more(1)
        self.assertEqual(sorted(followed.players()), sorted(f"p{n:02}" for n in range(30)), "nobody twice")
        self.assertEqual(self.dead(), [])
        self.assertEqual(len(numbers), 30)

    def test_a_second_signal_leaves_without_waiting(self):
        daemon = self.propsd(changes={"pool": {"workers": "1"}, ("processor", "load"): {"spin_us": 5_000_000}})
        self.regenerate("slow")
        harness.until(lambda: self.r.hlen(self.key("running")), "the run to begin")
        daemon.now.asked = set(range(-20, 128))
        daemon.signal(signal.SIGTERM)
        self.assertTrue(daemon.notify.wait(daemon.now.process, "STOPPING=1", daemon.since))
        started = time.monotonic()
        daemon.signal(signal.SIGTERM)
        daemon.now.wait_end()
        self.assertLess(time.monotonic() - started, 2 * harness.SLOW)
        daemon.configure({("processor", "load"): {"spin_us": 0}})
        daemon.start()
        self.wait_report("slow", lambda report: True)
        self.wait_quiet()

    def test_the_limit_of_a_drain(self):
        daemon = self.propsd(changes={"pool": {"workers": "1"}, ("processor", "load"): {"spin_us": 8_000_000}, "drain": {"limit": "500ms"}})
        self.regenerate("slow")
        harness.until(lambda: self.r.hlen(self.key("running")), "the run to begin")
        started = time.monotonic()
        daemon.now.asked = {0, 1}
        daemon.signal(signal.SIGTERM)
        self.assertIn(daemon.now.wait_end(), (0, 1))
        self.assertLess(time.monotonic() - started, 4 * harness.SLOW)
        daemon.configure({("processor", "load"): {"spin_us": 0}})
        daemon.start()
        self.wait_report("slow", lambda report: True)

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
