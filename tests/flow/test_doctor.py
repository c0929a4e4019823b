"""propsctl doctor: all checks at once, each ok, a warning or an error with what to do, and an exit code that a script can go by."""
import os
import re
import unittest

import harness

LEVELS = {"ok", "warning", "error"}


class Doctor(harness.Night):
    aof = True

    def setUp(self):
        super().setUp()
        self.put_systemctl("echo LoadState=loaded; echo ActiveState=active; echo UnitFileState=enabled; echo NeedDaemonReload=no")

    def put_systemctl(self, script):
        """One of our own; None: there is none."""
        path = self.folder + "/bin/systemctl"
        os.makedirs(self.folder + "/bin", exist_ok=True)
        if script is None:
            os.unlink(path)
            return
        with open(path, "w") as out:
            out.write("#!/bin/sh\n" + script + "\n")
        os.chmod(path, 0o755)

    def doctor(self, ctl, status=0, **environment):
        """{check: (level, text)} of --json, after the same was shown as a table."""
        environment.setdefault("PATH", self.folder + "/bin:/bin:/usr/bin")
        got, lines, err = ctl.run("--json", "doctor", environment=environment)
        self.assertEqual((got, err), (status, ""), lines)
        checks = [harness.json.loads(line) for line in lines.splitlines()]
        got, table, err = ctl.run("doctor", environment={**environment, "COLUMNS": "80"})
        self.assertEqual((got, err), (status, ""), table)
        for line in table.splitlines():
            self.assertLessEqual(len(line), 80)
        words = " ".join(table.split())
        for check in checks:
            self.assertIn(check["level"], LEVELS)
            self.assertEqual("remedy" in check, check["level"] != "ok", check)
            self.assertTrue(any(re.match(rf"{re.escape(check['check'])} +{check['level']} ", line) for line in table.splitlines()),
                            f"{check}\n{table}")
            self.assertIn(check.get("remedy", "")[:20], words)
        self.assertEqual(status, int(any(check["level"] == "error" for check in checks)))
        found = {check["check"]: (check["level"], check["text"]) for check in checks}
        self.assertEqual(len(found), len(checks), "each check has one line")
        return found

    def test_all_is_well(self):
        found = self.doctor(self.ready().ctl)
        self.assertEqual({level for level, _ in found.values()}, {"ok"}, found)
        for check in ("propsd", "redis", "rights", "eviction", "append-only file", "memory", "unread entries", "other groups",
                      "dead letters", "names", "dates", "clock", "league", "units"):
            self.assertIn(check, found)
        self.assertIn("version 7.", found["redis"][1])
        # Who may only look may do this, too.
        self.doctor(harness.Ctl(self.daemons[0].folder + "/status.sock"))

    def ready(self, **options):
        daemon = self.propsd(**options)
        daemon.ctl.ok("wait", "ready")
        return daemon

    def test_what_is_wrong_with_redis(self):
        daemon = self.ready()
        self.r.config_set("appendonly", "no")
        self.assertEqual(self.doctor(daemon.ctl)["append-only file"][0], "warning")
        self.r.config_set("maxmemory", 64 << 20)
        self.r.config_set("maxmemory-policy", "volatile-ttl")
        level, text = self.doctor(daemon.ctl, 1)["eviction"]
        self.assertEqual(level, "error")
        self.assertIn("volatile-ttl", text)
        self.redis.kill()
        harness.until(lambda: daemon.ctl.json("status")["redis"]["state"] != "ok", "the loss of Redis")
        found = self.doctor(daemon.ctl, 1)
        self.assertEqual(found["redis"][0], "error")
        self.assertIn("propsd", found)
        self.assertNotIn("dead letters", found)
        self.redis.start()
        daemon.ctl.ok("wait", "ready")
        self.assertEqual(self.doctor(daemon.ctl)["eviction"][0], "ok")

    def test_a_right_that_was_taken_away(self):
        self.r.execute_command("ACL", "SETUSER", "clerk", "on", ">pencil", "~*", "&*", "+@all")
        with open(self.folder + "/pencil", "w") as out:
            out.write("pencil\n")
        daemon = self.ready(changes={"redis": {"user": "clerk", "password_file": self.folder + "/pencil"}})
        self.assertEqual(self.doctor(daemon.ctl)["rights"][0], "ok")
        self.r.execute_command("ACL", "SETUSER", "clerk", "-xclaim")
        level, text = self.doctor(daemon.ctl, 1)["rights"]
        self.assertEqual(level, "error")
        self.assertIn("XCLAIM", text)
        self.r.execute_command("ACL", "SETUSER", "clerk", "+xclaim", "-info")
        found = self.doctor(daemon.ctl)
        self.assertEqual(found["settings"][0], "warning")
        self.assertNotIn("eviction", found)

    def test_a_league_that_is_not_there_and_the_disk(self):
        daemon = self.ready(changes={"league": {"database": self.folder + "/league.db"}})
        found = self.doctor(daemon.ctl)
        self.assertEqual(found["league"][0], "warning")
        self.assertIn(self.folder + "/league.db", found["league"][1])
        self.assertRegex(found["disk"][1], r"^[1-9][0-9]* MB free in " + re.escape(self.folder))
        with open(self.folder + "/schedule.csv", "w") as out:
            print("game_id,tip_utc,game_date,home,away", file=out)
            print(f"0000000900,{harness.moment(self.date, '25:30')},{self.date},LAL,GSW", file=out)
        daemon.ctl.ok("import", self.folder + "/schedule.csv", "--into", self.folder + "/league.db")
        self.assertEqual(self.doctor(daemon.ctl)["league"], ("warning", f"{self.folder}/league.db is there and not loaded"))
        daemon.reload()
        level, text = self.doctor(daemon.ctl)["league"]
        self.assertEqual(level, "warning")
        self.assertIn("no box scores", text)
        os.unlink(self.folder + "/league.db")
        self.assertEqual(self.doctor(daemon.ctl, 1)["league"][0], "error")

    def test_propsd_is_not_running(self):
        found = self.doctor(harness.Ctl(self.folder + "/none.sock"), 1)
        self.assertEqual(found["propsd"][0], "error")
        self.assertIn("not running", found["propsd"][1])
        self.assertEqual(set(found), {"propsd", "configuration", "disk", "units"})

    def test_the_unit(self):
        daemon = self.ready()
        enabled = "echo LoadState=loaded; echo UnitFileState=enabled; "
        for script, level, says in (
                ("echo LoadState=not-found; echo ActiveState=inactive", "warning", "not installed"),
                ("echo LoadState=bad-setting; echo ActiveState=inactive", "error", "cannot read"),
                ("echo LoadState=loaded; echo ActiveState=active; echo UnitFileState=disabled", "warning", "not enabled"),
                (enabled + "echo ActiveState=failed", "error", "has failed"),
                (enabled + "echo ActiveState=inactive", "warning", "not running"),
                (enabled + "echo ActiveState=active; echo NeedDaemonReload=yes", "warning", "since they changed"),
                (enabled + "echo ActiveState=active; echo PrivateUsers=yes", "warning", "PrivateUsers="),
                (enabled + "echo ActiveState=active; echo ProcSubset=pid", "warning", "ProcSubset=pid"),
                (enabled + "echo ActiveState=active; echo PrivateUsers=no; echo ProcSubset=all", "ok", "running"),
                ("echo 'not booted with systemd' >&2; exit 1", "ok", "skipped: systemd does not answer")):
            self.put_systemctl(script)
            found = self.doctor(daemon.ctl, int(level == "error"))["units"]
            self.assertEqual(found[0], level, script)
            self.assertIn(says, found[1])
        self.put_systemctl(None)
        bare = self.folder + "/bin"
        os.symlink("/bin/sh", bare + "/sh")
        self.assertEqual(self.doctor(daemon.ctl, PATH=bare)["units"], ("ok", "skipped: there is no systemctl"))


if __name__ == "__main__":
    unittest.main()
