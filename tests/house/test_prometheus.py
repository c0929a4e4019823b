"""The alert rules: each fires on what it is for, as promtool plays it, and each is played."""
import os
import re
import shutil
import subprocess
import unittest

import house

FOLDER = os.path.join(house.SOURCE, "etc", "prometheus")


class Rules(unittest.TestCase):
    def test_promtool_plays_them(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool is not installed (script/bootstrap installs it, in package prometheus)")
        done = subprocess.run(["promtool", "test", "rules", "propsd.test.yml"], cwd=FOLDER, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_each_alert_is_played_silent_and_firing(self):
        with open(os.path.join(FOLDER, "propsd.rules.yml"), encoding="utf-8") as file:
            alerts = set(re.findall(r"- alert: (\w+)", file.read()))
        with open(os.path.join(FOLDER, "propsd.test.yml"), encoding="utf-8") as file:
            text = file.read()
        self.assertGreaterEqual(len(alerts), 10)
        self.assertEqual(alerts, set(re.findall(r"alertname: (\w+)\n", text)))


if __name__ == "__main__":
    unittest.main()
