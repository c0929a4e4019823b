"""A Redis Cluster of one node, which propsd does not follow: it says so, and asks ever more seldom."""
import time
import unittest

import harness

TRIES = 9
# The pauses between them are 50 ms and a random part of 100 ms, 200, 400... at most: all of them together are below this about once
# in half a million, and always where the back-off begins anew each time, as it does after a session that lasted.
LEAST_SECONDS = 1.2


class OneNode(harness.Night):
    slots = False

    def setUp(self):
        self.redis_options = ("--cluster-enabled", "yes", "--bind", "127.0.0.1", "--cluster-port", str(harness.free_port()))
        super().setUp()
        if self.slots:
            self.r.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            harness.until(lambda: "cluster_state:ok" in str(self.r.execute_command("CLUSTER", "INFO")), "all slots to be served")

    def connects(self):
        return self.redis.info("stats")["total_connections_received"]

    def is_left_alone(self, *words):
        before, began = self.connects(), time.monotonic()
        daemon = self.propsd()
        daemon.wait_log(words[0])
        harness.until(lambda: self.connects() - before >= 2 * TRIES, f"{TRIES} tries")
        self.assertGreater(time.monotonic() - began, LEAST_SECONDS)
        self.assertLess(len(daemon.now.log().splitlines()), 2 * TRIES)
        for word in words:
            self.assertIn(word, daemon.now.log())
        harness.until(lambda: all(word in daemon.ctl.json("status")["redis"]["state"] for word in words), "the status to say it")
        daemon.check()


class WithoutSlots(OneNode):
    def test_it_says_what_to_do_and_backs_off(self):
        self.is_left_alone("CLUSTERDOWN", "this is a Redis Cluster, which propsd does not follow: use one server")


class WithSlots(OneNode):
    slots = True

    def test_it_says_what_to_do_and_backs_off(self):
        self.is_left_alone("CROSSSLOT", "this is a Redis Cluster: use one server, or a redis.prefix with a hash tag")

    def test_a_prefix_with_a_hash_tag_is_what_the_message_says(self):
        self.prefix = "{props}:"
        self.propsd(changes={"redis": {"prefix": self.prefix}})
        self.odds("lebronjames", line="25.5")
        self.wait_report("lebronjames", lambda report: True)
        self.wait_quiet()


if __name__ == "__main__":
    unittest.main()
