"""What an operator must hear of: told once in the log when it begins and once when it ends, and as long as it stands in
`status` and the metrics, with what to do."""
import datetime
import os
import re
import subprocess
import time
import unittest

import harness

HOUR = 3600_000


class Watched(harness.Night):
    def look(self, daemon):
        """Has the daemon look now, rather than within the minute."""
        daemon.ctl.run("doctor")

    def standing(self, daemon):
        """{kind: the warning}"""
        return {warning["kind"]: warning for warning in daemon.ctl.json("status")["warnings"]}

    def metric(self, daemon, kind):
        return daemon.ctl.metrics()[f'propsd_warning{{kind="{kind}"}}']

    def lines(self, daemon, kind):
        """Of the log: (begins, ends)"""
        log = daemon.now.log()
        return (re.findall(rf"(?:warn|err) watch: {kind}: .* To do: .*", log),
                re.findall(rf"notice watch: {kind}: over; .*", log))

    def assert_begins(self, daemon, kind, text, level="warning"):
        """It stands everywhere, and was told once."""
        harness.until(lambda: kind in self.standing(daemon), lambda: f"{kind}, there are {self.standing(daemon)}")
        found = self.standing(daemon)[kind]
        self.assertEqual(found["level"], level)
        self.assertRegex(found["text"], text)
        self.assertTrue(found["remedy"])
        self.assertEqual(self.metric(daemon, kind), 1)
        shown = lambda: " ".join(daemon.ctl.ok("status", environment={"COLUMNS": "80"}).split())
        told = lambda now: f"{level} {now['text']} To do: {now['remedy']}"  # a figure in it may be another at each look
        harness.until(lambda: told(self.standing(daemon)[kind]) in shown(), lambda: f"all of {kind} in\n{shown()}")
        begins, ends = self.lines(daemon, kind)
        self.assertEqual((len(begins), ends), (1, []), daemon.now.log())
        return found["text"]

    def assert_ends(self, daemon, kind):
        self.look(daemon)
        harness.until(lambda: kind not in self.standing(daemon), f"the end of {kind}")
        self.assertEqual(self.metric(daemon, kind), 0)
        begins, ends = self.lines(daemon, kind)
        self.assertEqual((len(begins), len(ends)), (1, 1), daemon.now.log())

    def assert_silent(self, daemon, kind):
        self.assertNotIn(kind, self.standing(daemon))
        self.assertEqual(self.metric(daemon, kind), 0)
        self.assertEqual(self.lines(daemon, kind), ([], []))


class Settings(Watched):
    redis_options = ("--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")

    def test_a_redis_that_evicts_and_keeps_no_file(self):
        daemon = self.propsd()
        text = self.assert_begins(daemon, "evicting", "allkeys-lru", "error")
        self.assertIn(str(64 << 20), text)
        self.assert_begins(daemon, "no_append_only_file", "appendonly no")
        for _ in range(3):
            self.look(daemon)
        self.redis.cut()  # a new session tells nothing twice
        harness.until(lambda: daemon.ctl.json("status")["redis"]["reconnects"], "another session")
        daemon.ctl.ok("wait", "ready")
        self.look(daemon)
        self.assert_begins(daemon, "evicting", "allkeys-lru", "error")
        self.r.config_set("maxmemory-policy", "noeviction")
        self.assert_ends(daemon, "evicting")
        self.r.config_set("appendonly", "yes")
        self.assert_ends(daemon, "no_append_only_file")

    def test_settings_that_cannot_be_looked_at(self):
        self.r.execute_command("ACL", "SETUSER", "modest", "on", ">any", "~*", "&*", "+@all", "-info")
        with open(self.folder + "/any", "w") as out:
            out.write("any\n")
        daemon = self.propsd(changes={"redis": {"user": "modest", "password_file": self.folder + "/any"}})
        self.assert_begins(daemon, "unchecked", "INFO")
        self.assert_silent(daemon, "evicting")
        self.odds("lebronjames", line="25.5")
        self.wait_report("lebronjames", lambda report: True)
        self.assertEqual(self.r.execute_command("ACL", "LOG"), [])
        self.r.execute_command("ACL", "SETUSER", "modest", "+info")
        self.assert_ends(daemon, "unchecked")
        self.assert_begins(daemon, "evicting", "allkeys-lru", "error")


