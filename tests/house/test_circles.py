"""Files of a folder stand above one another: which calls which has no circle, by the symbols of the objects that were built."""
import collections
import glob
import os
import re
import subprocess
import unittest

import house

FOLDERS = ("app", "delivery", "process", "redis", "regen")


def symbols(path):
    """What an object defines and what it wants, of names that other objects may see."""
    listed = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    kinds = re.findall(r"^[0-9a-f ]{16} ([A-Z]) (\S+)$", listed, re.M)
    return {name for kind, name in kinds if kind != "U"}, {name for kind, name in kinds if kind == "U"}


def circle(calls):
    """One circle of the graph as a list, [] for none."""
    state, path = {}, []

    def visit(node):
        state[node] = "open"
        path.append(node)
        for other in sorted(calls[node]):
            if state.get(other) == "open":
                return path[path.index(other):] + [other]
            if other not in state:
                found = visit(other)
                if found:
                    return found
        state[node] = "done"
        path.pop()
        return []

    for node in sorted(calls):
        if node not in state:
            found = visit(node)
            if found:
                return found
    return []


class Circles(unittest.TestCase):
    def test_a_circle_is_found(self):
        self.assertEqual(circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}), ["b", "c", "b"])
        self.assertEqual(circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}), [])

    def test_no_folder_has_one(self):
        for folder in FOLDERS:
            objects = glob.glob(os.path.join(house.BUILD, "daemon", folder, "CMakeFiles", folder + ".dir", "*.c.o"))
            self.assertTrue(objects, folder)
            known = {os.path.basename(path)[:-2]: symbols(path) for path in objects}
            owner = {name: file for file, (defined, _) in known.items() for name in defined}
            calls = collections.defaultdict(set)
            for file, (_, wanted) in known.items():
                calls[file] = {owner[name] for name in wanted if name in owner and owner[name] != file}
            self.assertEqual(circle(calls), [], folder)


if __name__ == "__main__":
    unittest.main()
