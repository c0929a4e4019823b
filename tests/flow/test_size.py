"""Ten times a night's size. What is counted is work, never time: calls of scripts, commands inside them, memory; and every
report must be the fold's."""
import random
import unittest

import harness
import oracle

PLAYERS = 2600
TEAMS = [a + b + c for a in "ABCD" for b in "KLMNOP" for c in "XYZ"]


class Size(harness.Night):
    """One daemon that stands still while its streams fill, so that what came is a burst whatever the machine."""

    def setUp(self):
        super().setUp()
        self.daemon = self.propsd(changes={"ingest": {"max_in_flight": 50000, "max_parked": 100000}})
        self.odds("first", line="1.5")
        self.wait_quiet()

    def burst(self, entries, quiet=240):
        """Adds them while the daemon is stopped; what settling them took of Redis."""
        self.daemon.signal(19)
        for at in range(0, len(entries), 2000):
            self.add_all(entries[at:at + 2000])
        self.r.config_resetstat()
        self.daemon.signal(18)
        self.wait_quiet(quiet)
        stats = self.r.info("commandstats")
        return {name.removeprefix("cmdstat_").replace("|", "."): row["calls"] for name, row in stats.items()}

    def memory_kib(self, what="VmRSS"):
        with open(f"/proc/{self.daemon.now.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(what))

    def check_all(self):
        oracle.check(self, oracle.fold(self.sent, self.date), daemons=[self.daemon])


class Slates(Size):
    def roster(self, count, teams):
        return [("slate", {"player_lookup": f"p{i}", "game_date": self.date, "team": teams[i % len(teams)], "status": "active"})
                for i in range(count)]

    def test_3000_entries_over_30_teams_cost_what_3000_entries_do(self):
        calls = self.burst(self.roster(3000, TEAMS[:30]))
        # Lists of 128, begin and commit lists of 128, and what else a turn takes: today some 0.2 a call an entry.
        self.assertLess(calls["evalsha"], 3000)
        # Each a field, a token, a report and a notice.
        self.assertLess(sum(calls.get(name, 0) for name in ("hset", "hmget", "hget", "hgetall")), 12 * 3000)
        self.wait_settled_by(self.daemon, "dead", 0)
        self.check_all()

    def test_1500_on_one_team_are_no_square(self):
        calls = self.burst(self.roster(1500, ["LAL"]) + [("odds", {
            "player_lookup": "first", "game_date": self.date, "market": "points", "book": "b", "line": "2.5"})])
        self.assertLess(calls["evalsha"], 1500)
        self.assertEqual(self.book("first", book="b")["line"], 2.5)
        self.check_all()

    def test_the_same_roster_again_runs_nobody(self):
        self.burst(self.roster(600, TEAMS[:30]))
        before = self.versions(*(f"p{i}" for i in range(600)))
        calls = self.burst(self.roster(600, TEAMS[:30]))
        self.assertEqual(self.versions(*(f"p{i}" for i in range(600))), before)
        self.assertLess(calls["evalsha"], 300)


class Audiences(Size):
    def test_lineups_of_2600_players_are_cut_by_whom_they_touch(self):
        self.burst([("slate", {"player_lookup": f"p{i}", "game_date": self.date, "team": ("LAL", "GSW")[i % 2], "status": "active"})
                    for i in range(PLAYERS)])
        calls = self.burst([("lineup", {"team": ("LAL", "GSW")[i % 2], "game_date": self.date, "starters": f"p{i % 9},p{i % 7}",
                                        "confirmed": str(i % 2)}) for i in range(128)])
        self.assertEqual(self.daemon.ctl.metrics().get("propsd_redis_reconnects_total", 0), 0)
        # Each lineup a list of its own at worst, and runs of all once or twice.
        self.assertLess(calls["evalsha"], 128 + 8 * PLAYERS // 20)
        self.check_all()

    def test_5000_regenerates_of_a_whole_slate_are_bounded_and_give_their_memory_back(self):
        self.burst([("slate", {"player_lookup": f"p{i}", "game_date": self.date, "team": TEAMS[i % 30], "status": "active"})
                    for i in range(510)])
        self.burst([("slate", {"game_id": harness.game(self.date, f"{TEAMS[i]}@{TEAMS[i + 1]}"), "status": "scheduled"})
                    for i in range(0, 30, 2)])
        before = self.memory_kib()
        self.burst([("regenerate", {"game_date": self.date})] * 5000)
        if not harness.SANITIZER:
            self.assertLess(self.memory_kib("VmHWM"), before + 60 * 1024)
            # Given back once all is quiet; what stays is room for the next burst.
            harness.until(lambda: self.memory_kib() < 1.3 * before + 2 * 1024,
                          lambda: f"memory to come back: {before} KiB before, {self.memory_kib()} now")
        self.check_all()


class Parked(Size):
    def test_30000_that_wait_for_times_of_their_own(self):
        chance = random.Random(harness.seed_of_run())
        now = int(self.r.time()[0]) * 1000
        count = 30000 // harness.SLOW
        calls = self.burst([("regenerate", {"player_lookup": f"p{i % 500}", "game_date": self.date,
                                            "not_before": str(now + 1000 + chance.randrange(4000))}) for i in range(count)])
        self.assertLess(calls["evalsha"], count)
        self.wait_settled_by(self.daemon, "dead", 0)
        self.check_all()


if __name__ == "__main__":
    unittest.main()
