"""Who may do what at the admin socket, by the role of the user who asks; and how many may ask at once."""
import json
import os
import re
import socket
import subprocess
import sys
import unittest

import harness

ADA, BEN, CLEO, NIGHT = 60001, 60002, 60003, 60020  # no names are needed
ASK = """
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\\n")
print(s.makefile().readline())
"""


class Roles(harness.Night):
    def ask(self, daemon, uid, command, groups=(), **args):
        """What this user is answered."""
        done = subprocess.run([sys.executable, "-c", ASK, daemon.socket, json.dumps({"v": 1, "cmd": command, "args": args})],
                              user=uid, group=uid, extra_groups=[os.getgid(), *groups], cwd="/", stdout=subprocess.PIPE,
                              text=True, check=True, timeout=harness.DEADLINE * harness.SLOW)
        return json.loads(done.stdout)

    def assert_denied(self, answer, needed, role):
        self.assertEqual(answer["code"], "denied")
        self.assertRegex(answer["error"], f"needs the role {needed}; at this socket you have the role {role}")

    @unittest.skipUnless(os.geteuid() == 0 and any(int(first) <= ADA and NIGHT < int(first) + int(count) for first, _, count in
                                                   map(str.split, open("/proc/self/uid_map"))), "only root can ask as other users; unit/roles has the rules")
    def test_each_user_has_his_role(self):
        daemon = self.propsd("a", {"admin": {"admins": [str(ADA), "nobody-of-that-name"], "operators": [str(BEN), f"@{NIGHT}"]}})
        daemon.wait_log('admin.admins: there is no user "nobody-of-that-name": it gives nobody a role')
        os.chmod(self.folder, 0o755)
        daemon.ctl.ok("wait", "ready")
        for uid, groups, role in ((ADA, (), "admin"), (BEN, (), "operate"), (CLEO, (), "view"), (CLEO, (NIGHT,), "operate")):
            answer = self.ask(daemon, uid, "commands", groups)
            self.assertEqual(answer["data"]["role"], role)
        self.assertTrue(self.ask(daemon, CLEO, "status")["ok"])
        self.assert_denied(self.ask(daemon, CLEO, "pause"), "operate", "view")
        self.assertTrue(self.ask(daemon, CLEO, "pause", (NIGHT,))["ok"])
        self.assertTrue(self.ask(daemon, BEN, "resume")["ok"])
        self.assert_denied(self.ask(daemon, BEN, "reload"), "admin", "operate")
        self.assertTrue(self.ask(daemon, ADA, "log-level", level="debug")["ok"])
        log = daemon.now.log()
        for line in (f"verb=pause result=denied uid={CLEO}", f"verb=pause result=ok uid={CLEO}", f"verb=resume result=ok uid={BEN}",
                     f"verb=reload result=denied uid={BEN}", f"verb=log-level result=ok uid={ADA} "):
            self.assertEqual(len(re.findall("audit " + line, log)), 1, line)
        self.reloads(daemon)

    def reloads(self, daemon):
        """A role that a reload takes is gone; a name that is nobody's gives none, and does not stand in the way."""
        daemon.configure({"admin": {"admins": [str(ADA)], "operators": [str(CLEO)]}})
        daemon.ctl.ok("reload")
        self.assert_denied(self.ask(daemon, BEN, "pause"), "operate", "view")
        self.assertTrue(self.ask(daemon, CLEO, "resume")["ok"])
        daemon.configure({"admin": {"operators": [str(BEN), "nobody-of-that-name"]}})
        for _ in range(2):  # the list unchanged, and looked for again
            self.assertIn('admin.operators: there is no user "nobody-of-that-name": it gives nobody a role.', daemon.ctl.ok("reload"))
        self.assertTrue(self.ask(daemon, BEN, "resume")["ok"])
        self.assert_denied(self.ask(daemon, CLEO, "pause"), "operate", "view")
        daemon.configure({"admin": {"operators": ["nobody-of-that-name"]}})
        daemon.ctl.ok("reload")
        self.assert_denied(self.ask(daemon, BEN, "pause"), "operate", "view")
        daemon.configure({"admin": {"operators": []}})
        self.assertNotIn("nobody", daemon.ctl.ok("reload"))

    def test_two_hundred_at_once(self):
        daemon = self.propsd()
        clients = []
        try:
            for _ in range(200):
                one = socket.socket(socket.AF_UNIX)
                one.connect(daemon.socket)  # before there is a time limit: with one it does not wait for room in the backlog
                one.settimeout(harness.DEADLINE * harness.SLOW)
                clients.append(one)
                one.sendall(b'{"v":1,"cmd":"status"}\n')
            for one in clients:
                self.assertTrue(json.loads(one.makefile().readline())["ok"])
        finally:
            for one in clients:
                one.close()
        metrics = daemon.ctl.metrics()
        self.assertEqual(metrics["propsd_admin_refused_connections_total"], 0)
        self.assertGreaterEqual(metrics["propsd_admin_requests_total"], 200)


if __name__ == "__main__":
    unittest.main()
