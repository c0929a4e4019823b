"""A newer propsd on keys of an older layout: it waits for whom must end, migrates, and loses nothing of what was pending."""
import json
import time
import unittest

import harness

LAYOUT = 2


class Migration(harness.Night):
    def older(self):
        """Makes the keys what a propsd of layout 1 left: it kept every name, and noted no entries of its own."""
        self.r.set(self.key("schema"), 1)
        self.r.sadd(self.key("instances"), "propsd")
        for key in self.r.keys(self.key("own:*")):
            self.r.delete(key)

    def lives(self, name):
        """An instance that beats, as far as Redis can tell."""
        self.r.execute_command("XGROUP", "CREATECONSUMER", self.key("odds"), "propsd", name)
        self.r.hset(self.key("instance:" + name), mapping={"boot": "feed", "host": "elsewhere", "beats": 1})

    def newer(self, name="newer"):
        return self.propsd(name, start=False).launch()

    def waits(self, daemon, wanted):
        """Until `status` is as wanted; what it says."""
        last = [""]

        def look():
            status, out, _ = daemon.ctl.run("--json", "status")
            last[0] = json.loads(out)["redis"]["state"] if status == 0 else ""
            return last[0] and wanted(last[0]) and last[0]
        return harness.until(look, lambda: f"another state than: {last[0]}")

    def migrated(self):
        self.assertEqual(int(self.r.get(self.key("schema"))), LAYOUT)
        self.assertEqual(self.r.keys(self.key("migration*")), [])
        self.assertFalse(self.r.exists(self.key("instances")))

    def night(self):
        """An evening under the older layout; the id of an entry that another one took the place of."""
        first = self.propsd("first")
        old = self.odds("lebronjames", line="20.5")
        self.wait_quiet()
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        first.stop()
        self.older()
        return old

    def test_pending_work_of_an_older_layout_is_done(self):
        old = self.night()
        # A letter that was retried: it *is* the first entry, so the second counts. Read by one that is gone, and not settled.
        self.odds("lebronjames", line="20.5", origin=old)
        self.odds("stephencurry", line="28.5")
        self.r.execute_command("XREADGROUP", "GROUP", "propsd", "gone", "COUNT", 10, "STREAMS", self.key("odds"), ">")
        self.odds("jamesharden", line="22.5")  # not read
        self.r.hset(self.key("orders"), mapping={"priority::lebronjames": "0 urgent"})
        version = int(self.r.hget(self.key("day:" + self.date), "v"))
        daemon = self.propsd("newer")
        self.wait_quiet()
        self.migrated()
        for player, line in (("lebronjames", 25.5), ("stephencurry", 28.5), ("jamesharden", 22.5)):
            self.assertEqual(self.book(player)["line"], line, player)
        self.assertEqual(self.dead(), [])
        self.assertEqual(int(self.r.hget(self.key("day:" + self.date), "v")), version + 2)
        self.assertIn("lebronjames", daemon.ctl.ok("orders"))
        self.assertIn(f"the keys are of layout {LAYOUT} now", daemon.now.log())

    def test_it_waits_until_no_older_instance_lives(self):
        self.night()
        self.odds("lebronjames", line="26.5")
        self.lives("older-a")
        self.lives("older-b")
        daemon = self.newer()
        self.waits(daemon, lambda state: "older layout" in state and "older-a, older-b" in state)
        self.r.delete(self.key("instance:older-a"))
        self.waits(daemon, lambda state: "older-a" not in state and "older-b" in state)
        self.assertEqual(self.r.get(self.key("schema")), b"1")
        self.assertEqual(self.r.keys(self.key("migration*")), [])
        self.assertEqual(self.book("lebronjames")["line"], 25.5)
        self.r.delete(self.key("instance:older-b"))
        self.wait_quiet()
        self.migrated()
        self.assertEqual(self.book("lebronjames")["line"], 26.5)
        self.assertIn("older-a, older-b", daemon.now.log())

    def test_one_that_began_meanwhile_is_waited_for(self):
        """It had looked at the layout before that was raised, and took its name after."""
        self.night()
        for n in range(100):
            daemon = self.newer(f"n{n}")
            harness.until(lambda: self.r.exists(self.key("migration")) or not self.r.exists(self.key("instances")), "the layout to be raised")
            self.lives("slow")
            if self.r.hget(self.key("migration"), "layout") == b"1" and not self.r.hexists(self.key("migration"), "cursor"):
                break
            # It came too late, as the work had begun by then.
            self.r.delete(self.key("instance:slow"))
            self.waits(daemon, lambda state: state == "ok")
            daemon.stop()
            self.older()
        self.waits(daemon, lambda state: "slow" in state)
        self.assertFalse(self.r.hexists(self.key("migration"), "cursor"))
        self.r.delete(self.key("instance:slow"))
        self.wait_quiet()
        self.waits(daemon, lambda state: state == "ok")
        self.migrated()

    def many(self, count):
        """Retried entries of the older layout, all settled."""
        pipe = self.r.pipeline(transaction=False)
        for n in range(count):
            pipe.xadd(self.key("odds"), {"player_lookup": "a", "origin": f"1-{n}"})
        ids = pipe.execute()
        self.r.execute_command("XGROUP", "SETID", self.key("odds"), "propsd", "$")
        return ids

    def test_another_goes_on_where_one_was_killed(self):
        self.night()
        self.many(20_000)
        for n in range(10):
            daemon = self.newer(f"n{n}")
            harness.until(lambda: self.r.hget(self.key("migration"), "cursor") or not self.r.exists(self.key("instances")), "work")
            if not self.r.exists(self.key("instances")):
                break
            daemon.kill()
            # Who is gone holds the lock until it expires: as if that time were over.
            self.r.delete(self.key("migration:lock"))
        self.waits(daemon if daemon.now.running else self.newer("last"), lambda state: state == "ok")
        self.migrated()
        self.assertEqual(self.r.zcard(self.key("own:odds")), 20_000)

    def test_it_goes_on_from_the_cursor_and_waits_for_who_has_the_lock(self):
        self.night()
        ids = self.many(1200)
        self.r.set(self.key("schema"), LAYOUT)
        self.r.hset(self.key("migration"), mapping={"layout": 1, "cursor": f"4 ({ids[699].decode()}", "since": int(time.time() * 1000) - 60_000})
        self.r.set(self.key("migration:lock"), "other/feed")
        daemon = self.newer()
        self.waits(daemon, lambda state: "waiting for instance other" in state)
        self.assertEqual(self.r.zcard(self.key("own:odds")), 0)
        self.r.delete(self.key("migration:lock"))
        self.waits(daemon, lambda state: state == "ok")
        self.migrated()
        self.assertEqual(self.r.zcard(self.key("own:odds")), 500)

    def test_two_newer_ones_do_it_once(self):
        self.night()
        self.many(3000)
        daemons = [self.newer("a"), self.newer("b")]
        for daemon in daemons:
            self.waits(daemon, lambda state: state == "ok")
        self.migrated()
        said = [daemon.now.log().count(f"the keys are of layout {LAYOUT} now") for daemon in daemons]
        self.assertEqual(sorted(said), [0, 1])

    def test_a_lost_schema_is_taken_for_the_oldest(self):
        old = self.night()
        self.r.delete(self.key("schema"))
        self.odds("lebronjames", line="20.5", origin=old)
        self.propsd("newer")
        self.wait_quiet()
        self.migrated()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)

    def test_what_is_no_layout_is_refused(self):
        for there in ("0", "two"):
            self.r.set(self.key("schema"), there)
            log = self.newer(f"n{there}").ends_with(78)
            self.assertIn(f'schema is "{there}"', log)

    def test_a_new_database_is_of_the_newest(self):
        self.propsd().ctl.ok("wait", "ready")
        self.assertEqual(int(self.r.get(self.key("schema"))), LAYOUT)


if __name__ == "__main__":
    unittest.main()
