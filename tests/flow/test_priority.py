"""First things first: a free place goes to the highest that waits."""
import unittest

import harness

LOW = 40


class Priority(harness.Night):
    """One worker, runs of 20 ms: what has not begun when something urgent arrives must let it pass."""
    spin = 20_000 // harness.SLOW

    def setUp(self):
        super().setUp()
        self.daemon = self.propsd(changes={"pool": {"workers": "1"}, ("processor", "load"): {"spin_us": self.spin}})
        self.followed = self.notices()

    def queue_low(self, level="low"):
        """Fills the queue, and returns once the first has been committed."""
        self.add_all([("regenerate", {"player_lookup": f"low{n:02}", "game_date": self.date, "priority": level}) for n in range(LOW)])
        self.followed.wait_count(1)

    def passed_by(self, player):
        """How many commits came between the entry of `player`, sent now by `send`, and his own."""
        place = self.followed.players().index(player)
        return place - self.committed_before

    def send(self, **fields):
        self.followed.more(1)
        self.committed_before = len(self.followed.all)
        self.regenerate(**fields)

    # With one worker at most two runs have begun (the window), and one more may be on its way to Redis and back.
    BEGUN = 4

    def test_an_urgent_player_overtakes_all_that_wait(self):
        self.queue_low()
        self.send(player="star", priority="urgent")
        self.followed.wait_player("star")
        self.assertLessEqual(self.passed_by("star"), self.BEGUN)
        self.followed.wait_count(LOW + 1)

    def test_levels_are_strict(self):
        self.queue_low()
        self.add_all([("regenerate", {"player_lookup": f"{level}{n}", "game_date": self.date, "priority": level})
                      for n in range(3) for level in ("low", "normal", "high", "urgent")])
        self.followed.wait_count(LOW + 12)
        place = {player: n for n, player in enumerate(self.followed.players())}
        for above, below in (("urgent", "high"), ("high", "normal"), ("normal", "low4")):
            highest = [place[p] for p in place if p.startswith(above)]
            lower = [place[p] for p in place if p.startswith(below)]
            # What had begun before the higher ones arrived is not overtaken.
            self.assertLessEqual(sum(n < max(highest) for n in lower), self.BEGUN, (above, below, self.followed.players()))

    def test_within_a_level_the_oldest_goes_first(self):
        self.queue_low()
        self.followed.wait_count(LOW)
        order = [int(player[3:]) for player in self.followed.players()]
        self.assertEqual(order, sorted(order))

    def test_an_event_raises_a_player_who_waits(self):
        self.queue_low()
        self.send(player=f"low{LOW - 1}", priority="urgent")
        self.followed.wait_player(f"low{LOW - 1}")
        self.assertLessEqual(self.passed_by(f"low{LOW - 1}"), self.BEGUN)
        self.followed.wait_count(LOW)
        self.wait_quiet()
        self.assertEqual(self.followed.players().count(f"low{LOW - 1}"), 1, "one run covers both entries")

    def test_a_lower_event_does_not_lower_him(self):
        self.queue_low()
        self.followed.more(1)
        self.committed_before = len(self.followed.all)
        self.add_all([("regenerate", {"player_lookup": "star", "game_date": self.date, "priority": level}) for level in ("urgent", "low")])
        self.followed.wait_player("star")
        self.assertLessEqual(self.passed_by("star"), self.BEGUN)

    def test_propsctl_prioritize_raises_the_last_of_the_queue(self):
        self.queue_low()
        self.followed.more(1)
        self.daemon.ctl.ok("prioritize", f"low{LOW - 1}", "urgent")
        self.followed.more(1)
        self.committed_before = len(self.followed.all)
        self.followed.wait_player(f"low{LOW - 1}")
        self.assertLessEqual(self.passed_by(f"low{LOW - 1}"), self.BEGUN)

    def test_a_standing_order_outlives_a_restart(self):
        self.daemon.ctl.ok("wait", "ready")
        self.daemon.ctl.ok("prioritize", "star", "urgent", "--for", "1h")
        self.daemon.restart()
        self.queue_low()
        self.send(player="star")
        self.followed.wait_player("star")
        self.assertLessEqual(self.passed_by("star"), self.BEGUN)

    def test_the_tier_of_the_configuration_counts(self):
        self.daemon.configure({("tier", "star"): {"players": ["star"], "priority": "urgent"}})
        self.daemon.reload()
        self.queue_low()
        self.send(player="star")
        self.followed.wait_player("star")
        self.assertLessEqual(self.passed_by("star"), self.BEGUN)


class Slots(harness.Night):
    """Work that waits (a child, a call) takes slots, of which some are kept for urgent and high."""

    def test_an_urgent_one_starts_at_once_though_all_slots_are_taken_by_low_ones(self):
        self.propsd(changes={("processor", "load"): {"sleep_ms": 400}})
        followed = self.notices()
        self.add_all([("regenerate", {"player_lookup": f"low{n:03}", "game_date": self.date, "priority": "low"}) for n in range(200)])
        followed.wait_count(1)
        before = len(followed.all)
        self.regenerate("star", priority="urgent")
        followed.wait_player("star")
        # It starts at once, so it ends before those that start after it; those that ran already may end first.
        self.assertLess(followed.players().index("star") - before, 150)
        number, _ = followed.wait(lambda n: n["player_lookup"] == "star", "star")
        report = self.report("star")
        sent = int(report["causes"][0]["id"].split("-")[0])
        self.assertLess(int(number.split("-")[0]) - sent, 700 * harness.SLOW)

    def test_one_slow_player_holds_up_nobody(self):
        self.propsd(changes={"pool": {"workers": "1"}, ("processor", "load"): {"sleep_ms": 200}})
        followed = self.notices()
        self.add_all([("regenerate", {"player_lookup": f"p{n}", "game_date": self.date}) for n in range(8)])
        followed.wait_count(8)
        first, last = (int(followed.all[n][0].split("-")[0]) for n in (0, 7))
        self.assertLess(last - first, 1400, "eight waits one after another")


if __name__ == "__main__":
    unittest.main()
