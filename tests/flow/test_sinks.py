"""Sinks: the newest report of each player comes to where it is wanted, and never an older one over a newer, whatever dies, is
full, or was trimmed away in between. No commit waits for it."""
import ctypes
import errno
import fcntl
import json
import os
import random
import resource
import select
import struct
import subprocess
import threading
import unittest

import harness

SYNTHETIC = ("processor", "load")


class Watcher:
    """Looks at each file that is moved into place below a folder, as it happens (inotify): whole JSON, and never a version below
    one that was there."""
    IN_MOVED_TO, IN_CREATE = 0x80, 0x100

    def __init__(self, folder):
        self.folder = folder
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_CLOEXEC)
        self.folders = {}  # watch descriptor -> folder
        self.highest = {}  # path -> version
        self.wrong = []
        self.seen = 0
        self.watch(folder)
        self.end, self.tell = os.pipe()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def watch(self, folder):
        number = self.libc.inotify_add_watch(self.fd, os.fsencode(folder), self.IN_MOVED_TO | self.IN_CREATE)
        if number < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch", folder)
        self.folders[number] = folder
        for name in os.listdir(folder):
            self.look(os.path.join(folder, name))

    def look(self, path):
        if os.path.isdir(path):
            if path not in self.folders.values():
                self.watch(path)
            return
        if not path.endswith(".json"):
            return
        self.seen += 1
        with open(path, "rb") as file:
            text = file.read()
        try:
            version = json.loads(text)["version"]
        except ValueError:
            self.wrong.append(f"{path}: {text[:80]} of {len(text)} bytes")
            return
        if version < self.highest.get(path, 0):
            self.wrong.append(f"{path}: version {version} over {self.highest[path]}")
        self.highest[path] = max(version, self.highest.get(path, 0))

    def run(self):
        while self.end not in select.select([self.fd, self.end], [], [])[0]:
            data, at = os.read(self.fd, 65536), 0
            while at < len(data):
                number, _, _, length = struct.unpack_from("iIII", data, at)
                name = data[at + 16:at + 16 + length].rstrip(b"\0").decode()
                at += 16 + length
                if not name.startswith("."):
                    self.look(os.path.join(self.folders[number], name))

    def stop(self):
        os.write(self.tell, b".")
        self.thread.join()
        for fd in (self.fd, self.end, self.tell):
            os.close(fd)
        return self.wrong