class Sound(Watched):
    aof = True

    def test_nothing_is_warned_of(self):
        daemon = self.propsd()
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        self.look(daemon)
        self.assertEqual(self.standing(daemon), {})
        self.assertNotIn("watch:", daemon.now.log())
        self.assertEqual({v for k, v in daemon.ctl.metrics().items() if k.startswith("propsd_warning{")}, {0.0})
        # A limit is no harm, nor is a policy without one.
        self.r.config_set("maxmemory", 64 << 20)
        self.look(daemon)
        self.assert_silent(daemon, "evicting")
        self.r.config_set("maxmemory", 0)
        self.r.config_set("maxmemory-policy", "allkeys-lru")
        self.look(daemon)
        self.assert_silent(daemon, "evicting")


class Pinned(Watched):
    def old_odds(self, number):
        """Entries of two hours ago."""
        pipe, old = self.r.pipeline(transaction=False), int(time.time() * 1000) - 2 * HOUR
        for n in range(number):
            pipe.execute_command("XADD", self.key("odds"), f"{old}-{n + 1}", "player_lookup", "lebronjames",
                                 "game_date", self.date, "market", "points", "book", "fanduel", "line", "25.5")
        pipe.execute()

    def wait_read(self, daemon):
        """Idle by the daemon's own account: the harness looks at the first group only."""
        daemon.ctl.ok("wait", "idle")

    def test_the_group_that_pins_a_stream_is_named_with_what_it_keeps(self):
        self.r.xgroup_create(self.key("odds"), "debug-dashboard", 0, mkstream=True)
        self.old_odds(2000)
        daemon = self.propsd(changes={"ingest": {"keep": "1m"}})
        self.wait_read(daemon)
        self.look(daemon)
        text = self.assert_begins(daemon, "stream_pinned", '"debug-dashboard" keeps 2000 entries of props:odds')
        # What it has read and not acknowledged is kept as well.
        self.r.xreadgroup("debug-dashboard", "c", {self.key("odds"): ">"}, count=500)
        self.look(daemon)
        self.assertIn("keeps 2000 entries of props:odds (500 not acknowledged)",
                      self.standing(daemon)["stream_pinned"]["text"])
        self.assertEqual(self.r.xlen(self.key("odds")), 2000, text)
        self.r.xgroup_destroy(self.key("odds"), "debug-dashboard")
        self.assert_ends(daemon, "stream_pinned")
        harness.until(lambda: self.r.xlen(self.key("odds")) < 200, "trimming")

    def test_a_group_that_reads_along_is_none_of_our_business(self):
        self.r.xgroup_create(self.key("odds"), "audit", 0, mkstream=True)
        self.old_odds(1000)
        daemon = self.propsd(changes={"ingest": {"keep": "1m"}})
        self.wait_read(daemon)
        self.r.xreadgroup("audit", "c", {self.key("odds"): ">"}, count=1000, noack=True)
        self.odds("lebronjames", line="26.5")  # which it has not read yet
        self.wait_read(daemon)
        self.look(daemon)
        self.assert_silent(daemon, "stream_pinned")


