"""Which files are installed, and where."""
import os
import re
import shutil
import stat
import tempfile
import unittest

import house

PROGRAMS = ["/usr/sbin/propsd", "/usr/bin/propsctl"]
EXPECTED = sorted(PROGRAMS + [
    "/etc/propsd/conf.d/",
    "/etc/propsd/propsd.conf",
    "/usr/lib/systemd/system/propsd-status.socket",
    "/usr/lib/systemd/system/propsd-status@.socket",
    "/usr/lib/systemd/system/propsd-validate.service",
    "/usr/lib/systemd/system/propsd-validate.timer",
    "/usr/lib/systemd/system/propsd.service",
    "/usr/lib/systemd/system/propsd.socket",
    "/usr/lib/systemd/system/propsd@.service",
    "/usr/lib/systemd/system/propsd@.socket",
    "/usr/lib/sysusers.d/propsd.conf",
    "/usr/lib/tmpfiles.d/propsd.conf",
    "/usr/share/bash-completion/completions/propsctl",
    "/usr/share/fish/vendor_completions.d/propsctl.fish",
    "/usr/share/man/man1/propsctl.1",
    "/usr/share/man/man5/propsd.conf.5",
    "/usr/share/man/man7/propsd-metrics.7",
    "/usr/share/man/man7/propsd-processor.7",
    "/usr/share/man/man7/propsd-protocol.7",
    "/usr/share/man/man8/propsd.8",
    "/usr/share/propsd/aliases/nba.csv",
    "/usr/share/propsd/grafana/propsd.json",
    "/usr/share/propsd/nba_teams.csv",
    "/usr/share/propsd/prometheus/propsd.rules.yml",
    "/usr/share/propsd/python/propsd_worker.py",
    "/usr/share/zsh/vendor-completions/_propsctl",
])
DOCUMENTS = "/usr/share/doc/propsd/"


class Install(house.Installed):
    def test_just_these_files_and_the_documents(self):
        there = [f for f in house.files(self.root) if not f.startswith(DOCUMENTS)]
        self.assertEqual(there, EXPECTED)
        for name in ("README.md", "CHANGELOG.md", "architecture.md", "delivery.md", "scheduling.md"):
            self.assertTrue(os.path.isfile(self.path(DOCUMENTS + name)), name)

    def test_programs_may_be_run_and_nothing_else(self):
        for path in house.files(self.root):
            mode = os.stat(self.path(path)).st_mode
            if stat.S_ISREG(mode):
                self.assertEqual(stat.S_IMODE(mode), 0o755 if path in PROGRAMS else 0o644, path)

    def test_no_path_of_the_build_in_what_is_read(self):
        for path in house.files(self.root):
            if path in PROGRAMS or path.endswith("/"):
                continue
            with open(self.path(path), encoding="utf-8") as file:
                text = file.read()
            self.assertNotIn(house.BUILD, text, path)
            self.assertNotIn(house.SOURCE + "/", text, path)
            self.assertIsNone(re.search(r"@[A-Z]+@", text), path)

    def test_a_configuration_that_is_there_stays(self):
        path = self.path("/etc/propsd/propsd.conf")
        with open(path, encoding="utf-8") as file:
            shipped = file.read()
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write('instance = "mine"\n')
            said = house.install(self.root)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), 'instance = "mine"\n')
            with open(path + ".new", encoding="utf-8") as file:
                self.assertEqual(file.read(), shipped)
            self.assertIn("Kept: ", said)
        finally:
            os.unlink(path + ".new")
            with open(path, "w", encoding="utf-8") as file:
                file.write(shipped)


class AnotherPrefix(unittest.TestCase):
    def test_units_name_the_programs_where_they_are(self):
        root = tempfile.mkdtemp(prefix="propsd-house-")
        try:
            house.install(root, "/usr/local")
            with open(root + "/usr/local/lib/systemd/system/propsd.service", encoding="utf-8") as file:
                unit = file.read()
            self.assertIn("\nExecStart=/usr/local/sbin/propsd --config /etc/propsd/propsd.conf\n", unit)
            self.assertIn("\nExecReload=/usr/local/bin/propsctl ", unit)
            self.assertTrue(os.path.isfile(root + "/etc/propsd/propsd.conf"))
        finally:
            shutil.rmtree(root)


if __name__ == "__main__":
    unittest.main()
