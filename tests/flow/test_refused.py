"""What propsd refuses to run with: exit 78 (do not restart me), and a word that names the cause."""
import os
import re
import unittest

import harness


class Refused(harness.Night):
    def leaves(self, daemon, *words):
        log = daemon.ends_with(78)
        for word in words:
            self.assertIn(word.lower(), log.lower())

    def test_a_second_instance_on_the_same_socket(self):
        first = self.propsd("a")
        second = self.propsd("b", start=False, socket_of=first)
        second.launch()
        self.leaves(second, first.socket)
        first.ctl.ok("version")

    def test_a_second_instance_of_the_same_name(self):
        first = self.propsd("a")
        self.regenerate("lebronjames")
        self.wait_quiet()
        second = self.propsd("twin", {"instance": "a"}, start=False)
        second.launch()
        self.leaves(second, "name")
        self.regenerate("lebronjames")
        self.wait_quiet()
        first.check()

    def test_a_key_of_the_wrong_type(self):
        self.r.set(self.key("odds"), "no stream")
        daemon = self.propsd(start=False)
        daemon.launch()
        self.leaves(daemon, "WRONGTYPE")

    def test_a_layout_of_a_later_version(self):
        self.r.set(self.key("schema"), 1000)
        daemon = self.propsd(start=False)
        daemon.launch()
        self.leaves(daemon, "layout", "1000")

    def test_a_predecessor_that_is_dead_and_not_reaped_is_dead(self):
        """Its parent, the test, has not asked for its end: a zombie. Were it alive, its name would not be given."""
        daemon = self.propsd("a")
        self.regenerate("lebronjames")
        self.wait_quiet()
        first = daemon.now
        first.asked = {-9}
        os.kill(first.pid, 9)

        def state():
            with open(f"/proc/{first.pid}/stat", encoding="ascii") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0]
        os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)  # all of its threads; and it stays as it is
        self.assertEqual(state(), "Z")
        self.assertTrue(self.r.exists(self.key("instance:a")), "its heartbeat stands")
        daemon.start()
        daemon.ctl.ok("wait", "ready")
        self.assertEqual(state(), "Z")
        self.assertIsNone(re.search("will retry|waiting for", daemon.now.log()), daemon.now.log())
        self.regenerate("stephencurry")
        self.wait_quiet()

    def test_a_socket_left_by_a_process_that_died_is_taken_over(self):
        first = self.propsd("a")
        first.kill()
        second = self.propsd("b", socket_of=first)
        second.ctl.ok("version")


class Limits(harness.Night):
    """What the system lacks at the moment may be there at the next start: 1, which a service manager answers by another."""

    def starts(self, *limit):
        """The status it left with; None: it came up."""
        daemon = self.propsd(f"x{len(self.daemons)}", start=False)
        command = daemon.command()
        daemon.command = lambda *more: ["prlimit", *limit, "--", *command, *more]
        daemon.launch()
        if "started" in daemon.wait_log("cannot start|started version"):
            return None
        daemon.now.asked = {daemon.now.wait_end()}
        return daemon.now.asked, daemon.now.log()

    def test_too_few_file_descriptors(self):
        """Whatever is the first that cannot be opened. The program itself needs one more than the standard three to load."""
        refused = 0
        for files in range(6, 64):
            left = self.starts(f"--nofile={files}:{files}")
            if left is None:
                break
            self.assertEqual(left[0], {1}, left[1])
            self.assertIn("cannot start", left[1])
            refused += 1
        self.assertGreater(refused, 3)
        self.assertLess(files, 63)

    @unittest.skipIf(harness.SANITIZER, "a sanitizer needs an address space without end")
    def test_too_little_memory_for_the_workers(self):
        status, log = self.starts(f"--as={40_000_000}")
        self.assertEqual(status, {1}, log)


class Password(harness.Night):
    redis_options = ("--requirepass", "open sesame")

    def setUp(self):
        super().setUp()
        self.redis.r = harness.redis_py.Redis(unix_socket_path=self.redis.path, password="open sesame")
        self.secret = self.folder + "/password"

    def denied(self, daemon):
        """77 (no permission) or 78: a restart by the service manager would change nothing."""
        daemon.now.asked = {77, 78}
        self.assertIn(daemon.now.wait_end(), (77, 78))
        return daemon.now.log()

    def word(self, text):
        with open(self.secret, "w") as out:
            out.write(text + "\n")
        return {"redis": {"password_file": self.secret}}

    def test_without_a_password(self):
        daemon = self.propsd(start=False)
        daemon.launch()
        self.assertIn("NOAUTH", self.denied(daemon))

    def test_with_a_wrong_one(self):
        daemon = self.propsd(changes=self.word("open barley"), start=False)
        daemon.launch()
        log = self.denied(daemon)
        self.assertIn("WRONGPASS", log)
        self.assertNotIn("barley", log)

    def test_with_the_right_one(self):
        daemon = self.propsd(changes=self.word("open sesame"))
        self.regenerate("lebronjames")
        self.wait_report("lebronjames", lambda report: True)
        self.assertNotIn("sesame", daemon.now.log())


