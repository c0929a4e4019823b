"""`cmake --install` into a folder of the test's own."""
import os
import shutil
import subprocess
import tempfile
import unittest

SOURCE = os.environ.get("PROPSD_SOURCE") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("PROPSD_BUILD") or os.path.join(SOURCE, "build", "release")


def install(root, prefix="/usr"):
    """Lays the build out below `root` and returns what cmake said."""
    done = subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], env={**os.environ, "DESTDIR": root},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise AssertionError(f"cmake --install: {done.stdout}")
    return done.stdout


class Installed(unittest.TestCase):
    """Tests that look at one installation, at self.root."""

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="propsd-house-")
        try:
            install(cls.root)
        except BaseException:
            shutil.rmtree(cls.root)
            raise

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def path(self, path):
        return os.path.join(self.root, path.lstrip("/"))

    def need(self, program):
        if not shutil.which(program):
            self.skipTest(f"{program} is not installed")


def files(root):
    """All files and empty folders below root, as absolute paths of the installed system."""
    found = []
    for folder, folders, names in os.walk(root):
        at = "/" + os.path.relpath(folder, root)
        found += [os.path.normpath(os.path.join(at, name)) for name in names]
        if not folders and not names:
            found.append(os.path.normpath(at) + "/")
    return sorted(found)
