"""Standing orders: they end by themselves, here and in Redis; Redis' refusal reaches whoever gave one; they raise and lower; what a
pause or a mute names is held back, loses nothing and holds up nobody."""
import json
import time
import unittest

import harness


class Orders(harness.Night):
    def setUp(self):
        super().setUp()
        self.daemon = self.propsd()
        self.ctl = self.daemon.ctl
        self.ctl.ok("wait", "ready")

    def fields(self):
        return {k.decode() if isinstance(k, bytes) else k for k in self.r.hgetall(self.key("orders"))}

    def view(self, player):
        return self.ctl.json("player", player, "--date", self.date)["days"][0]

    def test_a_pause_ends_by_itself(self):
        self.ctl.ok("pause", "--for", "1h")
        status = self.ctl.json("status")
        self.assertTrue(status["paused"])
        self.assertLess(abs(status["paused_until_ms"] - time.time() * 1000 - 3_600_000), 600_000)
        number = self.regenerate("lebronjames")
        self.wait_read("regenerate")
        self.assertFalse(self.acked("regenerate", number))
        self.ctl.ok("pause", "--for", "1s")
        self.wait_quiet()
        self.assertFalse(self.ctl.json("status")["paused"])
        self.assertIsNotNone(self.report_text("lebronjames"))
        harness.until(lambda: not self.fields(), "the order to be deleted")

    def test_a_priority_ends_by_itself_for_who_waits_on_every_instance(self):
        other = self.propsd("b")
        other.ctl.ok("wait", "ready")
        self.ctl.ok("pause")
        self.ctl.ok("prioritize", "lebronjames", "low", "--for", "1h")
        harness.until(lambda: len(other.ctl.json_lines("orders")) == 2, "the other to know both")
        self.regenerate("lebronjames")
        def reasons():
            found = []
            for ctl in (self.ctl, other.ctl):  # who has not read the entry may know nothing of him
                status, out, err = ctl.run("--json", "player", "lebronjames", "--date", self.date)
                self.assertIn(status, (0, 5), err)
                found += [d["reason"] for d in json.loads(out).get("days", []) if d["state"] == "waiting"]
            return found
        harness.until(lambda: reasons() == ["order"], "him to wait as ordered")
        self.ctl.ok("prioritize", "lebronjames", "low", "--for", "1s")
        harness.until(lambda: len(reasons()) == 1 and reasons() != ["order"], "him to wait as before")
        harness.until(lambda: self.fields() == {"pause"}, "the order to be deleted")
        self.ctl.ok("resume")
        self.wait_quiet()

    def test_one_that_ended_while_nobody_looked_is_deleted_and_one_that_stands_is_not(self):
        now = int(time.time() * 1000)
        self.daemon.stop()
        self.r.hset(self.key("orders"), mapping={"pause": f"{now - 1000} uid 0 on x", "priority::curry": f"{now - 5} high",
                                                 "priority::ann": f"{now + 3_600_000} high", "priority::bob": "0 low", "hush::bob": "0 x"})
        self.daemon.start()
        self.ctl.ok("wait", "ready")
        harness.until(lambda: self.fields() == {"priority::ann", "priority::bob", "hush::bob"}, "those that ended to be deleted")
        self.assertEqual([o["player"] for o in self.ctl.json_lines("orders")], ["ann", "bob"])

    def test_at_the_memory_limit_an_order_fails_and_the_session_goes_on(self):
        self.ctl.ok("prioritize", "bob", "low")
        before = self.ctl.json("status")["redis"]["reconnects"]
        self.r.config_set("maxmemory", "1mb")
        try:
            for order in (["pause"], ["pause", "--for", "1h"], ["prioritize", "lebronjames", "high"]):
                status, _, err = self.ctl.run(*order)
                self.assertEqual(status, 1)
                self.assertIn("OOM", err)
            self.ctl.ok("prioritize", "bob", "none")  # this one frees memory
            status = self.ctl.json("status")
            self.assertEqual((status["ready"], status["paused"], status["redis"]["reconnects"]), (True, False, before))
        finally:
            self.r.config_set("maxmemory", "0")
        self.ctl.ok("pause")
        self.ctl.ok("resume")

    def test_player_before_game_before_team(self):
        game = self.date.replace("-", "") + "_LAL_BOS"
        self.seat("LAL@BOS", LAL=["l1", "l2"], BOS=["b1"])
        self.ctl.ok("pause")
        for player in ("l1", "l2", "b1", "x1"):
            self.regenerate(player, priority="low")
        def levels():
            return {p["player"]: (p["level"], p["reason"]) for p in self.ctl.json_lines("players", "--state", "waiting")}
        harness.until(lambda: len(levels()) == 4, "all to wait")
        before = levels()
        ordered = {}
        for order, changed in ((["--team", "LAL", "urgent"], {"l1": "urgent", "l2": "urgent"}),
                               (["--game", game, "low"], {"l1": "low", "l2": "low", "b1": "low"}),
                               (["l1", "high"], {"l1": "high"})):
            self.ctl.ok("prioritize", *order)
            ordered.update({p: (level, "order") for p, level in changed.items()})
            self.assertEqual(levels(), {**before, **ordered})
        self.assertIn("LAL", self.ctl.ok("orders"))
        for order in (["--team", "LAL"], ["--game", game], ["l1"]):
            self.ctl.ok("prioritize", *order, "none")
        self.assertEqual(levels(), before)
        self.ctl.ok("resume")
        self.wait_quiet()

    def test_thousands_of_orders(self):
        """What Redis is asked for does not grow with them, and they end in one go."""
        def end_in(ms):
            until = int(time.time() * 1000) + ms
            self.r.hset(self.key("orders"), mapping={f"priority::p{n}": f"{until} high" for n in range(2000)})
        end_in(3_600_000)
        harness.until(lambda: len(self.ctl.json_lines("orders", "--limit", "1000")) == 1000, "them to stand")
        end_in(1000)
        harness.until(lambda: not self.fields(), "them to end")
        self.assertEqual(self.ctl.json_lines("orders"), [])
        self.daemon.check()

    def test_an_order_that_others_take_back_before_it_was_looked_at_is_no_more(self):
        for loses in (False, True):
            self.ctl.ok("pause")
            if loses:  # what stands is believed over the loss, and compared after it
                harness.until(lambda: self.ctl.json("status")["paused"], "it to stand")
                self.redis.cut()
            self.r.delete(self.key("orders"))
            harness.until(lambda: not self.ctl.json("status")["paused"], "it to be no more")

    # What a pause or a mute names. A scope: how propsctl is told, and an entry that it names beside one that it does not.

    GAME = "LAL@BOS"

    def seated(self):
        self.seat(self.GAME, LAL=["l1", "l2"], BOS=["b1"])
        self.wait_quiet()
        return {
            "player": ["--player", "l1"],
            "team": ["--team", "LAL"],
            "game": ["--game", self.date.replace("-", "") + "_LAL_BOS"],
            "type": ["--type", "odds"],
            "book": ["--book", "fanduel"],
        }

    def runs(self, daemon=None):
        return (daemon or self.daemon).ctl.json("status")["runs"]["ok"]

    def wait_runs(self, count):
        """What was acknowledged before its run is no sign that the daemon has heard of the commit."""
        harness.until(lambda: self.runs() == count, lambda: f"{count} runs, there are {self.runs()}")

    def odds_of(self, player, line, book="fanduel"):
        return self.odds(player, line=line, over=-110, under=-110, book=book)

    def line_of(self, player, book="fanduel"):
        quote = self.book(player, book=book)
        return quote and quote.get("line")

    def test_a_pause_of_each_scope_keeps_its_entries_and_nothing_else(self):
        for n, (scope, order) in enumerate(self.seated().items()):
            with self.subTest(scope):
                self.ctl.ok("pause", *order)
                held = [self.odds_of("l1", 20 + 2 * n), self.odds_of("l1", 21 + 2 * n)]
                free = self.injury("x1", "out" if n % 2 else "questionable")
                self.wait_acked("injury", free)
                harness.until(lambda: self.ctl.json("status")["entries"]["paused"] == 2, "both to be set aside")
                self.assertEqual([self.acked("odds", e) for e in held], [False, False])
                self.assertNotIn(self.line_of("l1"), (20 + 2 * n, 21 + 2 * n))
                before = self.runs()
                self.ctl.ok("resume", *order)
                self.wait_quiet()
                self.assertEqual((self.line_of("l1"), self.runs() - before), (21 + 2 * n, 1))
                self.assertEqual(self.ctl.json("status")["entries"]["paused"], 0)

    def test_a_pause_for_a_time_ends_by_itself_and_another_one_still_holds(self):
        self.seated()
        self.ctl.ok("pause", "--book", "fanduel", "--for", "1h")
        self.ctl.ok("pause", "--player", "l2")
        holds = self.ctl.json("status")["holds"]
        self.assertEqual([(h["order"], h.get("book"), h.get("player"), "until_ms" in h) for h in holds],
                         [("pause", "fanduel", None, True), ("pause", None, "l2", False)])
        self.assertIn("book fanduel", self.ctl.ok("status"))
        first, second = self.odds_of("l1", 20), self.odds_of("l2", 30)
        harness.until(lambda: self.ctl.json("status")["entries"]["paused"] == 2, "both to be set aside")
        self.ctl.ok("pause", "--book", "fanduel", "--for", "1s")
        self.wait_acked("odds", first)
        self.assertEqual(self.line_of("l1"), 20)
        harness.until(lambda: self.ctl.json("status")["entries"]["paused"] == 1, "his to be set aside")
        self.assertFalse(self.acked("odds", second))
        self.ctl.ok("resume", "--player", "l2")
        self.wait_quiet()
        self.assertEqual(self.line_of("l2"), 30)

    def test_a_book_of_a_whole_night_under_a_pause(self):
        """In bounded memory, past the budget of what may be in flight; then one run each, whatever came."""
        self.seated()
        self.daemon.configure({"ingest": {"max_in_flight": 1000}})
        self.daemon.restart()
        self.ctl.ok("wait", "ready")
        self.ctl.ok("pause", "--book", "fanduel")
        count = 20_000
        self.add_all([("odds", dict(player_lookup=("l1", "l2", "b1")[n % 3], game_date=self.date, market="points", book="fanduel",
                                    line=10 + n % 50, over=-110, under=-110)) for n in range(count)])
        other = self.odds_of("l1", 12, book="other")
        self.wait_acked("odds", other)
        self.assertEqual(self.line_of("l1", "other"), 12)
        def aside():
            entries = self.ctl.json("status")["entries"]
            return entries["paused"], entries["unacked"]
        harness.until(lambda: aside() == (count, 0), lambda: f"all to be set aside, there are {aside()}")
        self.daemon.kill()  # they are in Redis, and nowhere else
        self.daemon.start()
        self.ctl.ok("wait", "ready")
        harness.until(lambda: self.ctl.json("status")["entries"]["paused"] == count, "all to be set aside again")
        before = self.runs()
        self.ctl.ok("resume", "--book", "fanduel")
        self.wait_quiet()
        last = {p: [10 + n % 50 for n in range(count) if ("l1", "l2", "b1")[n % 3] == p][-1] for p in ("l1", "l2", "b1")}
        self.assertEqual({p: self.line_of(p) for p in last}, last)
        self.assertEqual(self.ctl.json("status")["entries"]["paused"], 0)
        self.assertEqual(self.runs() - before, 3)

    def test_a_mute_of_each_scope_settles_and_owes_one_run(self):
        for n, (scope, order) in enumerate(self.seated().items()):
            with self.subTest(scope):
                self.odds_of("b1", 30 + n)
                self.wait_quiet()
                self.ctl.ok("mute", *order)
                before = self.runs()
                for line in (20 + 2 * n, 21 + 2 * n):
                    self.wait_acked("odds", self.odds_of("l1", line))
                self.wait_quiet()
                self.assertEqual(self.runs(), before)
                self.assertNotEqual(self.line_of("l1"), 21 + 2 * n)
                self.ctl.ok("unmute", *order)
                harness.until(lambda: self.line_of("l1") == 21 + 2 * n, "the run that was owed")
                self.wait_quiet()
                self.wait_runs(before + 1)
        self.wait_settled_by(self.daemon, "muted", 10)
        harness.until(lambda: not self.r.keys(self.key("muted*")), "nothing to be owed")

    def test_what_another_run_covered_is_not_owed(self):
        self.seated()
        self.ctl.ok("mute", "--book", "fanduel")
        self.wait_acked("odds", self.odds_of("l1", 20))
        self.wait_acked("odds", self.odds_of("l1", 25, book="other"))
        self.assertEqual(self.line_of("l1"), 20)  # it was applied
        before = self.runs()
        self.ctl.ok("unmute", "--book", "fanduel")
        harness.until(lambda: not self.r.keys(self.key("muted*")), "nothing to be owed")
        self.wait_quiet()
        self.assertEqual(self.runs(), before)

    def test_a_mute_that_ends_while_nobody_lives_still_owes_its_runs(self):
        self.seated()
        for order in ("mute::team:LAL", "mute::player"):
            self.ctl.ok("mute", "--team", "LAL")
            self.wait_acked("odds", self.odds_of("l1", 20))
            self.wait_acked("odds", self.odds_of("l2", 21))
            self.daemon.kill()
            self.r.hdel(self.key("orders"), "mute::team:LAL")
            self.daemon.start()
            self.ctl.ok("wait", "ready")
            harness.until(lambda: (self.line_of("l1"), self.line_of("l2")) == (20, 21), "the runs that were owed")
            self.wait_quiet()
            self.odds("l1", status="off")
            self.odds("l2", status="off")
            self.wait_quiet()

    def test_a_mute_ends_by_itself_and_on_an_instance_that_did_not_give_it(self):
        other = self.propsd("b")
        other.ctl.ok("wait", "ready")
        self.seated()
        self.ctl.ok("mute", "--team", "LAL", "--for", "1h")
        harness.until(lambda: other.ctl.json_lines("orders"), "the other to know")
        self.assertEqual([(o["order"], o["team"], "until_ms" in o, o["by"].endswith(" on a")) for o in other.ctl.json_lines("orders")],
                         [("mute", "LAL", True, True)])
        harness.until(lambda: "muted       as team LAL" in other.ctl.ok("player", "l1", "--date", self.date), "it to be shown of him")
        self.wait_acked("odds", self.odds_of("l1", 20))
        self.ctl.ok("mute", "--team", "LAL", "--for", "1s")
        self.daemon.kill()
        harness.until(lambda: self.line_of("l1") == 20, "the run that was owed")
        self.daemon.start()
        self.wait_quiet()
        harness.until(lambda: not self.fields(), "the order to be deleted")

    def test_under_two_mutes_the_run_waits_for_the_second_to_end(self):
        self.seated()
        self.ctl.ok("mute", "--team", "LAL")
        self.ctl.ok("mute", "--player", "l1")
        self.wait_acked("odds", self.odds_of("l1", 20))
        before = self.runs()
        self.ctl.ok("unmute", "--player", "l1")
        harness.until(lambda: self.r.hkeys(self.key("muted")) == [b"mute::team:LAL"], "the other to owe it")
        self.wait_quiet()
        self.assertEqual(self.runs(), before)
        self.ctl.ok("unmute", "--team", "LAL")
        harness.until(lambda: self.line_of("l1") == 20, "the run that was owed")
        self.wait_quiet()
        self.wait_runs(before + 1)

    def test_who_changes_his_team_leaves_its_orders_behind(self):
        self.seated()
        self.ctl.ok("pause", "--team", "LAL")
        held = self.odds_of("l1", 20)
        harness.until(lambda: self.ctl.json("status")["entries"]["paused"] == 1, "it to be set aside")
        self.slate_player("l1", "BOS")
        harness.until(lambda: self.line_of("l1") == 20, "his report to have it")
        self.slate_player("b1", "LAL")
        late = self.odds_of("b1", 30)
        harness.until(lambda: self.ctl.json("status")["entries"]["paused"] >= 2, "his to be set aside")
        self.assertFalse(self.acked("odds", late))
        self.ctl.ok("resume", "--team", "LAL")
        self.wait_quiet()
        self.assertTrue(self.acked("odds", held))
        self.assertEqual(self.line_of("b1"), 30)


if __name__ == "__main__":
    unittest.main()
