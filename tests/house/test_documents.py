"""Documents against what they speak of: links that lead somewhere, files that are there, keys that scripts use."""
import glob
import os
import re
import subprocess
import unittest

import house

DOCUMENTS = sorted(glob.glob(os.path.join(house.SOURCE, "*.md")) + glob.glob(os.path.join(house.SOURCE, "docs", "*.md"))
                   + glob.glob(os.path.join(house.SOURCE, "bench", "*.md")))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def anchors(text):
    """As GitHub makes them of headings."""
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    heads = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for path in DOCUMENTS:
            text = read(path)
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.S)):
                if re.match(r"[a-z]+:", target):
                    continue
                file, _, anchor = target.partition("#")
                there = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
                self.assertTrue(os.path.exists(there), f"{path}: {target}")
                if anchor:
                    self.assertIn(anchor, anchors(read(there)), f"{path}: {target}")

    def test_files_that_are_named_are_there(self):
        folders = ("script", "daemon", "ctl", "tests", "docs", "etc", "systemd", "include", "bench", "cmake", "worker")
        own = {name for name in os.listdir(os.path.join(house.SOURCE, "daemon")) if "." not in name}
        for path in DOCUMENTS:
            for name in re.findall(r"`((?:[\w.-]+/)+[\w.@-]+\.\w+|script/[\w-]+)", read(path)):
                first = name.split("/")[0]
                places = [name] if first in folders else []
                if first in own:
                    places.append("daemon/" + name)
                places = [os.path.join(house.SOURCE, place) for place in places]
                if places:
                    places.append(os.path.join(os.path.dirname(path), name))
                    self.assertTrue(any(map(os.path.exists, places)), f"{path}: {name}")

    def test_delivery_md_has_every_key_that_the_scripts_use(self):
        text = read(os.path.join(house.SOURCE, "docs", "delivery.md"))
        keys = set()
        for script in glob.glob(os.path.join(house.SOURCE, "daemon", "*", "scripts", "*.lua")):
            keys |= set(re.findall(r"\bP \.\. '([a-z]+:?)'", read(script)))
        self.assertGreaterEqual(len(keys), 10)
        for key in keys - {"rights"}:  # never written: a name to ask for rights with
            self.assertTrue(re.search("`" + key + ("[A-Z]" if key.endswith(":") else "`"), text), key)

    def test_delivery_md_has_every_script(self):
        text = read(os.path.join(house.SOURCE, "docs", "delivery.md"))
        for script in glob.glob(os.path.join(house.SOURCE, "daemon", "*", "scripts", "*.lua")):
            name = os.path.basename(script)[:-4]
            if name != "prelude":
                self.assertTrue(f"**{name}**" in text, name)

    def test_options_that_are_named_exist(self):
        said = set()
        section = ""
        for line in read(os.path.join(house.SOURCE, "etc", "propsd.conf")).splitlines():
            found = re.match(r"#?(\w+)(?: \"\w+\")? \{$", line)
            if found:
                section = found.group(1)
            found = re.match(r"\t#(\w+) = ", line)
            if found:
                said.add(f"{section}.{found.group(1)}")
        sections = {name.split(".")[0] for name in said}
        self.assertGreater(len(said), 30)
        others = {"league.number", "league.fingerprint", "admin.sock"}  # of reports, files
        for path in DOCUMENTS:
            for name in set(re.findall(r"`(\w+\.\w+)`", read(path))) - others:
                if name.split(".")[0] in sections and not re.search(r"\.(c|h|py|md|lua|json|conf)$", name):
                    self.assertIn(name, said, path)

    def test_scripts_answer_help(self):
        for script in sorted(glob.glob(os.path.join(house.SOURCE, "script", "*"))):
            if os.path.isdir(script) or os.path.basename(script) in ("bootstrap",):
                continue
            done = subprocess.run([script, "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
            self.assertTrue(done.stdout.strip(), script)
            for line in done.stdout.splitlines():
                self.assertLess(len(line), 140, script)


if __name__ == "__main__":
    unittest.main()
