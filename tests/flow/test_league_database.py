"""The league database as it can be found: rows that no import writes, other files in its place, damage. propsd does not start
with it and says what is wrong where; a reload leaves everything as it was."""
import datetime
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import threading
import unittest

import harness

PLAYERS = ("season,game_id,game_date,player_id,player,team,opponent,home,starter,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,"
           "fgm,fga,tpm,tpa,ftm,fta")
BOX = "30.5,20,8,2,6,5,1,3,4,3,8,15,2,5,2,2"
ANN, BEA = "annable", "beabaker"
BAD_ROWS = [  # a change by SQL, and what the message names
    ("UPDATE player_games SET min = 1e18 WHERE key = '0000000007/#11'",
     'table player_games, key "0000000007/#11", column min, value "1e+18": a number from 0 to 120 is right'),
    ("UPDATE player_games SET min = 9e999 WHERE key = '0000000007/#11'", 'column min, value "inf": a number from 0 to 120'),
    ("UPDATE player_games SET pts = -1 WHERE key = '0000000007/#12'",
     'table player_games, key "0000000007/#12", column pts, value "-1": a whole number from 0 to 150 is right'),
    ("UPDATE player_games SET game_date = '2025-02-30' WHERE key = '0000000007/#12'",
     'column game_date, value "2025-02-30": a date is written like'),
    ("UPDATE player_games SET team = 'XYZ' WHERE key = '0000000007/#11'", 'column team, value "XYZ": no team of the league'),
    ("UPDATE player_games SET player = CAST(x'ff00' AS TEXT) WHERE key = '0000000007/#11'", "column player"),
    ("UPDATE schedule SET tip_ms = 1 << 62", 'table schedule, key "0000000900", column tip_ms, value "4611686018427387904"'),
    ("UPDATE schedule SET key = 'other'", 'table schedule, key "other", column key'),
    ("UPDATE meta SET number = -3", 'table meta, column number, value "-3": a whole number from 0'),
    ("UPDATE meta SET identity = 'no name'", "table meta, column identity"),
    ("DELETE FROM meta", "table meta is empty"),
    ("DROP TABLE team_games", 'the table "team_games" is missing'),
    ("ALTER TABLE schedule RENAME COLUMN tip_ms TO tip", 'the table "schedule" is another'),
    ("PRAGMA user_version = 99", "version 99, made by a newer propsd"),
    ("PRAGMA user_version = 0", "league database of version 0, this propsd reads version"),
    ("PRAGMA application_id = 7", "not a league database of propsd"),
]


def put_bytes(path, data):
    with open(path, "wb") as out:
        out.write(data)


def overwrite(path, at, data):
    with open(path, "r+b") as out:
        out.seek(at)
        out.write(data)


