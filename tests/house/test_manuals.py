"""The manual pages as they are installed."""
import glob
import os
import re
import subprocess
import unittest

import house


class Manuals(house.Installed):
    def pages(self):
        return sorted(glob.glob(self.path("/usr/share/man/man*/*")))

    def test_mandoc_finds_nothing_wrong(self):
        self.need("mandoc")
        self.assertTrue(self.pages())
        for page in self.pages():
            done = subprocess.run(["mandoc", "-T", "lint", page], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertEqual(done.stdout, "")

    def test_pages_that_are_named_are_there_or_are_others(self):
        own = {os.path.basename(page) for page in self.pages()}
        for page in self.pages():
            with open(page, encoding="utf-8") as file:
                text = file.read().replace("\\&", "")
            for name, section in re.findall(r"\\fB(props[\w.-]*)\\fR\((\d)\)", text):
                self.assertIn(f"{name}.{section}", own, page)

    def test_propsd_8_has_each_option_that_help_has(self):
        said = subprocess.run([self.path("/usr/sbin/propsd"), "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        with open(os.path.join(house.SOURCE, "docs", "propsd.8.scd"), encoding="utf-8") as file:
            page = file.read()
        options = re.findall(r"^ .*?(--[a-z-]+)", said, re.M)
        self.assertGreaterEqual(len(options), 4)
        for option in options:
            self.assertRegex(page, rf"(?m)^(\*-\w\*, )?\*{option}\*")


if __name__ == "__main__":
    unittest.main()
