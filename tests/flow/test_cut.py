"""Connections are cut, Redis itself is killed (append-only file on): the same final reports."""
import unittest

import faults
import harness
import night


class Cut(faults.Faulty):
    def test_twenty_cuts_of_the_connections(self):
        made = night.made_up(self.draw, self.date, happenings=900)
        calm = self.calm(made)
        self.propsd(changes=self.changes)
        self.same(calm, self.play(made, lambda n: self.assertGreater(self.redis.cut(), 0) if n == 0 else self.redis.cut(), times=20))

    def test_a_cut_counts_as_one_reconnect_and_the_start_as_none(self):
        daemon = self.propsd()
        reconnects = lambda: daemon.ctl.json("status")["redis"]["reconnects"]
        daemon.ctl.ok("wait", "ready")
        self.assertEqual(reconnects(), 0)
        self.redis.cut()
        harness.until(reconnects, "the cut to be counted")
        daemon.ctl.ok("wait", "ready")
        self.assertEqual(reconnects(), 1)

    def test_redis_paused_longer_than_a_command_may_take(self):
        self.propsd()
        self.regenerate("lebronjames")
        self.wait_quiet()
        self.r.execute_command("CLIENT", "PAUSE", 1500, "ALL")
        self.regenerate("lebronjames")
        self.wait_quiet()


class KillRedis(faults.Faulty):
    aof = True

    def test_ten_kills_of_redis(self):
        made = night.made_up(self.draw, self.date, happenings=900)
        calm = self.calm(made)
        self.propsd(changes=self.changes)

        def fault(n):
            self.redis.kill()
            self.redis.start()
        self.same(calm, self.play(made, fault))

    def test_redis_and_propsd_at_once(self):
        made = night.made_up(self.draw, self.date, happenings=500)
        calm = self.calm(made)
        daemon = self.propsd(changes=self.changes)

        def fault(n):
            daemon.kill()
            self.redis.kill()
            if n % 2:
                daemon.launch()
                self.redis.start()
            else:
                self.redis.start()
                daemon.launch()
        self.same(calm, self.play(made, fault, times=5))


class WithoutRedis(harness.Night):
    def test_it_starts_without_redis_and_serves_once_it_is_there(self):
        self.redis.stop()
        daemon = self.propsd()
        self.assertEqual(daemon.ctl.run("wait", "ready", "--timeout", "200ms")[0], 6)
        self.redis.start()
        daemon.ctl.ok("wait", "ready")
        self.regenerate("lebronjames")
        self.wait_report("lebronjames", lambda report: True)

    def test_it_drains_without_redis(self):
        daemon = self.propsd()
        self.regenerate("lebronjames")
        self.wait_quiet()
        self.redis.stop()
        daemon.now.asked = {0, 1}
        daemon.signal(15)
        self.assertIn(daemon.now.wait_end(), (0, 1))

    def test_an_unreachable_redis_does_not_fill_the_log(self):
        self.redis.stop()
        daemon = self.propsd()
        harness.until(lambda: sum("redis" in line for line in daemon.now.log().splitlines()) >= 1, "a word about it")
        daemon.ctl.run("wait", "ready", "--timeout", "3s")
        self.assertLess(len(daemon.now.log().splitlines()), 25)


if __name__ == "__main__":
    unittest.main()