class Sunk(harness.Night):
    players = [f"p{n}" for n in range(6)]

    def setUp(self):
        super().setUp()
        self.place = os.path.join(self.folder, "out")
        os.mkdir(self.place)
        self.line = 10

    def sink(self, **more):
        return {("sink", "archive"): {"type": "directory", "path": self.place, **more}}

    def as_user(self, daemon):
        """It logs in as a user of Redis whom the test may take rights from."""
        self.r.execute_command("ACL", "SETUSER", "propsd", "on", ">secret", "~*", "&*", "+@all")
        with open(os.path.join(self.folder, "password"), "w") as file:
            file.write("secret\n")
        daemon.configure({"redis": {"user": "propsd", "password_file": os.path.join(self.folder, "password")}})
        return daemon

    def watch(self):
        watcher = Watcher(self.place)
        self.addCleanup(lambda: self.assertEqual(watcher.stop(), []))
        return watcher

    def move(self, *players):
        """New odds for these players, all without any."""
        self.line += 1
        for player in players or self.players:
            self.odds(player, line=f"{self.line}.5", over=-110, under=-110)

    def path(self, player, date=None, place=None):
        return os.path.join(place or self.place, date or self.date, player + ".json")

    def written(self, player, date=None, place=None):
        try:
            with open(self.path(player, date, place), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def behind(self, players=None, place=None):
        """Who has another report in Redis than in the folder."""
        return [p for p in players or self.players if self.written(p, place=place) != self.report_text(p)]

    def wait_written(self, *players, place=None):
        self.wait_quiet()
        def look():
            self.check_alive()
            return not self.behind(players or None, place)
        harness.until(look, lambda: f"newest reports of {self.behind(players or None, place)} in the folder")

    def view(self, daemon, name="archive"):
        return next((s for s in daemon.ctl.json("status").get("sinks", ()) if s["name"] == name), None)

    def wait_view(self, daemon, wanted, what):
        last = []

        def look():
            last[:] = [self.view(daemon)]
            return last[0] if last[0] and wanted(last[0]) else None
        return harness.until(look, lambda: f"a sink that {what}, the last: {last[0]}")

    def group(self):
        groups = self.r.xinfo_groups(self.key("reports")) if self.r.exists(self.key("reports")) else ()
        return next((g for g in groups if g["name"] == b"sink:archive"), None)

    def wait_settled(self, daemon):
        """Nothing waits, and Redis has heard so."""
        return self.wait_view(daemon, lambda v: v.get("lag") == 0 and v["state"] == "following", "has nothing to do")

    def hold(self, date=None):
        """The lock of a date, as another process would; close it."""
        os.makedirs(os.path.join(self.place, date or self.date), exist_ok=True)
        lock = open(os.path.join(self.place, date or self.date, ".lock"), "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock


class Directory(Sunk):
    def test_what_is_committed_is_there_byte_for_byte(self):
        watcher = self.watch()
        a = self.propsd("a", self.sink())
        for _ in range(3):
            self.move()
            self.wait_written()
        view = self.wait_settled(a)
        self.assertEqual((view["type"], view["failed"], view["gone"], view["refused"]), ("directory", 0, 0, 0))
        self.assertGreaterEqual(view["written"], len(self.players))
        self.assertEqual(self.group()["pending"], 0)
        self.assertEqual(sorted(os.listdir(os.path.join(self.place, self.date))),
                         sorted([".lock", ".versions"] + [p + ".json" for p in self.players]))
        with open(os.path.join(self.place, self.date, ".versions")) as file:
            versions = dict(line.split() for line in file)
        self.assertEqual(versions, {p: str(self.report(p)["version"]) for p in self.players})
        harness.until(lambda: watcher.seen >= len(self.players), "the files to have been seen")
        figures = a.ctl.metrics()
        self.assertEqual(figures['propsd_sink_reports_total{type="directory",result="written"}'], view["written"])
        self.assertEqual((figures['propsd_sink_lag{type="directory"}'], figures['propsd_warning{kind="sink"}']), (0, 0))
        self.assertRegex(a.ctl.ok("status"), r"(?m)^sinks +archive following, written \d+$")

    def test_a_burst_of_a_player_is_written_once_while_he_waits(self):
        a = self.propsd("a", self.sink())
        self.move("p0")
        self.wait_written("p0")
        before = self.wait_settled(a)["written"]
        with self.hold():
            for _ in range(20):
                self.move("p0")
                self.wait_quiet()  # no commit waits for the sink
            # All but the newest are acknowledged: what is owed is a report, not twenty.
            harness.until(lambda: self.group()["pending"] <= 2, lambda: f"notices to be merged: {self.group()}")
        self.wait_written("p0")
        self.assertLessEqual(self.wait_settled(a)["written"] - before, 3)

    def test_one_that_is_added_to_a_running_night_writes_all_and_one_that_is_removed_nothing(self):
        a = self.propsd("a")
        self.move()
        self.wait_quiet()
        self.r.xtrim(self.key("reports"), maxlen=0, approximate=False)  # the notices alone would not do
        a.configure(self.sink())
        a.reload()
        self.wait_written()
        self.wait_settled(a)
        a.configure({("sink", "archive"): None})
        a.reload()
        harness.until(lambda: self.view(a) is None, "no sink")
        self.move("p0")
        self.wait_quiet()
        self.assertEqual(self.behind(), ["p0"])
        a.configure(self.sink())  # goes on where it was
        a.reload()
        self.wait_written()

    def test_another_path_gets_all_of_it(self):
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_written()
        other = os.path.join(self.folder, "other")
        os.mkdir(other)
        a.configure(self.sink(path=other))
        a.reload()
        self.wait_written(place=other)
        self.assertEqual(self.wait_settled(a)["passes"], 1)

    def test_killed_between_the_write_and_its_mark(self):
        a = self.propsd("a", self.sink(), start=False)
        self.as_user(a).start()
        self.move()
        self.wait_written()
        self.wait_settled(a)
        with self.hold():
            self.move("p0")
            self.wait_quiet()
            self.r.execute_command("ACL", "SETUSER", "propsd", "-xack")  # it can write, and not say so
        harness.until(lambda: not self.behind(["p0"]), "the file to be written")
        self.assertEqual(self.group()["pending"], 1)
        a.kill()
        self.r.execute_command("ACL", "SETUSER", "propsd", "+xack")
        before = self.written("p0")
        a.start()
        view = self.wait_view(a, lambda v: v["kept"] and v.get("lag") == 0, "has looked at it again")
        self.assertEqual(self.group()["pending"], 0)
        self.assertEqual((view["written"], view["kept"]), (0, 1))
        self.assertEqual(self.written("p0"), before)

    def test_killed_between_the_line_of_the_version_and_the_file(self):
        """As a kill at that point leaves it: the line says more than the file has."""
        a = self.propsd("a", self.sink())
        self.move("p0")
        self.wait_written("p0")
        older = self.written("p0")
        self.move("p0")
        self.wait_written("p0")
        a.kill()
        with open(self.path("p0"), "wb") as file:
            file.write(older)
        self.r.hincrby(self.key("sink:archive"), "due", 1)  # as a pending notice would, it makes him be looked at
        a.start()
        self.wait_written("p0")

    def test_what_is_there_with_a_higher_version_stays(self):
        a = self.propsd("a", self.sink())
        self.move("p0", "p1")
        self.wait_written("p0", "p1")
        self.wait_settled(a)
        with self.hold():
            with open(os.path.join(self.place, self.date, ".versions"), "w") as file:
                file.write("p0 999999\np1 1\n")
            with open(self.path("p0"), "w") as file:
                file.write('{"version": 999999}')
            self.move("p0", "p1")
            self.wait_quiet()
        self.wait_written("p1")
        self.wait_view(a, lambda v: v["kept"] >= 1 and v.get("lag") == 0, "kept what is newer")
        self.assertEqual(self.written("p0"), b'{"version": 999999}')
        os.unlink(self.path("p0"))  # and a file that somebody took away is written again
        self.move("p0")
        self.wait_written("p0")

    def test_reports_that_are_gone_before_they_are_written_are_counted(self):
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_written()
        with self.hold():
            self.move("p0", "p1")
            self.wait_quiet()
            a.kill()
        self.r.delete(self.key(f"report:{self.date}:p0"))
        a.start()
        self.wait_view(a, lambda v: v["gone"] == 1 and v.get("lag") == 0, "counts what is gone")
        a.wait_log(r"archive: the report of p0 on \S+ is gone from Redis")
        self.assertEqual(self.behind(["p1"]), [])

    def test_names_from_outside_lead_nowhere_else(self):
        a = self.propsd("a", self.sink())
        self.move("p1")
        self.wait_written("p1")
        bad = [{"player_lookup": name, "game_date": self.date, "version": 1}
               for name in ("../../evil", "/etc/evil", "a/b", ".hidden", "Upper", "", "x" * 80, "a\0b", "p\u00e9")]
        bad += [{"player_lookup": "p0", "game_date": date, "version": 1} for date in ("../..", "2025-13-40", "20251115", "")]
        bad += [{"player_lookup": "p0", "game_date": self.date, "version": v} for v in ("-1", "zero", "")] + [{"x": "y"}]
        for fields in bad:
            self.r.xadd(self.key("reports"), fields)
            # Such a report might even be there.
            self.r.set(self.key("report:%s:%s" % (fields.get("game_date"), fields.get("player_lookup"))), "{}")
        self.move("p1")
        self.wait_written("p1")
        view = self.wait_view(a, lambda v: v["refused"] == len(bad) and v.get("lag") == 0, f"refused {len(bad)}")
        self.assertEqual(view["failed"], 0)
        self.assertEqual(os.listdir(self.place), [self.date])
        self.assertEqual(sorted(os.listdir(os.path.join(self.place, self.date))), [".lock", ".versions", "p1.json"])


class Trouble(Sunk):
    """It is named, with what to do; nothing else waits for it; and it goes on by itself."""

    def stands(self, daemon, pattern):
        view = self.wait_view(daemon, lambda v: "trouble" in v, "is in trouble")
        self.assertRegex(view["trouble"], pattern)
        self.assertEqual(view["state"], "retrying")
        warning = harness.until(lambda: [w for w in daemon.ctl.json("status")["warnings"] if w["kind"] == "sink"], "the warning")[0]
        self.assertRegex(warning["text"], pattern)
        self.assertEqual(daemon.ctl.metrics()['propsd_warning{kind="sink"}'], 1)
        self.assertRegex(" ".join(daemon.ctl.ok("status").split()), pattern)

    def is_over(self, daemon):
        self.wait_written()
        self.wait_settled(daemon)
        harness.until(lambda: not [w for w in daemon.ctl.json("status")["warnings"] if w["kind"] == "sink"], "no warning")

    def test_a_folder_that_is_not_there(self):
        os.rmdir(self.place)
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_quiet()
        self.stands(a, r"out: No such file or directory: make the folder, and give it to the user")
        os.mkdir(self.place)
        self.is_over(a)

    def test_a_file_in_the_place_of_the_folder(self):
        os.rmdir(self.place)
        with open(self.place, "w"):
            pass
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_quiet()
        self.stands(a, r"out: Not a directory: a folder is to be there")
        os.unlink(self.place)
        os.mkdir(self.place)
        self.is_over(a)

    def test_one_report_that_cannot_be_written_holds_up_no_other(self):
        a = self.propsd("a", self.sink())
        os.makedirs(self.path("p0"))
        self.move()
        self.wait_written(*self.players[1:])
        self.stands(a, r"p0\.json: Is a directory: .*move it away")
        os.rmdir(self.path("p0"))
        self.is_over(a)

    def test_a_full_disk(self):
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", self.place], capture_output=True).returncode == 0
        a = self.propsd("a", self.sink(), start=False)
        if mounted:
            self.addCleanup(lambda: subprocess.run(["umount", "-l", self.place], check=True))
            ballast = os.open(os.path.join(self.place, "ballast"), os.O_WRONLY | os.O_CREAT)
            try:
                while os.write(ballast, b"x" * 4096):
                    pass
            except OSError as full:
                self.assertEqual(full.errno, errno.ENOSPC)
            os.close(ballast)
        a.start()
        if not mounted:
            resource.prlimit(a.now.pid, resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))
        self.move()
        self.wait_quiet()  # what is committed is committed
        self.stands(a, r"No space left on device: free space there" if mounted else r"File too large: raise the file size limit")
        self.assertEqual([name for name in os.listdir(os.path.join(self.place, self.date)) if "tmp" in name]
                         if os.path.isdir(os.path.join(self.place, self.date)) else [], [])
        if mounted:
            os.unlink(os.path.join(self.place, "ballast"))
        else:
            resource.prlimit(a.now.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.is_over(a)

    def test_a_writer_that_hangs(self):
        a = self.propsd("a", self.sink())
        with self.hold():
            self.move()
            self.wait_quiet()
            self.stands(a, r"\.lock: another process has held it for 5 s")
        self.is_over(a)

    def test_a_stop_waits_for_nobody(self):
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_written()
        with self.hold():
            self.move("p0")
            self.wait_quiet()
            a.stop()
        self.assertEqual(self.behind(), ["p0"])
        a.start()
        self.wait_written()

    def test_a_user_without_the_right_to_wait(self):
        a = self.propsd("a", self.sink(), start=False)
        self.as_user(a)
        self.r.execute_command("ACL", "SETUSER", "propsd", "-xread")
        a.start()
        self.move()
        self.wait_quiet()
        harness.until(lambda: "xread" in (self.view(a) or {}).get("trouble", ""), lambda: f"the right to be named: {self.view(a)}")
        self.r.execute_command("ACL", "SETUSER", "propsd", "+xread")
        self.is_over(a)


class Followed(Sunk):
    """The stream of notices, and what becomes of it."""

    def test_a_stream_that_was_trimmed_while_nobody_read(self):
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_written()
        self.wait_settled(a)
        # By another instance without the sink, as one whose sink was down for long would find it.
        a.stop()
        b = self.propsd("b")
        self.move()
        self.wait_quiet()
        self.r.xtrim(self.key("reports"), maxlen=1, approximate=False)
        self.assertEqual(len(self.behind()), len(self.players))
        b.configure(self.sink())
        b.reload()
        self.wait_written()
        self.assertEqual(self.wait_view(b, lambda v: v["passes"] == 1, "has looked at all")["trimmed"], 1)

    def test_a_notice_that_was_trimmed_while_it_was_pending(self):
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_written()
        self.wait_settled(a)
        with self.hold():
            self.move("p0")
            self.wait_quiet()
            harness.until(lambda: self.group()["pending"] == 1, "the notice to be delivered")
            a.kill()
        self.r.xtrim(self.key("reports"), maxlen=0, approximate=False)
        a.start()
        self.wait_written()
        self.wait_settled(a)

    def test_a_stream_that_was_deleted(self):
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_written()
        self.wait_settled(a)
        self.r.delete(self.key("reports"))
        self.move()
        self.wait_written()
        self.wait_settled(a)

    def test_a_pass_that_was_killed_is_made_again(self):
        a = self.propsd("a")
        self.move("p0", "p1")
        self.wait_quiet()
        self.r.delete(self.key("reports"))
        os.rmdir(self.place)
        a.configure(self.sink())
        a.reload()
        # All are looked at, and none is written: it is not over.
        self.wait_view(a, lambda v: v.get("failing") == 2, "has tried both")
        harness.until(lambda: self.view(a)["failed"] > 3, "further tries")
        a.kill()
        os.mkdir(self.place)
        a.start()
        self.wait_written("p0", "p1")
        self.assertEqual(self.wait_settled(a)["passes"], 1)

    def test_what_a_dead_instance_had_is_written_by_another(self):
        a, b = self.propsd("a", self.sink()), self.propsd("b", self.sink())
        self.move()
        self.wait_written()
        with self.hold():
            self.move()
            self.wait_quiet()
            harness.until(lambda: self.r.xpending(self.key("reports"), "sink:archive")["consumers"], "somebody to have some")
            a.kill()
        self.wait_written()
        self.wait_settled(b)
        harness.until(lambda: self.group()["consumers"] == 1, "the dead consumer to be deleted")

    def test_what_is_committed_is_written_also_at_the_memory_limit(self):
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_written()
        self.wait_settled(a)
        with self.hold():
            self.move()
            self.wait_quiet()
            self.r.config_set("maxmemory", 1)
        self.wait_written()
        view = self.wait_settled(a)
        self.assertEqual((self.group()["pending"], view.get("trouble")), (0, None))
        self.r.config_set("maxmemory", 0)

    def test_lost_connections_and_a_redis_that_starts_anew(self):
        self.watch()
        a = self.propsd("a", self.sink())
        for _ in range(5):
            self.move()
            self.redis.cut()
        self.wait_written()
        self.assertEqual(self.wait_settled(a)["failed"], 0)


class Shared(Sunk):
    """Two instances on one folder, killed again and again."""
    aof = True

    def test_the_newest_is_there_in_the_end_and_never_an_older_one_over_it(self):
        chance = random.Random(harness.seed_of_run())
        watcher = self.watch()
        daemons = [self.propsd(name, self.sink()) for name in "ab"]
        for round_ in range(12):
            for _ in range(4):
                self.move(*chance.sample(self.players, 3))
            hit = chance.choice(daemons)
            harness.until(lambda: watcher.seen > round_, "a report to be written")
            if chance.random() < 0.2:
                self.redis.kill()
                self.redis.start()
            if chance.random() < 0.3:
                self.r.xtrim(self.key("reports"), maxlen=1, approximate=False)
            hit.kill()
            hit.start()
        self.move()
        self.wait_written()
        for daemon in daemons:
            self.wait_settled(daemon)
        self.assertEqual(self.group()["pending"], 0)
        self.assertEqual({os.path.basename(path) for path in watcher.highest}, {p + ".json" for p in self.players})


if __name__ == "__main__":
    unittest.main()