class NoPermission(harness.Night):
    def test_a_user_who_may_not_ack(self):
        self.r.execute_command("ACL", "SETUSER", "reader", "on", "nopass", "~*", "&*", "+@all", "-xack")
        daemon = self.propsd(changes={"redis": {"user": "reader"}}, start=False)
        self.redis_password(daemon)
        daemon.launch()
        daemon.now.asked = {77, 78}
        self.assertIn(daemon.now.wait_end(), (77, 78))
        self.assertIn("xack", daemon.now.log().lower())

    def test_the_rights_of_the_manual_suffice(self):
        with open(os.path.join(harness.SOURCE, "docs", "propsd.conf.5.scd"), encoding="utf-8") as page:
            rule = re.search(r"^(ACL SETUSER propsd .*?)^```", page.read(), re.M | re.S).group(1)
        self.r.execute_command(*rule.replace(">PASSWORD", ">any").split())
        sink = {("sink", "archive"): {"type": "directory", "path": self.folder}}
        daemon = self.propsd(changes={"redis": {"user": "propsd"}, **sink}, start=False)
        self.redis_password(daemon)
        daemon.start()
        self.seat("LAL@GSW", LAL=["l1", "l2"], GSW=["g1"])
        self.odds("l1", line="20.5", event_id="one")
        self.injury("l2", "out")
        self.add("odds", player_lookup="l1", market="nonsense", book="b", game_date=self.date)
        self.wait_quiet()
        self.assertEqual(self.book("l1")["line"], 20.5)
        letter = self.dead()[0][0]
        daemon.ctl.ok("dead", "list")
        daemon.ctl.ok("dead", "retry", letter)
        daemon.ctl.ok("dead", "drop", "all")
        rights = {check["check"]: check["level"] for check in daemon.ctl.json_lines("doctor")}
        self.assertEqual((rights["rights"], rights["settings"], rights["append-only file"]), ("ok", "ok", "warning"))
        daemon.ctl.ok("prioritize", "l1", "low", "--for", "1s")
        daemon.ctl.ok("regenerate", "--player", "l1", "--date", self.date, "--wait")
        daemon.ctl.ok("report", "l1", "--date", self.date)
        daemon.ctl.ok("wait", "idle")
        written = os.path.join(self.folder, self.date, "l1.json")
        harness.until(lambda: os.path.exists(written), "the sink to write")
        # What one takes over from another needs rights of its own.
        daemon.signal(9)
        daemon.now.asked = {-9}
        daemon.now.wait_end()
        second = self.propsd("b", changes={"redis": {"user": "propsd"}, **sink}, start=False)
        self.redis_password(second)
        second.start()
        self.odds("l1", line="21.5")
        self.wait_report("l1", lambda r: r["markets"]["points"]["books"]["fanduel"]["line"] == 21.5)
        harness.until(lambda: not any(row["name"] == b"a" for row in self.r.xinfo_consumers(self.key("odds"), "propsd")),
                      "the dead one's consumer to go")
        harness.until(lambda: [row["name"] for row in self.r.xinfo_consumers(self.key("reports"), "sink:archive")] == [b"b"],
                      "that of its sink to go")
        denied = [row for row in self.r.execute_command("ACL", "LOG") if b"propsd" in row]
        self.assertEqual(denied, [])

    def test_one_right_less_is_named(self):
        with open(os.path.join(harness.SOURCE, "docs", "propsd.conf.5.scd"), encoding="utf-8") as page:
            rule = re.search(r"^(ACL SETUSER propsd .*?)^```", page.read(), re.M | re.S).group(1)
        self.r.execute_command(*rule.replace(">PASSWORD", ">any").split(), "-xclaim")
        daemon = self.propsd(changes={"redis": {"user": "propsd"}}, start=False)
        self.redis_password(daemon)
        daemon.launch()
        daemon.now.asked = {77}
        self.assertEqual(daemon.now.wait_end(), 77)
        self.assertIn("xclaim", daemon.now.log().lower())

    def redis_password(self, daemon):
        path = self.folder + "/any"
        with open(path, "w") as out:
            out.write("any\n")
        daemon.configure({"redis": {"password_file": path}})


if __name__ == "__main__":
    unittest.main()
