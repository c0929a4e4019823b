"""Standing orders: they end by themselves, here and in Redis; Redis' refusal reaches whoever gave one; they raise and lower."""
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
        self.ctl.ok("pause", "--for", "1s")
        status = self.ctl.json("status")
        self.assertTrue(status["paused"])
        self.assertGreater(status["paused_until_ms"], time.time() * 1000 - 60_000)
        self.regenerate("lebronjames")
        self.wait_quiet()
        self.assertFalse(self.ctl.json("status")["paused"])
        self.assertIsNotNone(self.report_text("lebronjames"))
        harness.until(lambda: not self.fields(), "the order to be deleted")

    def test_a_priority_ends_by_itself_for_who_waits_on_every_instance(self):
        other = self.propsd("b")
        other.ctl.ok("wait", "ready")
        self.ctl.ok("pause")
        self.ctl.ok("prioritize", "lebronjames", "low", "--for", "2s")
        harness.until(lambda: len(other.ctl.json_lines("orders")) == 2, "the other to know both")
        self.regenerate("lebronjames")
        def reasons():
            return [d["reason"] for c in (self.ctl, other.ctl) for d in c.json("player", "lebronjames", "--date", self.date)["days"]
                    if d["state"] == "waiting"]
        harness.until(lambda: reasons() == ["order"], "him to wait as ordered")
        harness.until(lambda: len(reasons()) == 1 and reasons() != ["order"], "him to wait as before")
        harness.until(lambda: self.fields() == {"pause"}, "the order to be deleted")
        self.ctl.ok("resume")
        self.wait_quiet()

    def test_one_that_ended_while_nobody_looked_is_deleted_and_one_that_stands_is_not(self):
        now = int(time.time() * 1000)
        self.daemon.stop()
        self.r.hset(self.key("orders"), mapping={"pause": f"{now - 1000} uid 0 on x", "priority::curry": f"{now - 5} high",
                                                 "priority::ann": f"{now + 3_600_000} high", "priority::bob": "0 low", "mute::bob": "0 x"})
        self.daemon.start()
        self.ctl.ok("wait", "ready")
        harness.until(lambda: self.fields() == {"priority::ann", "priority::bob", "mute::bob"}, "those that ended to be deleted")
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
        until = int(time.time() * 1000) + 4000
        self.r.hset(self.key("orders"), mapping={f"priority::p{n}": f"{until} high" for n in range(2000)})
        harness.until(lambda: len(self.ctl.json_lines("orders", "--limit", "1000")) == 1000, "them to stand")
        harness.until(lambda: not self.fields(), "them to end", 20)
        self.assertEqual(self.ctl.json_lines("orders"), [])
        self.daemon.check()


if __name__ == "__main__":
    unittest.main()