class Lost(Watched):
    aof = True

    def capped(self, number, most, first=0):
        pipe = self.r.pipeline(transaction=False)
        for n in range(first, first + number):
            pipe.execute_command("XADD", self.key("odds"), "MAXLEN", "=", most, "*", "player_lookup", f"p{n}",
                                 "game_date", self.date, "market", "points", "book", "fanduel", "line", "25.5")
        pipe.execute()

    def counted(self, *daemons):
        return sum(daemon.ctl.metrics()['propsd_entries_lost_total{stream="odds"}'] for daemon in daemons)

    def wait_counted(self, number, *daemons):
        harness.until(lambda: self.counted(*daemons) == number, lambda: f"{number} lost, {self.counted(*daemons)} are counted")

    def test_what_was_deleted_before_the_first_start(self):
        self.capped(3000, 1000)
        daemon = self.propsd()
        self.wait_quiet()
        self.assert_begins(daemon, "entries_lost", "2000 of props:odds", "error")
        self.wait_counted(2000, daemon)

    def test_what_was_deleted_while_propsd_was_away(self):
        daemon = self.propsd()
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        daemon.stop()
        self.capped(300, 100)
        daemon.start()
        self.wait_quiet()
        self.look(daemon)
        self.assert_begins(daemon, "entries_lost", "200 of props:odds", "error")
        self.wait_counted(200, daemon)
        # Told, and not counted again, after a restart of either; by another instance neither.
        daemon.restart()
        daemon.ctl.ok("wait", "idle")
        self.assert_begins(daemon, "entries_lost", "200 of props:odds", "error")
        self.redis.kill()
        self.redis.start()
        second = self.propsd("b")
        second.ctl.ok("wait", "idle")
        daemon.ctl.ok("wait", "idle")
        for one in (daemon, second):
            self.look(one)
            self.assertRegex(self.standing(one)["entries_lost"]["text"], "200 of props:odds")
        self.assertEqual(self.counted(daemon, second), 0)
        # More of it counts on, once for both.
        second.stop()
        daemon.stop()
        self.capped(50, 20, 1000)
        daemon.start()
        second.start()
        daemon.ctl.ok("wait", "idle")
        second.ctl.ok("wait", "ready")
        self.wait_counted(30, daemon, second)
        for one in (daemon, second):
            self.look(one)
            self.assertRegex(self.standing(one)["entries_lost"]["text"], "230 of props:odds")

    def test_what_was_deleted_while_redis_was_restarted_too(self):
        """Its own count of what a group has read does not survive that."""
        daemon = self.propsd()
        self.capped(100, 1000)
        self.wait_quiet()
        daemon.stop()
        self.redis.kill()
        self.redis.start()
        self.capped(50, 20, 200)
        daemon.start()
        self.wait_quiet()
        self.look(daemon)
        self.assert_begins(daemon, "entries_lost", "30 of props:odds", "error")
        self.redis.kill()
        self.redis.start()
        daemon.ctl.ok("wait", "idle")
        self.capped(50, 1000, 300)
        self.wait_quiet()
        self.redis.cut()
        daemon.ctl.ok("wait", "idle")
        self.look(daemon)
        self.assertRegex(self.standing(daemon)["entries_lost"]["text"], ": 30 of props:odds$")

    def test_a_kill_of_redis_is_no_loss(self):
        daemon = self.propsd()
        for n in range(4):
            self.capped(30, 1000, 100 * n)
            self.wait_quiet()
            self.redis.kill()
            self.redis.start()
            daemon.ctl.ok("wait", "idle")
            self.look(daemon)
        self.redis.cut()
        daemon.ctl.ok("wait", "idle")
        self.assert_silent(daemon, "entries_lost")
        self.assertEqual(self.counted(daemon), 0)

    def test_the_doctor_notes_nothing_and_counts_nothing(self):
        daemon = self.propsd()
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        daemon.signal(19)
        self.capped(300, 100)
        noted = self.r.hgetall(self.key("watch"))
        daemon.signal(18)
        self.wait_quiet()
        self.look(daemon)
        self.assert_begins(daemon, "entries_lost", "[1-9][0-9]* of props:odds", "error")
        counted = self.counted(daemon)
        if self.r.hgetall(self.key("watch")) == noted:  # else the minute was over
            self.assertEqual(counted, 0)
            self.redis.cut()
            harness.until(lambda: self.counted(daemon), "the session's look")
        self.assertGreater(self.counted(daemon), 100)

    def test_it_is_told_for_a_day(self):
        self.capped(30, 10)
        daemon = self.propsd()
        self.wait_quiet()
        self.assert_begins(daemon, "entries_lost", "20 of props:odds", "error")
        total, at, *rest = self.r.hget(self.key("watch"), self.key("odds")).decode().split()
        self.r.hset(self.key("watch"), self.key("odds"), " ".join([total, str(int(at) - 25 * HOUR), *rest]))
        self.assert_ends(daemon, "entries_lost")

    def test_trimming_what_was_read_loses_nothing(self):
        daemon = self.propsd()
        for n in range(5):
            self.capped(20, 20, 20 * n)
            self.wait_quiet()
        self.r.xtrim(self.key("odds"), maxlen=0, approximate=False)
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        # A group that is made anew has read nothing, and yet nothing was lost.
        self.r.xgroup_destroy(self.key("odds"), "propsd")
        self.odds("lebronjames", line="26.5")
        self.wait_report("lebronjames", lambda r: r["markets"]["points"]["books"]["fanduel"]["line"] == 26.5)
        self.wait_quiet()
        self.look(daemon)
        self.redis.cut()
        daemon.ctl.ok("wait", "idle")
        self.assert_silent(daemon, "entries_lost")
        self.assertEqual(self.counted(daemon), 0)