BAD_FILES = [  # what is made in the database's place, and what the message says
    (lambda path: put_bytes(path, b"no database, only some text that is long enough to be looked at\n" * 200), "file is not a database"),
    (lambda path: os.truncate(path, os.path.getsize(path) // 2), "malformed"),
    (lambda path: overwrite(path, 4096, b"\xff" * 8192), "malformed"),
    (lambda path: put_bytes(path, b""), "version 0"),
    (lambda path: (os.unlink(path), os.mkdir(path)), "a directory, where a database file is right"),
    (lambda path: (os.unlink(path), os.mkfifo(path)), "a pipe, socket or device, where a database file is right"),
]


class LeagueDatabase(harness.Night):
    def setUp(self):
        super().setUp()
        self.database = os.path.join(self.folder, "league.db")
        self.good = os.path.join(self.folder, "good.db")
        self.import_league(self.good)
        self.put_good()

    # --- the league: two players, three games together, and tonight

    def csv(self, name, *lines):
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write("\n".join(lines) + "\n")
        return path

    def league_files(self, points=20):
        day = datetime.date.fromisoformat(self.date)
        rows = []
        for n in range(1, 10):
            date = day - datetime.timedelta(days=3 * n)
            season = date.year - (date.month < 8)
            head = f"{season}-{(season + 1) % 100:02d},000000000{n},{date}"
            box = BOX.replace(",20,", f",{points},", 1)
            rows += [f"{head},11,Ann Able,LAL,GSW,1,1,{box}", f"{head},12,Bea Baker,GSW,LAL,0,1,{box}"]
        return [self.csv("players.csv", PLAYERS, *rows),
                self.csv("schedule.csv", "game_id,tip_utc,game_date,home,away",
                         f"0000000900,{harness.moment(self.date, '25:30')},{self.date},LAL,GSW")]

    def ctl_import(self, *arguments, **options):
        done = subprocess.run([harness.built("propsctl"), "import", *arguments], capture_output=True, text=True,
                              env={**os.environ, **harness.sanitizer_environment()}, timeout=harness.DEADLINE * harness.SLOW, **options)
        self.assertIsNone(harness.REPORT_OF_SANITIZER.search(done.stderr), done.stderr)
        return done

    def import_league(self, database, points=20):
        done = self.ctl_import(*self.league_files(points), "--into", database)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def remove(self):
        if os.path.isdir(self.database):
            os.rmdir(self.database)
        elif os.path.exists(self.database):
            os.unlink(self.database)

    def put_good(self):
        self.remove()
        shutil.copy(self.good, self.database)

    def change(self, sql):
        with sqlite3.connect(self.database) as connection:
            connection.executescript(sql)
        connection.close()

    def faults(self):
        """(how, what the message says), one after the other, each in a database that was good before."""
        for sql, says in BAD_ROWS:
            self.put_good()
            self.change(sql)
            yield sql, says
        for make, says in BAD_FILES:
            self.put_good()
            make(self.database)
            yield says, says
        self.put_good()

    def daemon(self, start=True):
        return self.propsd(start=start, changes={"league": {"database": self.database}, "report": {"processor": "builtin"}})

    # --- import

    def made_by_import(self):
        """Files in the folder that bear the database's name."""
        return sorted(name for name in os.listdir(self.folder) if name.startswith("new.db"))

    def importing(self):
        """An import of a file that does not end: a pipe, into which rows are written for as long as somebody reads."""
        pipe, new = os.path.join(self.folder, "players.pipe"), os.path.join(self.folder, "new.db")
        rows = "".join(f"2024-25,,2024-12-01,{n + 1},Player {n},LAL,GSW,1,1,{BOX}\n" for n in range(2000))

        def write():
            while not over.is_set():  # an open that a stop of the reader broke off is begun anew there, and not here
                try:
                    with open(pipe, "w") as out:
                        out.write(PLAYERS + "\n")
                        while True:
                            out.write(rows)
                except BrokenPipeError:
                    pass

        os.mkfifo(pipe)
        over = threading.Event()
        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        process = subprocess.Popen([harness.built("propsctl"), "import", pipe, "--into", new], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, env={**os.environ, **harness.sanitizer_environment()})
        self.addCleanup(process.kill)
        harness.until(self.made_by_import, "a database that is being made")
        self.assertNotIn("new.db", self.made_by_import())

        def end():
            out = process.communicate(timeout=harness.DEADLINE * harness.SLOW)[0]
            over.set()
            while writer.is_alive():  # it may wait for a reader still
                os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
                writer.join(0.01)
            os.unlink(pipe)
            return out
        return process, end

    def test_a_first_import_that_is_stopped_leaves_no_file(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process, end = self.importing()
            process.send_signal(number)
            out = end()
            self.assertEqual(process.returncode, -number, out)
            self.assertIn("new.db: not made: stopped, by a signal", out)
            self.assertEqual(self.made_by_import(), [])

    def test_a_first_import_that_is_killed_leaves_no_database(self):
        process, end = self.importing()
        process.kill()
        end()
        self.assertNotIn("new.db", self.made_by_import())
        self.import_league(os.path.join(self.folder, "new.db"))

    def test_a_first_import_onto_a_full_disk_leaves_no_file(self):
        """The size that a file may have stands for the disk's: writing fails at some point, at each once."""
        new, files = os.path.join(self.folder, "new.db"), self.league_files()
        sizes = list(range(0, os.path.getsize(self.good), 4096))
        for size in sizes:
            def limit():
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            done = self.ctl_import(*files, "--into", new, preexec_fn=limit)
            self.assertNotEqual(done.returncode, 0, f"{size}: {done.stdout}")
            self.assertIn("new.db", done.stderr)
            # A file that went in whole before stays in, as the manual has it.
            self.assertIn(self.made_by_import(), ([], ["new.db"]) if "schedule " in done.stdout else ([],), done.stdout)
            if self.made_by_import():
                os.unlink(new)
        self.import_league(new)

    # --- start

    def test_propsd_does_not_start_with_it_and_says_what_is_wrong(self):
        daemon = self.daemon(start=False)
        for how, says in self.faults():
            with self.subTest(how):
                daemon.launch()
                log = daemon.ends_with(78)
                self.assertIn("cannot start: " + self.database, log)
                self.assertIn(says, log)
        daemon.start()
        self.assertEqual(daemon.ctl.json("status")["league"]["players"], 2)

    def test_a_lock_is_no_reason_to_stay_away(self):
        """An import that takes long has the file locked: the service manager should try again."""
        connection = sqlite3.connect(self.database)
        connection.execute("BEGIN EXCLUSIVE")
        daemon = self.daemon(start=False)
        daemon.launch()
        self.assertIn("locked", daemon.ends_with(1))
        connection.rollback()
        connection.close()
        daemon.start()

    def test_an_empty_league_is_warned_of(self):
        rows = (("DELETE FROM player_games", "it has no box scores"), ("DELETE FROM schedule", "it is empty"))
        daemon = self.daemon(start=False)
        for sql, says in rows:
            self.change(sql)
            daemon.start()
            self.assertIn(says, daemon.wait_log(f"warn.*league.*{says}"))
            self.assertIn(says, daemon.ctl.ok("status"))
            daemon.stop()
        daemon.start()
        self.put_good()
        daemon.ctl.ok("reload")
        self.assertNotIn("lacks", daemon.ctl.json("status")["league"])
        self.change("UPDATE meta SET unfinished = 1; UPDATE schedule SET tip_ms = NULL")
        daemon.ctl.ok("reload")
        self.assertIn("an import goes on or was cut off", daemon.ctl.ok("status"))

    # --- reload

    def in_force(self, daemon):
        """The league that runs, by status and by a report that was made with it just now."""
        self.wait_acked("regenerate", self.regenerate(ANN, force="1"))
        report = self.report(ANN)
        return daemon.ctl.json("status")["league"], report["league"], report["markets"]["points"]["mean"]

    def test_a_reload_is_refused_and_the_league_stays_in_force(self):
        daemon = self.daemon()
        before = self.in_force(daemon)
        self.assertEqual(before[0]["number"], 1)
        for how, says in self.faults():
            with self.subTest(how):
                status, out, err = daemon.ctl.run("reload")
                self.assertEqual((status, out), (1, ""), err)
                self.assertIn("nothing has changed: " + self.database, err)
                self.assertIn(says, err)
                daemon.check()
        self.change(BAD_ROWS[0][0])
        daemon.reload()  # by SIGHUP only the log can say it
        self.assertIn(BAD_ROWS[0][1], daemon.wait_log("reload failed, everything stays as it was: .*column min"))
        self.assertEqual(self.in_force(daemon), before)

        self.put_good()
        self.import_league(self.database, points=40)
        daemon.ctl.ok("reload")
        after = self.in_force(daemon)
        self.assertEqual((after[0]["number"], after[1]["number"]), (2, 2))
        self.assertGreater(after[2], before[2])

    # --- whose database a date is computed from

    def day(self, name, date=None):
        value = self.r.hget(self.key(f"day:{date or self.date}"), name)
        return value and value.decode()

    def league_of_day(self):
        return self.day("league").split(" ", 2)[2]

    def database_of_its_own(self, name, points, imports=1):
        path = os.path.join(self.folder, name)
        for n in range(imports):
            self.import_league(path, points=points + n)
        return path

    def instance(self, name, database):
        daemon = self.propsd(name, changes={"league": {"database": database}, "report": {"processor": "builtin"}})
        harness.until(lambda: daemon.ctl.json("status")["ready"], "a session")
        return daemon

    def trouble(self, daemon):
        return [(one["date"], one["waits"]) for one in daemon.ctl.json("status").get("dates", [])]

    def test_a_new_league_reaches_every_report_by_itself(self):
        daemon = self.daemon()
        self.regenerate(ANN)
        self.regenerate(BEA)
        self.wait_quiet()
        version = self.day("v")
        self.import_league(self.database, points=40)
        daemon.ctl.ok("reload")
        for player in (ANN, BEA):
            self.wait_report(player, lambda report: report["league"]["number"] == 2)
        self.wait_quiet()
        self.assertEqual(self.day("v"), str(int(version) + 1), "the entry that asks for the runs changes nothing itself")
        self.assertEqual(self.trouble(daemon), [])
        self.assertGreater(self.r.pttl(self.key(f"day:{self.date}")), 0)

    def test_the_same_content_is_the_same_league_whatever_its_number(self):
        other = self.database_of_its_own("other.db", 20)
        first = self.daemon()
        self.wait_acked("regenerate", self.regenerate(ANN))
        first.stop()
        second = self.instance("b", other)
        self.wait_acked("regenerate", self.regenerate(BEA))
        identities = {second.ctl.json("status")["league"]["identity"], self.league_of_day().split()[1]}
        self.assertEqual((len(identities), self.trouble(second)), (2, []))

    def test_another_database_waits_for_whom_has_the_dates_and_says_so(self):
        first = self.instance("a", self.database)
        self.wait_acked("regenerate", self.regenerate(ANN))
        other = self.database_of_its_own("other.db", 30, imports=3)
        second = self.instance("b", other)
        harness.until(lambda: 'instance "a" has' in second.ctl.ok("status"), "status to name who has it")
        self.assertEqual((self.trouble(second), self.trouble(first)), ([(self.date, True)], []))
        self.assertEqual(second.ctl.metrics()["propsd_dates_waiting"], 1)
        status, out, err = second.ctl.run("slate", self.date)
        self.assertNotEqual(status, 0)
        self.assertIn(f"date {self.date} waits", out + err)
        second.wait_log(f"warn.*league.*date {self.date} waits.*instance .?\"a")
        shutil.copy(self.database, other)
        second.ctl.ok("reload")
        harness.until(lambda: not self.trouble(second), "the other to go on")
        self.assertEqual(self.league_of_day().split()[0], "1")
        self.wait_acked("regenerate", self.regenerate(BEA))

    def test_two_copies_that_were_imported_into_apart_are_noticed(self):
        other = self.database_of_its_own("other.db", 30)
        shutil.copy(self.good, other)
        self.import_league(other, points=50)
        self.import_league(self.database, points=40)
        first = self.instance("a", self.database)
        self.wait_acked("regenerate", self.regenerate(ANN))
        second = self.instance("b", other)
        harness.until(lambda: self.trouble(second) == [(self.date, False)], "it to be noticed")
        self.assertIn("other content", second.ctl.ok("status"))
        second.wait_log("warn.*league.*other content")
        self.wait_acked("regenerate", self.regenerate(BEA))
        # What it says is the remedy.
        self.import_league(other, points=60)
        shutil.copy(other, self.database)
        for daemon in (first, second):
            daemon.ctl.ok("reload")
        self.wait_report(BEA, lambda report: report["league"]["number"] == 3)
        harness.until(lambda: not self.trouble(first) and not self.trouble(second), "all to be well")

    def test_what_stands_there_of_before_is_read(self):
        """A number alone, and what nobody has written."""
        daemon = self.daemon()
        self.wait_acked("regenerate", self.regenerate(ANN))
        for value, raised in (("a1a0 1 1", False), ("a1a0 1 0", True), ("", True), ("x y z", True), ("a1a0 1 word", True), ("z", True)):
            with self.subTest(value):
                daemon.stop()
                self.r.hset(self.key(f"day:{self.date}"), "league", value)
                daemon.start()
                self.wait_acked("regenerate", self.regenerate(ANN))
                self.assertEqual(self.day("league") != value, raised)

    def test_a_database_of_an_earlier_version_is_brought_up_to_date(self):
        self.change("ALTER TABLE meta DROP COLUMN identity; DROP TABLE teams; DROP TABLE aliases; PRAGMA user_version = 1")
        daemon = self.daemon()
        self.assertRegex(daemon.ctl.json("status")["league"]["identity"], "^[0-9a-f]{16}$")

    def test_rows_of_an_older_import_that_are_no_games_are_told_in_the_log(self):
        self.change("UPDATE player_games SET season_type = 'Pre Season' WHERE key = '0000000007/#11';"
                    "UPDATE player_games SET min = 0, pts = 0, reb = 0, oreb = 0, dreb = 0, ast = 0, stl = 0, blk = 0, tov = 0, pf = 0,"
                    " fgm = 0, fga = 0, tpm = 0, tpa = 0, ftm = 0, fta = 0 WHERE key = '0000000005/#11'")
        daemon = self.daemon()
        daemon.wait_log("left out rows=2 of an older import, the first: table player_games, key .0000000007/#11., column season_type: "
                        "preseason games")
        self.assertEqual(daemon.ctl.json("status")["league"]["rows"], 16)

    def test_a_league_that_nobody_has_any_more_blocks_no_date(self):
        """Made anew, so that its counter begins again; and none at all."""
        names = {"props:": self.database, "none:": ""}
        changes = {prefix: {"redis": {"prefix": prefix}, "report": {"processor": "builtin"}} for prefix in names}
        for prefix in names:
            self.r.xadd(prefix + "regenerate", {"player_lookup": ANN, "game_date": self.date})
        before = self.database_of_its_own("before.db", 30, imports=3)
        firsts = [self.propsd(f"first{n}", changes={**changes[prefix], "league": {"database": before}}) for n, prefix in enumerate(names)]
        for prefix in names:
            harness.until(lambda: self.r.get(f"{prefix}report:{self.date}:{ANN}"), "his report")
        for daemon in firsts:
            daemon.stop()
        daemons = {prefix: self.propsd(f"second{n}", changes={**changes[prefix], "league": {"database": names[prefix]}})
                   for n, prefix in enumerate(names)}
        for prefix, daemon in daemons.items():
            self.r.xadd(prefix + "odds", {"player_lookup": ANN, "game_date": self.date, "market": "points", "book": "b", "line": "7.5"})
            harness.until(lambda: "no living instance has" in daemon.ctl.ok("status"), "status to say what it waits for")
            self.assertEqual(self.trouble(daemon), [(self.date, True)])
            harness.until(lambda: daemon.ctl.json("status")["entries"]["in_flight"] == 1, "its entry to wait")
        for prefix, daemon in daemons.items():
            harness.until(lambda: b'"line":7.5' in self.r.get(f"{prefix}report:{self.date}:{ANN}"), "the date to be taken over")
            daemon.wait_log(f"date {self.date} is computed from")
            harness.until(lambda: not self.trouble(daemon), "an end of waiting")
            self.assertGreater(self.r.pttl(f"{prefix}day:{self.date}"), 0)
            self.assertEqual(self.r.xlen(prefix + "dead"), 0)

    # --- what is written of a date, and when

    def later(self, days=1):
        return str(datetime.date.fromisoformat(self.date) + datetime.timedelta(days=days))

    def keys(self):
        """But for what an instance notes of itself by the clock."""
        own = {self.key(name).encode() for name in ("options", "watch")}
        return {key for key in self.r.scan_iter(match=self.key("*")) if b"instance:" not in key} - own

    def test_who_looks_at_a_date_writes_nothing(self):
        daemon = self.daemon()
        harness.until(lambda: daemon.ctl.json("status")["ready"], "a session")
        before = self.keys()
        for days in (-400, 0, 1, 30, 300):
            date = self.later(days)
            if days == 0:
                self.assertEqual([game["game_id"] for game in daemon.ctl.json("slate", date)["games"]], [harness.game(date, "GSW@LAL")])
            else:
                self.assertEqual(daemon.ctl.run("slate", date)[0], 5, date)
            daemon.ctl.run("player", ANN, "--date", date)
            daemon.ctl.run("report", ANN, "--date", date)
        daemon.ctl.ok("status")
        self.assertEqual(self.keys(), before)

        # Nor where the date is there and an older league was in use.
        far = self.later(30)
        self.wait_acked("regenerate", self.add("regenerate", player_lookup=ANN, game_date=far))
        self.import_league(self.database, points=40)
        daemon.restart()
        day = self.r.hgetall(self.key(f"day:{far}"))
        daemon.ctl.ok("slate", far)
        self.assertEqual(self.r.hgetall(self.key(f"day:{far}")), day)
        self.wait_acked("regenerate", self.add("regenerate", player_lookup=ANN, game_date=far))
        self.assertNotEqual(self.r.hget(self.key(f"day:{far}"), "league"), day[b"league"])

    def test_no_key_of_a_date_is_without_its_expiry(self):
        """Whatever is the first thing that is said of a date; and at once, not with a later tick."""
        firsts = [("injury", dict(player_lookup="nobody", status="out", game_id="{date}_LAL_GSW")),
                  ("odds", dict(player_lookup=ANN, market="points", book="b", line="5")),
                  ("odds", dict(game_id="{date}_LAL_GSW", total="220", book="b")),
                  ("lineup", dict(team="LAL", starters=ANN)),
                  ("slate", dict(game_id="{date}_LAL_GSW", status="postponed")),
                  ("slate", dict(player_lookup=ANN, team="LAL", status="active")),
                  ("regenerate", dict(team="LAL")),
                  ("regenerate", dict(player_lookup=ANN))]
        self.daemon()
        for n, (stream, fields) in enumerate(firsts * 2):
            if n == len(firsts):
                self.daemons[0].stop()
                self.propsd("b")  # without a league nobody raises a date's before
            date = self.later(n + 20)
            values = {name: value.format(date=date.replace("-", "")) for name, value in fields.items()}
            self.wait_acked(stream, self.add(stream, game_date=date, **values))
            dated = [key for key in self.keys() if date.encode() in key or date.replace("-", "").encode() in key]
            self.assertTrue(dated, stream)
            self.assertEqual([key for key in dated if self.r.pttl(key) < 0], [], f"{stream} {fields}")

    def test_at_redis_memory_limit_a_new_date_waits_and_the_session_stays(self):
        daemon = self.daemon()
        self.wait_acked("regenerate", self.regenerate(BEA))
        date = self.later(3)
        pipe = self.r.pipeline(transaction=True)  # so that the limit is there when the entry is read
        pipe.xadd(self.key("odds"), {"player_lookup": ANN, "game_date": date, "market": "points", "book": "b", "line": "5.5"})
        pipe.config_set("maxmemory", "1mb")  # below what is in use
        pipe.execute()
        before = self.keys()
        daemon.wait_log("Redis is at its memory limit")
        for date_asked, status in ((self.date, 0), (date, 5), (self.later(40), 5)):
            self.assertEqual(daemon.ctl.run("slate", date_asked)[0], status, date_asked)
        status, out, err = daemon.ctl.run("pause")
        self.assertEqual(status, 1, out + err)
        self.assertIn("maxmemory", out + err)
        self.assertIn("memory limit", daemon.ctl.json("status")["redis"]["state"])
        self.assertIn("memory limit", daemon.ctl.ok("status"))
        self.assertEqual(self.keys(), before)
        self.r.config_set("maxmemory", "0")
        self.wait_quiet()
        harness.until(lambda: daemon.ctl.json("status")["redis"]["state"] == "ok", "the end of it")
        self.assertEqual(self.book(ANN, book="b", date=date)["line"], 5.5)
        daemon.ctl.ok("pause")
        status = daemon.ctl.json("status")
        self.assertEqual((status["redis"]["reconnects"], status["entries"]["forgotten"]), (0, 0))

    def test_an_import_puts_a_row_right(self):
        self.change(BAD_ROWS[0][0])
        self.import_league(self.database)
        self.assertEqual(self.daemon().ctl.json("status")["league"]["number"], 2)


if __name__ == "__main__":
    unittest.main()
