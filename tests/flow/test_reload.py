"""Every option that there is: read again from a file where it has changed it is in force, or named as one that waits for a restart. And
what a command has changed is shown as well."""
import ast
import os
import re
import unittest

import harness


def everything():
    """A file in which each option has another value than its default: unit/config holds it to that."""
    with open(os.path.join(harness.SOURCE, "tests", "unit", "test_config.c"), encoding="utf-8") as source:
        text = re.search(r'everything\[\] =\n(.*?);\n\n', source.read(), re.S).group(1)
    return b"".join(ast.literal_eval("b" + line.strip()) for line in text.splitlines()).decode()


class Reload(harness.Night):
    def setUp(self):
        super().setUp()
        self.daemon = self.propsd(changes={"league": {"database": self.folder + "/league.db"}, ("processor", "load"): None,
                                           "report": {"processor": "builtin"}})
        self.ctl = self.daemon.ctl
        self.ctl.ok("wait", "ready")

    def shown(self):
        return {option["key"]: option for option in self.ctl.json("config", "show")["options"]}

    def test_each_option_is_in_force_or_waits(self):
        before = self.shown()
        self.daemon.write(everything())
        waiting = self.ctl.json("reload")["restart"]
        after, log = self.shown(), self.daemon.now.log()
        self.assertGreater(len(after), 70)
        self.assertEqual(sum("waits" in option for option in after.values()), waiting)
        for key, option in after.items():
            with self.subTest(key):
                if option["source"] == "default":  # of a processor or tier that leaves it out
                    self.assertNotIn("waits", option)
                    continue
                self.assertTrue(option["source"].startswith(self.daemon.config_path + ":"), option)
                old = before.get(key, {"value": "-"})["value"]
                says, = re.findall(rf" {re.escape(key)} changed from=(.*)", log)
                self.assertEqual("takes effect after a restart" in says, option["restart"])
                if option["restart"]:
                    self.assertEqual(option["value"], old, "it is not in force")
                    self.assertNotEqual(option["waits"], old)
                else:
                    self.assertNotEqual(option["value"], old)
                    self.assertNotIn("waits", option)
        table = self.ctl.ok("config", "show")
        self.assertEqual(table.count("(after a restart: "), waiting)
        self.daemon.configure({})  # as it was: nothing waits
        self.assertEqual(self.ctl.json("reload")["restart"], 0)
        self.assertEqual({key: option["value"] for key, option in self.shown().items()},
                         {key: option["value"] for key, option in before.items()})

    def test_what_is_shown_as_in_force_is(self):
        self.ctl.ok("pause")
        self.daemon.configure({"pool": {"workers": "3"}, "log": {"level": "debug"}, "drain": {"limit": "7s"},
                               "priority": {"odds": "urgent"}, ("tier", "star"): {"players": ["star"], "priority": "high"},
                               ("processor", "other"): {"type": "synthetic"}, "report": {"processor": "other"}})
        self.ctl.ok("reload")
        self.assertEqual(self.ctl.json("status")["workers"]["count"], 3)
        self.assertEqual(self.ctl.json("log-level")["level"], "debug")
        self.odds("ann", line="20.5")
        self.regenerate("star")

        def levels():
            return {row["player"]: row["level"] for row in self.ctl.json_lines("players", "--state", "waiting")}
        harness.until(lambda: levels() == {"ann": "urgent", "star": "high"}, lambda: f"both to wait: {levels()}")
        self.ctl.ok("resume")
        self.wait_quiet()
        self.assertEqual(self.report("ann")["processor"], "other")
        self.daemon.stop()
        self.assertIn("draining, at most 7 s", self.daemon.now.log())

    def test_what_a_command_has_changed_is_shown_until_a_reload(self):
        for command, value, key, in_file in ((("workers", "7"), "7", "pool.workers", "2"), (("log-level", "warn"), "warn", "log.level", "info")):
            with self.subTest(key):
                for _ in range(3):
                    self.ctl.ok(*command)
                option = self.shown()[key]
                self.assertEqual((option["value"], option["source"], "waits" in option), (value, "propsctl " + command[0], False))
                self.assertRegex(self.ctl.ok("config", "show"), rf"(?m)^{re.escape(key)} +{value} +propsctl {command[0]}$")
        self.assertEqual(self.ctl.json("status")["workers"]["count"], 7)
        self.assertEqual(self.ctl.json("reload")["restart"], 0)
        self.assertEqual([self.shown()[key]["value"] for key in ("pool.workers", "log.level")], ["2", "info"])
        self.assertEqual(self.ctl.json("status")["workers"]["count"], 2)
        self.daemon.wait_log("pool.workers changed from=7 to=2$")


if __name__ == "__main__":
    unittest.main()
