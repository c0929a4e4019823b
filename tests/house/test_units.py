"""The units: right in systemd's eyes, and shut in as far as the daemon's work allows."""
import os
import re
import shutil
import subprocess
import unittest

import house

UNITS = "/usr/lib/systemd/system/"
EXPOSURE = 1.5


class Units(house.Installed):
    def run_on_copies(self, command, names):
        """Runs it on copies of the units that name the programs where the test has them."""
        folder = os.path.join(self.root, "copies")
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(self.path(UNITS)):
            with open(self.path(UNITS + name), encoding="utf-8") as file:
                text = file.read()
            text = re.sub(r"/usr/s?bin/props", lambda found: self.root + found.group(), text)
            # A template is looked at as an instance.
            with open(os.path.join(folder, name.replace("@.", "@b.")), "w", encoding="utf-8") as file:
                file.write(text)
        return subprocess.run(command + [os.path.join(folder, name) for name in names], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def verify(self, *names):
        self.need("systemd-analyze")
        done = self.run_on_copies(["systemd-analyze", "verify", "--man=no"], names)
        self.assertEqual((done.stdout, done.returncode), ("", 0))

    def test_systemd_finds_nothing_wrong(self):
        self.verify("propsd.service", "propsd.socket", "propsd-status.socket")

    def test_systemd_finds_nothing_wrong_with_an_instance(self):
        self.verify("propsd@b.service", "propsd@b.socket", "propsd-status@b.socket")

    def test_systemd_finds_nothing_wrong_with_what_it_does_each_evening(self):
        self.verify("propsd-validate.service", "propsd-validate.timer")

    def test_systemd_finds_nothing_wrong_with_processors(self):
        folder = os.path.join(self.root, "copies", "propsd.service.d")
        os.makedirs(folder, exist_ok=True)
        shutil.copy(os.path.join(house.SOURCE, "systemd", "processors.conf"), folder)
        try:
            self.verify("propsd.service", "propsd.socket", "propsd-status.socket")
        finally:
            shutil.rmtree(folder)

    def test_exposure_is_low(self):
        self.need("systemd-analyze")
        for name in ("propsd.service", "propsd@b.service", "propsd-validate.service"):
            done = self.run_on_copies(["systemd-analyze", "security", "--offline=true", "--no-pager"], [name])
            found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
            self.assertIsNotNone(found, done.stdout)
            self.assertLessEqual(float(found.group(1)), EXPOSURE, done.stdout)

    def test_the_instance_differs_from_the_one_only_where_it_must(self):
        def lines(name):
            with open(self.path(UNITS + name), encoding="utf-8") as file:
                return file.read().replace("/etc/propsd/%i.conf", "/etc/propsd/propsd.conf").replace(" (instance %i)", "") \
                    .replace("/run/propsd/%i/", "/run/propsd/").replace("@%i.", ".").splitlines()
        for name in ("propsd{}.service", "propsd{}.socket", "propsd-status{}.socket"):
            self.assertEqual(lines(name.format("@")), lines(name.format("")))

    def test_users_and_folders_can_be_made(self):
        self.need("systemd-sysusers")
        self.need("systemd-tmpfiles")
        if os.geteuid() != 0:
            self.skipTest("systemd-sysusers needs root")
        os.makedirs(self.path("/etc"), exist_ok=True)
        for command in (["systemd-sysusers", "--root=" + self.root], ["systemd-tmpfiles", "--root=" + self.root, "--create"]):
            done = subprocess.run(command + [self.path("/usr/lib/" + command[0][8:] + ".d/propsd.conf")],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)
        with open(self.path("/etc/group"), encoding="utf-8") as file:
            groups = file.read()
        self.assertRegex(groups, r"(?m)^propsd:x:\d+:$")
        self.assertRegex(groups, r"(?m)^propsd-admin:x:\d+:propsd$")
        state = os.stat(self.path("/var/lib/propsd"))
        self.assertEqual(state.st_mode & 0o7777, 0o700)
        with open(self.path("/etc/passwd"), encoding="utf-8") as file:
            self.assertRegex(file.read(), rf"(?m)^propsd:x:{state.st_uid}:{state.st_gid}:propsd:/var/lib/propsd:/usr/sbin/nologin$")


if __name__ == "__main__":
    unittest.main()
