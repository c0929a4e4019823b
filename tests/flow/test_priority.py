"""First things first: a free place goes to the highest that waits."""
import unittest

import harness

LOW = 40
SLOTS, RESERVE = 40, 4  # a tenth
LEVELS = ("urgent", "high", "normal", "low")


class Priority(harness.Night):
    """One worker. All wait under a pause, so that what comes first afterwards was chosen and not just there."""

    def setUp(self):
        super().setUp()
        self.daemon = self.propsd(changes={"pool": {"workers": "1"}, ("processor", "load"): {"spin_us": 1000},
                                           "priority": {"regenerate": "low"}})
        self.daemon.ctl.ok("wait", "ready")
        self.followed = self.notices()

    def add_low(self):
        self.add_all([("regenerate", {"player_lookup": f"low{n:02}", "game_date": self.date, "priority": "low"}) for n in range(LOW)])

    def wait_queued(self, count):
        """Until so many wait, and each entry is a reason for one of them."""
        def now():
            rows = self.daemon.ctl.json_lines("players", "--state", "waiting")
            return len(rows), sum(row["causes"] for row in rows)
        harness.until(lambda: now() == (count, len(self.sent)), lambda: f"{count} for {len(self.sent)} causes, there are {now()}")

    def queue_low(self):
        self.daemon.ctl.ok("pause")
        self.add_low()
        self.wait_queued(LOW)

    def is_first(self, player, count=LOW + 1):
        """Of `count` who wait, once the pause is over."""
        self.wait_queued(count)
        self.daemon.ctl.ok("resume")
        self.followed.wait_count(count)
        self.assertEqual(self.followed.players().index(player), 0, self.followed.players())
        self.wait_quiet()
        self.assertEqual(len(set(self.followed.players())), len(self.followed.players()), "one run each")

    def test_an_urgent_player_overtakes_all_that_wait(self):
        self.queue_low()
        self.regenerate("star", priority="urgent")
        self.is_first("star")

    def test_levels_are_strict_and_within_a_level_the_oldest_goes_first(self):
        self.daemon.ctl.ok("pause")
        for n in range(3):
            for level in reversed(LEVELS):
                self.regenerate(f"{level}{n}", priority=level)
        self.is_first("urgent0", 12)
        self.assertEqual(self.followed.players(), [f"{level}{n}" for level in LEVELS for n in range(3)])

    def test_an_event_raises_a_player_who_waits(self):
        self.queue_low()
        self.regenerate(f"low{LOW - 1}", priority="urgent")
        self.is_first(f"low{LOW - 1}", LOW)

    def test_a_lower_event_does_not_lower_him(self):
        self.queue_low()
        self.regenerate("star", priority="urgent")
        self.regenerate("star", priority="low")
        self.is_first("star")

    def test_propsctl_prioritize_raises_the_last_of_the_queue(self):
        self.queue_low()
        self.daemon.ctl.ok("prioritize", f"low{LOW - 1}", "urgent")
        self.is_first(f"low{LOW - 1}", LOW)

    def test_a_standing_order_outlives_a_restart(self):
        self.daemon.ctl.ok("prioritize", "star", "urgent", "--for", "1h")
        self.daemon.restart()
        self.daemon.ctl.ok("wait", "ready")
        self.queue_low()
        self.regenerate("star")
        self.is_first("star")

    def test_the_tier_of_the_configuration_counts(self):
        self.daemon.configure({("tier", "star"): {"players": ["star"], "priority": "urgent"}})
        self.daemon.reload()
        self.queue_low()
        self.regenerate("star")
        self.is_first("star")


class WhileOthersRun(harness.Night):
    # With one worker at most two runs have begun (the window), and one more may be on its way to Redis and back.
    BEGUN = 4

    def test_what_has_not_begun_lets_an_urgent_one_pass(self):
        """Runs that last longer than a way to Redis and back. The daemon stands still from the look at what is done until the urgent
        entry is there."""
        low = 16
        daemon = self.propsd(changes={"pool": {"workers": "1"}, ("processor", "load"): {"spin_us": 100_000}})
        followed = self.notices()
        self.add_all([("regenerate", {"player_lookup": f"low{n:02}", "game_date": self.date, "priority": "low"}) for n in range(low)])
        followed.wait_count(1)
        with daemon.stopped():
            followed.more(1)
            before = len(followed.all)
            self.regenerate("star", priority="urgent")
        followed.wait_player("star")
        self.assertLessEqual(followed.players().index("star") - before, self.BEGUN)
        followed.wait_count(low + 1)


class Slots(harness.Night):
    """Work that waits (a child, a call) takes slots, of which some are kept for urgent and high."""

    def states(self):
        return {row["player"]: row["state"] for row in self.daemon.ctl.json_lines("players", "--all")}

    def running(self):
        return sorted(player for player, state in self.states().items() if state == "running")

    def waits(self, **changes):
        """A daemon whose runs do not end while the test looks at them."""
        self.daemon = self.propsd(changes={("processor", "load"): {"sleep_ms": 600_000, "slots": SLOTS}, **changes})
        self.daemon.ctl.ok("wait", "ready")

    def test_an_urgent_one_starts_at_once_though_all_slots_are_taken_by_low_ones(self):
        self.waits()
        self.add_all([("regenerate", {"player_lookup": f"low{n:03}", "game_date": self.date, "priority": "low"}) for n in range(200)])
        harness.until(lambda: len(self.running()) == SLOTS - RESERVE, lambda: f"{len(self.running())} to be {SLOTS - RESERVE}")
        before = self.running()
        self.regenerate("star", priority="urgent")
        harness.until(lambda: self.states().get("star") == "running", "the urgent one to run")
        self.assertEqual(self.running(), [*before, "star"])
        self.daemon.kill()

    def test_one_slow_player_holds_up_nobody(self):
        self.waits(pool={"workers": "1"})
        players = [f"p{n}" for n in range(8)]
        for player in players:
            self.regenerate(player)
        harness.until(lambda: self.running() == players, "all to run at once")
        self.daemon.kill()


if __name__ == "__main__":
    unittest.main()
