"""/metrics, /healthz and /readyz by HTTP, asked with curl and by bare sockets."""
import concurrent.futures
import json
import re
import shutil
import socket
import subprocess
import unittest

import harness


def loopback():
    """(address for the configuration and URLs, family)"""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return "[::1]", socket.AF_INET6
    except OSError:
        return "127.0.0.1", socket.AF_INET


class Web(harness.Night):
    def curl(self, page, *options):
        """(status, headers, body)"""
        done = subprocess.run(["curl", "-s", "-i", "-g", "--noproxy", "*", "--max-time", str(60 * harness.SLOW), *options,
                               f"http://{self.listen}{page}"], stdout=subprocess.PIPE)  # its status: the answer may come before all is sent
        self.assertTrue(done.stdout, f"curl ended with {done.returncode}")
        head, _, body = done.stdout.decode().partition("\r\n\r\n")
        first, *fields = head.split("\r\n")
        return int(first.split()[1]), {k.lower(): v for k, v in (f.split(": ", 1) for f in fields)}, body

    def bare(self, request):
        """All that comes back for these bytes."""
        with socket.socket(self.family) as s:
            s.settimeout(60 * harness.SLOW)
            s.connect((self.address.strip("[]"), self.port))
            s.sendall(request)
            heard = b""
            while piece := s.recv(65536):
                heard += piece
            return heard

    def names(self, text):
        return [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]

    def start(self):
        self.address, self.family = loopback()
        self.port = harness.free_port()
        self.listen = f"{self.address}:{self.port}"
        return self.propsd("a", {"metrics": {"listen": self.listen}})

    def test_pages_by_http(self):
        daemon = self.start()
        daemon.ctl.ok("wait", "ready")
        self.metrics_are_what_propsctl_prints(daemon)
        self.health_and_readiness(daemon)
        self.other_requests()
        self.many_at_once(daemon)
        second = self.port_in_use()
        self.not_ready_without_redis(daemon)
        daemon.stop()
        second.wait_log(f"answers at http://{re.escape(self.listen)}/metrics")
        self.assertEqual(json.loads(self.curl("/readyz")[2])["instance"], "b")

    def metrics_are_what_propsctl_prints(self, daemon):
        status, headers, body = self.curl("/metrics")
        self.assertEqual(status, 200)
        self.assertEqual(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertEqual(int(headers["content-length"]), len(body))
        self.assertEqual(self.names(body), self.names(daemon.ctl.ok("metrics")))
        self.assertIn("\npropsd_redis_connected 1\n", body)
        status, headers, body = self.curl("/metrics", "--head")
        self.assertEqual((status, body), (200, ""))
        self.assertGreater(int(headers["content-length"]), 10000)
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "metrics"], input=self.curl("/metrics?x=y")[2], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual((done.returncode, done.stdout), (0, ""))

    def health_and_readiness(self, daemon):
        version = daemon.ctl.json("status")["version"]
        status, headers, body = self.curl("/healthz")
        self.assertEqual((status, headers["content-type"]), (200, "application/json"))
        self.assertEqual(json.loads(body), {"healthy": True, "reason": "the loop and the workers move", "instance": "a",
                                            "version": version})
        status, _, body = self.curl("/readyz")
        self.assertEqual(status, 200)
        answer = json.loads(body)
        self.assertEqual({**answer, "warnings": None}, {"ready": True, "reason": "connected to Redis and reading",
                                                        "instance": "a", "version": version, "warnings": None})
        harness.until(lambda: sorted(json.loads(self.curl("/readyz")[2])["warnings"])
                      == sorted(w["kind"] for w in daemon.ctl.json("status")["warnings"]), "the same warnings")

    def other_requests(self):
        self.assertEqual(self.curl("/", "--http1.0")[::2],
                         (404, "404 Not Found: there is no such page; there are /metrics, /healthz and /readyz\n"))
        status, headers, _ = self.curl("/metrics", "-d", "x" * 100000)
        self.assertEqual((status, headers["allow"]), (405, "GET, HEAD"))
        self.assertEqual(self.curl("/metrics", "-H", "X: " + "x" * 20000)[0], 431)
        self.assertRegex(self.bare(b"\x16\x03\x01\x02\x00"), rb"^HTTP/1.1 400 Bad Request\r\n(?s:.*)TLS is not spoken here\n$")
        self.assertRegex(self.bare(b"GET /healthz HTTP/1.0\n\n"), rb"^HTTP/1.1 200 OK\r\n")

    def many_at_once(self, daemon):
        """Clients that stay are no hindrance for others, as long as there are fewer than so many."""
        idle = [socket.create_connection((self.address.strip("[]"), self.port)) for _ in range(20)]
        try:
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                for status, _, body in pool.map(self.curl, ["/metrics"] * 32):
                    self.assertEqual(status, 200)
                    self.assertIn("propsd_http_connections", body)
        finally:
            for s in idle:
                s.close()
        metrics = daemon.ctl.metrics()
        self.assertGreaterEqual(metrics['propsd_http_answers_total{code="200"}'], 34)
        self.assertEqual(metrics['propsd_http_answers_total{code="405"}'], 1)
        self.assertEqual(metrics['propsd_http_answers_total{code="431"}'], 1)

    def port_in_use(self):
        """No work stops for it."""
        second = self.propsd("b", {"metrics": {"listen": self.listen}})
        second.wait_log(rf"metrics.listen: cannot listen on {re.escape(self.listen)}: Address already in use; another process, maybe "
                        "another propsd, listens there; goes on without pages, and tries again each second")
        second.ctl.ok("wait", "ready")
        self.assertEqual(second.ctl.metrics()["propsd_http_connections"], 0)
        return second

    def not_ready_without_redis(self, daemon):
        self.redis.kill()
        status, body = harness.until(lambda: (lambda a: a[0] == 503 and (a[0], a[2]))(self.curl("/readyz")), "503 of /readyz")
        answer = json.loads(body)
        self.assertFalse(answer["ready"])
        self.assertTrue(answer["reason"])
        self.assertNotIn("connected to Redis", answer["reason"])
        self.assertEqual(self.curl("/healthz")[0], 200)
        self.assertIn("\npropsd_redis_connected 0\n", self.curl("/metrics")[2])
        self.redis.start()
        harness.until(lambda: self.curl("/readyz")[0] == 200, "200 of /readyz")


if __name__ == "__main__":
    unittest.main()