class Letters(Watched):
    def test_dead_letters_stand_until_they_are_dealt_with(self):
        daemon = self.propsd()
        self.add_all([("odds", {"player_lookup": "a", "game_date": self.date, "market": "no_such_market", "book": "b",
                                "line": "10.5"})] * 3)
        self.wait_quiet()
        self.look(daemon)
        self.assert_begins(daemon, "dead_letters", "^3 dead letters, the newest of props:odds at .*: malformed, field market")
        daemon.restart()
        self.assert_begins(daemon, "dead_letters", "^3 dead letters")
        self.assertEqual(daemon.ctl.metrics()["propsd_dead_letters"], 3)
        letters = daemon.ctl.json_lines("dead", "list")
        self.assertIn("1", daemon.ctl.ok("dead", "drop", letters[0]["id"]))
        self.look(daemon)
        self.assertRegex(self.standing(daemon)["dead_letters"]["text"], "^2 dead letters")
        self.assertEqual(daemon.ctl.run("dead", "drop", letters[0]["id"])[0], 5)
        self.assertEqual(daemon.ctl.run("dead", "drop", "some")[0], 2)
        self.assertEqual(daemon.ctl.json("dead", "drop", "all")["dropped"], 2)
        self.assert_ends(daemon, "dead_letters")
        self.assertEqual(self.dead(), [])


class Full(Watched):
    def test_the_memory_limit(self):
        daemon = self.propsd()
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        pipe = self.r.pipeline(transaction=True)  # so that the entry is in before the limit is
        pipe.execute_command("XADD", self.key("odds"), "*", "player_lookup", "lebronjames", "game_date", self.date,
                             "market", "points", "book", "fanduel", "line", "26.5")
        pipe.config_set("maxmemory", 1 << 20)
        pipe.execute()
        self.assert_begins(daemon, "memory_limit", "maxmemory", "error")
        self.r.config_set("maxmemory", 0)
        self.wait_report("lebronjames", lambda r: r["markets"]["points"]["books"]["fanduel"]["line"] == 26.5)
        # Over when half a minute has passed without a refused write, so that an ebb and flow is told once.
        harness.until(lambda: self.look(daemon) or "memory_limit" not in self.standing(daemon), "the end", every=1)
        self.assert_ends(daemon, "memory_limit")


PLAYERS = ("season,game_id,game_date,player_id,player,team,opponent,home,starter,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,"
           "fgm,fga,tpm,tpa,ftm,fta")
BOX = "1,30.5,20,8,2,6,5,1,3,4,3,8,15,2,5,2,2"


