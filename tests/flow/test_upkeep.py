"""What must not grow however much comes in: input streams, keys that instances leave behind, the log."""
import re
import time
import unittest

import harness


class Trim(harness.Night):
    def test_streams_are_trimmed_at_once_whatever_came_since_the_last_time(self):
        entries, old = 35_000, int(time.time() * 1000) - 2 * 3600_000
        pipe = self.r.pipeline(transaction=False)
        for n in range(entries):
            pipe.execute_command("XADD", self.key("odds"), f"{old + n // 10}-{n % 10}", "player_lookup", "lebronjames",
                                 "game_date", self.date, "market", "points", "book", "fanduel", "line", "25.5")
        pipe.execute()
        self.propsd(changes={"ingest": {"keep": "1m"}})
        self.wait_quiet()
        # Nodes are taken whole, so the last few stay.
        harness.until(lambda: self.r.xlen(self.key("odds")) < 200, lambda: f"trimming, {self.r.xlen(self.key('odds'))} left")
        trims = self.redis.info("commandstats")["cmdstat_xtrim"]
        self.assertGreaterEqual(trims["calls"], entries // 10_000)
        self.report("lebronjames")


class Leftovers(harness.Night):
    def test_no_key_remembers_every_name_that_ever_was(self):
        self.r.sadd(self.key("instances"), *(f"pod-{n}" for n in range(1000)))  # as earlier versions kept it
        self.r.set(self.key("schema"), 1)
        for name in ("pod-x", "pod-y"):
            daemon = self.propsd(name)
            daemon.ctl.ok("wait", "ready")
            daemon.stop()
        self.assertFalse(self.r.exists(self.key("instances")))


class Flood(harness.Night):
    def odds_of(self, book, **more):
        return ("odds", {"player_lookup": "a", "game_date": self.date, "market": "no_such_market", "book": book, "line": "10.5", **more})

    def letters_in(self, log):
        """{(reason, field, book): number}, the lines"""
        counts, lines = {}, [line for line in log.splitlines() if "dead letter" in line and " watch: " not in line]
        for line in lines:
            many = re.search(r"(\d+) more dead letters", line)
            key = re.search(r"reason=(\S+) field=(\S+) book=(\S+)", line)
            self.assertTrue(key, line)
            counts[key.groups()] = counts.get(key.groups(), 0) + (int(many.group(1)) if many else 1)
        return counts, lines

    def test_lines_of_a_flood_are_summed_up(self):
        daemon = self.propsd()
        self.add_all([self.odds_of("fanduel")] * 3000 + [self.odds_of("draftkings")] * 500)
        self.wait_quiet()
        last = self.sent[-1][1]
        daemon.stop()
        counts, lines = self.letters_in(daemon.now.log())
        self.assertEqual(counts, {("malformed", "market", "fanduel"): 3000, ("malformed", "market", "draftkings"): 500})
        # One at once, one at the end, and what may come between on a slow machine.
        self.assertLess(len(lines), 40)
        self.assertTrue(any(last in line for line in lines), "the newest example")

    def test_a_flood_of_names_is_bounded_too(self):
        daemon = self.propsd()
        self.add_all([self.odds_of(f"book{n}") for n in range(2000)])
        self.wait_quiet()
        daemon.stop()
        counts, lines = self.letters_in(daemon.now.log())
        self.assertEqual(sum(counts.values()), 2000)
        self.assertLess(len(lines), 200)


if __name__ == "__main__":
    unittest.main()
