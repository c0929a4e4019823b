"""docs/tour.md has every command of propsctl, and no other; script/tour makes it."""
import os
import subprocess
import unittest

import house


class Tour(unittest.TestCase):
    def test_it_has_each_command_and_no_other(self):
        done = subprocess.run([os.path.join(house.SOURCE, "script", "tour"), "--check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, env={**os.environ, "PROPSD_BUILD": house.BUILD})
        self.assertEqual((done.returncode, done.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()