class Unknown(Watched):
    def setUp(self):
        super().setUp()
        day = datetime.date.fromisoformat(self.date)
        with open(self.folder + "/players.csv", "w") as out:
            print(PLAYERS, file=out)
            for n in range(1, 10):
                date = day - datetime.timedelta(days=3 * n)
                season = date.year - (date.month < 8)
                head = f"{season}-{(season + 1) % 100:02d},000000000{n},{date}"
                for person, name, sides in (11, "Ann Able", "LAL,GSW,1"), (12, "Bea Baker", "GSW,LAL,0"):
                    print(f"{head},{person},{name},{sides},{BOX}", file=out)
        with open(self.folder + "/schedule.csv", "w") as out:
            print("game_id,tip_utc,game_date,home,away", file=out)
            print(f"0000000900,{harness.moment(self.date, '25:30')},{self.date},LAL,GSW", file=out)
        self.database = self.folder + "/league.db"
        harness.Ctl("/none").ok("import", self.folder + "/players.csv", self.folder + "/schedule.csv", "--into", self.database)

    def test_names_teams_and_games_that_nobody_knows(self):
        daemon = self.propsd(changes={"league": {"database": self.database}})
        # All of these are known: to the league, to the schedule, to the slate.
        self.odds("Ann Able", line="25.5", game_id=harness.game(self.date, "GSW@LAL"))
        self.slate_player("New Man", "LAL")
        self.wait_quiet()
        self.injury("New Man", "out")
        self.lineup("LAL", ["Ann Able", "New Man", "Ann Able Jr."])
        self.regenerate(slate="1")
        self.wait_quiet()
        self.look(daemon)
        self.assert_silent(daemon, "unknown_names")

        for line in ("9.5", "10.5", "11.5"):
            self.odds("Lu Dort", line=line)
        self.injury("Lu Dort", "out")
        self.lineup("GSW", ["Bea Baker", "Bee Baker"])
        self.lineup("BOS", ["Bea Baker"])
        self.odds("Ann Able", line="26.5", game_id=harness.game(self.date, "NYK@MIA"))
        self.wait_quiet()
        harness.until(lambda: "MIA" in self.standing(daemon).get("unknown_names", {}).get("text", ""), "all of it")
        text = self.assert_begins(daemon, "unknown_names", "2 players: .*; 1 team without a game: .*; 1 game: ")
        self.assertIn("ludort (4)", text)
        self.assertIn("beebaker (1)", text)
        self.assertIn("BOS (1)", text)
        self.assertIn(harness.game(self.date, "NYK@MIA") + " (1)", text)
        for what, number in (("player", 5), ("team", 1), ("game", 1)):
            self.assertEqual(daemon.ctl.metrics()[f'propsd_unknown_names_total{{what="{what}"}}'], number)
        # A flood of names is bounded, and tells nothing more in the log.
        self.add_all([("odds", {"player_lookup": f"nobody{n}", "game_date": self.date, "market": "points", "book": "b",
                                "line": "10.5"}) for n in range(300)])
        self.wait_quiet()
        harness.until(lambda: "nobody" in self.standing(daemon)["unknown_names"]["text"], "the flood's")
        self.assert_begins(daemon, "unknown_names", "players: ")
        # Another league knows others.
        with open(self.folder + "/players.csv") as rows, open(self.folder + "/more.csv", "w") as out:
            out.write(rows.read().replace("Ann Able", "Lu Dort").replace(",11,", ",13,"))
        harness.Ctl("/none").ok("import", self.folder + "/more.csv", "--into", self.database)
        daemon.reload()
        self.odds("Lu Dort", line="12.5")
        self.wait_quiet()
        harness.until(lambda: self.lines(daemon, "unknown_names")[1], "the end")
        self.assert_ends(daemon, "unknown_names")

    def test_without_a_league_nothing_is_unknown(self):
        daemon = self.propsd()
        self.odds("Lu Dort", line="9.5")
        self.lineup("BOS", ["Bea Baker"])
        self.wait_quiet()
        self.look(daemon)
        self.assert_silent(daemon, "unknown_names")


# The wall clock, moved by as many seconds as the file says.
WRONG_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*next)(clockid_t, struct timespec *);
	if (!next)
		next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int r = next(id, t), seconds = 0;
	FILE *file = id == CLOCK_REALTIME ? fopen(getenv("WRONG_BY"), "re") : NULL;
	if (file) {
		if (fscanf(file, "%d", &seconds) == 1)
			t->tv_sec += seconds;
		fclose(file);
	}
	return r;
}
"""


@unittest.skipIf(harness.SANITIZER, "a sanitizer wants to be loaded first")
class Clock(Watched):
    def set(self, seconds):
        with open(self.folder + "/by.new", "w") as out:
            out.write(str(seconds))
        os.rename(self.folder + "/by.new", self.folder + "/by")

    def test_a_clock_that_is_not_redis(self):
        library = self.folder + "/clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library, "-ldl"], input=WRONG_CLOCK, text=True, check=True)
        self.environment = {"LD_PRELOAD": library, "WRONG_BY": self.folder + "/by"}
        self.set(-3600)
        daemon = self.propsd()
        self.assert_begins(daemon, "clock_offset", r"this host's clock is 3[56]\d\d s behind Redis'")
        self.set(-2)
        harness.until(lambda: self.look(daemon) or "clock_offset" not in self.standing(daemon), "the end", every=0.2)
        self.assert_ends(daemon, "clock_offset")


if __name__ == "__main__":
    unittest.main()
