"""Dead letters by the dozen: listed, tried again and taken away by what they have in common, also after a restart."""
import unittest

import harness

FAILS = {("processor", "load"): {"fail_rate": 1.0}, "regen": {"max_attempts": 1}}
WORKS = {("processor", "load"): {"fail_rate": 0.0}}
FAILED = ("lebronjames", "stephencurry", "anthonydavis")


class Letters(harness.Night):
    def ids(self, *arguments):
        return [letter["id"] for letter in self.daemon.ctl.json_lines("dead", "list", "--limit", "1000", *arguments)]

    def answer(self, *arguments, status=0):
        found, out, err = self.daemon.ctl.run("--json", *arguments)
        self.assertEqual(found, status, out + err)
        return harness.json.loads(out)

    def test_a_night_of_letters_is_worked_through(self):
        self.daemon = self.propsd(changes=FAILS)
        regenerates = [self.regenerate(player) for player in FAILED]
        self.add_all([("odds", {"player_lookup": f"p{n}", "game_date": self.date, "market": "dunks", "book": "fanduel"})
                      for n in range(40)])
        long = self.add("injury", player_lookup="LeBron James", game_date=self.date, status="unwell", reason="x" * 256)
        self.wait_quiet()
        self.daemon.configure(WORKS)
        self.daemon.restart()  # what is asked stands in Redis
        self.daemon.ctl.ok("wait", "ready")
        self.listed()
        self.shown(long)
        self.dry()
        self.retried(regenerates, long)
        self.dropped()
        self.many()

    def listed(self):
        self.assertEqual(len(self.ids()), 44)
        self.assertEqual(len(self.ids("--reason", "failed")), 3)
        self.assertEqual(len(self.ids("--stream", "odds", "--reason", "malformed")), 40)
        self.assertEqual(len(self.ids("--player", "LeBron James")), 2)
        self.assertEqual(len(self.ids("--player", "p7")), 1)
        self.assertEqual(self.ids("--older", "1d"), [])
        self.assertEqual(len(self.ids("--older", "0s")), 44)
        text = self.daemon.ctl.ok("dead", "list", "--limit", "2")
        self.assertIn("player_lookup=", text)
        self.assertIn("2 of 44, newest first", text)
        self.assertIn("lebronjames: player_lookup=lebronjames game_date=", self.daemon.ctl.ok("dead", "list", "--stream", "regenerate"))
        self.assertIn("there are more", self.daemon.ctl.ok("dead", "list", "--limit", "2", "--stream", "odds"))

    def shown(self, entry):
        letter, = self.ids("--stream", "injury")
        text = self.daemon.ctl.ok("dead", "show", letter)
        self.assertIn(entry, text)
        self.assertIn("status = unwell", text)
        status, out, err = self.daemon.ctl.run("dead", "show", "1-1")
        self.assertEqual((status, out), (5, ""))
        self.assertIn("there is no dead letter 1-1", err)

    def dry(self):
        before = self.dead()
        for command in ("retry", "drop"):
            text = self.daemon.ctl.ok("dead", command, "--stream", "odds", "--dry-run")
            self.assertTrue(text.startswith("40 dead letters would be "), text)
            self.assertIn("... and 20 more", text)
            self.assertEqual(self.answer("dead", command, "--all", "--dry-run", "--limit", "3")["matched"], 3)
            for wrong in ((), ("1-1", "--all"), ("--all", "--reason", "failed"), ("--reason", "broken")):
                self.assertEqual(self.daemon.ctl.run("dead", command, *wrong)[0], 2, wrong)
        self.assertEqual(self.dead(), before)

    def retried(self, regenerates, long):
        # Trimmed from its stream: the letter has all of it. Cut in the letter, and trimmed: nobody has it.
        self.r.xdel(self.key("regenerate"), regenerates[0])
        self.r.xdel(self.key("injury"), long)
        self.assertEqual(self.answer("dead", "retry", "--reason", "failed")["retried"], 3)
        self.wait_quiet()
        for player in FAILED:
            self.wait_report(player, lambda report: True)
        origins = [fields[b"origin"].decode() for _, fields in self.r.xrange(self.key("regenerate")) if b"origin" in fields]
        self.assertEqual(sorted(origins), sorted(regenerates))
        self.assertEqual(self.ids("--reason", "failed"), [])
        answer = self.answer("dead", "retry", "--stream", "injury", status=1)
        self.assertEqual((answer["retried"], answer["left"]), (0, 1))
        self.assertIn("does not hold all of it", answer["failures"][0]["error"])
        self.assertEqual(len(self.ids("--stream", "injury")), 1)

        # What comes back is a letter anew, and not met a second time.
        answer = self.answer("dead", "retry", "--stream", "odds", "--limit", "30")
        self.assertEqual((answer["retried"], answer["more"]), (30, True))
        self.wait_quiet()
        self.assertEqual(len(self.ids("--stream", "odds")), 40)

    def dropped(self):
        self.assertEqual(self.daemon.ctl.ok("dead", "drop", "--player", "p3"), "1 dead letter taken away.\n")
        self.assertEqual(self.answer("dead", "drop", "--stream", "odds")["dropped"], 39)
        self.assertEqual(len(self.dead()), 1)
        self.assertEqual(self.answer("dead", "drop", "--all")["dropped"], 1)
        self.assertEqual(self.daemon.ctl.ok("dead", "list"), "No dead letter.\n")
        self.assertEqual(self.answer("dead", "drop", "--all")["dropped"], 0)

    def many(self):
        """Read in pages, whatever their number; Redis is asked a few times a hundred letters."""
        pipe = self.r.pipeline(transaction=False)
        for n in range(5000):
            pipe.xadd(self.key("dead"), {"fields": "{}", "stream": self.key("odds" if n % 2 else "slate"), "id": f"{n}-1",
                                         "reason": "malformed", "field": "", "error": "none", "players": f"p{n},q"})
        pipe.execute()
        self.r.config_resetstat()
        self.assertEqual(self.answer("dead", "drop", "--stream", "odds", "--player", "q")["dropped"], 2500)
        stats = self.r.info("commandstats")
        self.assertLess(stats["cmdstat_xrange"]["calls"], 5000 / 100 + 10)
        self.assertLess(stats["cmdstat_xdel"]["calls"], 5000 / 100 + 10)
        self.assertEqual(self.r.xlen(self.key("dead")), 2500)
        self.assertEqual(self.answer("dead", "drop", "all")["dropped"], 2500)


if __name__ == "__main__":
    unittest.main()
