"""Who propsd is to Redis: passwords and certificates are what their files say at the moment of the connection, and what Redis says
when it will not have us is what a person reads."""
import os
import unittest
import urllib.parse

import harness


class Credentials(harness.Night):
    redis_options = ("--requirepass", "open sesame")

    def setUp(self):
        super().setUp()
        self.secret = self.folder + "/password"
        self.word("open sesame")

    def word(self, text, path=None):
        with open(path or self.secret, "w") as out:
            out.write(text + "\n")
        self.redis.r = harness.redis_py.Redis(unix_socket_path=self.redis.path, password="open sesame")

    def works(self, daemon, player):
        self.regenerate(player)
        self.wait_report(player, lambda report: True)
        daemon.check()

    def rotate(self, password):
        self.r.config_set("requirepass", password)
        self.redis.r = harness.redis_py.Redis(unix_socket_path=self.redis.path, password=password)

    def test_a_rotated_password_is_in_force_at_the_next_connection(self):
        daemon = self.propsd(changes={"redis": {"password_file": self.secret}})
        self.works(daemon, "first")
        with open(self.secret, "w") as out:
            out.write("open barley\n")
        self.rotate("open barley")
        self.redis.cut()
        self.works(daemon, "second")
        self.assertNotIn("barley", daemon.now.log())

    def test_a_file_that_is_not_there_is_waited_for(self):
        os.rename(self.secret, self.secret + ".later")
        daemon = self.propsd(changes={"redis": {"password_file": self.secret}})
        daemon.wait_log("not available: redis.password_file " + self.secret + ": No such file")
        os.rename(self.secret + ".later", self.secret)
        self.works(daemon, "first")

    def test_a_reload_connects_as_the_new_user(self):
        self.r.execute_command("ACL", "SETUSER", "clerk", "on", ">pencil", "~*", "&*", "+@all")
        other = self.folder + "/pencil"
        with open(other, "w") as out:
            out.write("pencil\n")
        daemon = self.propsd(changes={"redis": {"password_file": self.secret}})
        self.works(daemon, "first")
        daemon.configure({"redis": {"user": "clerk", "password_file": other}})
        self.assertIn("0", daemon.ctl.ok("--json", "reload"))

        def users():
            return {client["user"] for client in self.r.client_list() if client["name"].startswith("propsd:")}

        harness.until(lambda: users() == {"clerk"}, lambda: f"both connections to be the clerk's: {users()}")
        self.works(daemon, "second")

    def test_a_reload_refuses_a_url_that_a_restart_would_refuse(self):
        daemon = self.propsd(changes={"redis": {"password_file": self.secret}})
        daemon.configure({"redis": {"url": "redis://h:99999"}})
        status, _, said = daemon.ctl.run("reload")
        self.assertEqual(status, 1)
        self.assertIn("redis.url", said)
        daemon.configure({"redis": {"url": self.redis.url}})
        self.works(daemon, "first")


class Escaped(harness.Night):
    """What stands for itself nowhere else in a URL is written as %XX, in each of its parts."""
    user, password = "ann:lee@home/1", "50% of #?&+ blanks"

    def setUp(self):
        self.redis_options = ("--port", str(harness.free_port()), "--bind", "127.0.0.1")
        super().setUp()
        self.r.execute_command("ACL", "SETUSER", self.user, "on", ">" + self.password, "~*", "&*", "+@all")

    def works(self, url):
        daemon = self.propsd(f"x{len(self.daemons)}", {"redis": {"url": url}})
        daemon.ctl.ok("wait", "ready")
        return daemon

    def test_user_and_password(self):
        quoted = [urllib.parse.quote(part, safe="") for part in (self.user, self.password)]
        daemon = self.works(f"redis://{quoted[0]}:{quoted[1]}@127.0.0.1:{self.redis_options[1]}/%33")
        client = next(client for client in self.r.client_list() if client["name"].startswith("propsd:"))
        self.assertEqual((client["user"], client["db"]), (self.user, "3"))
        shown = daemon.ctl.ok("--json", "config", "show")
        for secret in (self.password, quoted[1]):
            self.assertNotIn(secret, shown + daemon.now.log())

    def test_path(self):
        folder = os.path.join(self.folder, "my 100% redis?db=1")
        os.symlink(self.folder, folder)
        self.works("unix://" + urllib.parse.quote(folder) + "/redis.sock")
        self.regenerate("lebronjames")
        self.wait_report("lebronjames", lambda report: True)


class TooManyClients(harness.Night):
    def test_redis_own_words_are_the_reason(self):
        self.r.ping()
        self.r.config_set("maxclients", 1)
        daemon = self.propsd()
        daemon.wait_log("max number of clients reached; raise maxclients")
        self.assertNotIn("nobody asked", daemon.now.log())
        self.r.config_set("maxclients", 100)
        self.regenerate("lebronjames")
        self.wait_report("lebronjames", lambda report: True)


if __name__ == "__main__":
    unittest.main()
