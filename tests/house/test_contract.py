"""What C and Lua agree on: a name that one side has not got, or a number in place of one, fails the build."""
import os
import re
import subprocess
import tempfile
import unittest

import house

CONTRACT = """enum {
\tTAKE_NAME = 2,
\tTAKE_NAME_SIZE = 40, /* longer than another */
\tLETTER = 'a',
};
#define NOBODY "_-"
"""
SCRIPT = "return {ARGV[C.TAKE_NAME], C.TAKE_NAME_SIZE, C.LETTER, C.NOBODY}\n"


class Contract(unittest.TestCase):
    def make(self, contract, script):
        """What the step says, "" for nothing, and the text that it made of the script."""
        with tempfile.TemporaryDirectory(prefix="propsd-contract-") as folder:
            files = {"contract.h": contract, "one.lua": script}
            for name, text in files.items():
                with open(os.path.join(folder, name), "w") as file:
                    file.write(text)
            out = os.path.join(folder, "lua.h")
            done = subprocess.run(
                ["cmake", "-D", f"SCRIPTS={folder}/one.lua", "-D", f"CONTRACT={folder}/contract.h", "-D", f"OUT={out}",
                 "-P", os.path.join(house.SOURCE, "cmake", "lua.cmake")], capture_output=True, text=True)
            if done.returncode:
                self.assertFalse(os.path.exists(out))
                return " ".join(done.stderr.split()), ""
            with open(out) as file:
                bytes_of = file.read().split("{")[1].split("}")[0]
            return "", bytes(int(byte, 16) for byte in bytes_of.split(",")[:-1]).decode()

    def test_values_stand_in_the_place_of_names(self):
        self.assertEqual(self.make(CONTRACT, SCRIPT), ("", "return {ARGV[2], 40, 'a', \"_-\"}\n"))

    def test_other_text_stays_as_it_is(self):
        text = "local a = {[1] = ';', b = '\\\\n'} -- [[ ]] $x ${y} @z@ é\n\n"
        self.assertEqual(self.make(CONTRACT, SCRIPT + text), ("", "return {ARGV[2], 40, 'a', \"_-\"}\n" + text))

    def test_faults_fail_the_build(self):
        for fault, contract, script in (
                ("one.lua: C.TAKE_BOOT is not in", CONTRACT, SCRIPT + "return C.TAKE_BOOT\n"),
                ("one.lua: \"ARGV[3\" is a number", CONTRACT, SCRIPT + "return ARGV[3]\n"),
                ("one.lua: \"ARGV, 3\" is a number", CONTRACT, SCRIPT + "return unpack(ARGV, 3)\n"),
                ("no script uses SPARE", CONTRACT + "enum {\n\tSPARE = 1,\n};\n", SCRIPT),
                ("missing at: NEXT,", CONTRACT + "enum {\n\tNEXT,\n};\n", SCRIPT),
                ("not a number, a letter or a text: SUM = TAKE_NAME,", CONTRACT + "enum {\n\tSUM = TAKE_NAME,\n};\n",
                 SCRIPT)):
            said, _ = self.make(contract, script)
            self.assertIn(fault, said)

    def test_the_scripts_name_nothing_by_number(self):
        """What is asked for at build time holds for all that is there: the generated text knows no C.NAME any more."""
        with open(os.path.join(house.BUILD, "daemon", "delivery", "lua.h")) as file:
            scripts = [line for line in file if "lua_" in line]
        self.assertGreater(len(scripts), 15)
        for line in scripts:
            text = bytes(int(byte, 16) for byte in line.split("{")[1].split("}")[0].split(",")[:-1]).decode()
            self.assertNotRegex(text, r"\bC\.[A-Z]")

    def test_each_command_of_a_script_is_a_right_that_is_asked_for_and_named(self):
        """A right that only now and then is needed would be missed only then."""
        folder = os.path.join(house.SOURCE, "daemon", "delivery", "scripts")
        used = set()
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding="utf-8") as script:
                text = script.read()
            if name == "rights.lua":
                asked = {command(*found) for found in re.findall(r"\{'([A-Z]+)'(?:, '([A-Z]+)')?", text)}
            else:
                used |= {command(*found) for found in re.findall(r"call\('([A-Z]+)'(?:, '([A-Z]+)')?", text)}
        self.assertGreater(len(used), 30)
        with open(os.path.join(house.SOURCE, "docs", "propsd.conf.5.scd"), encoding="utf-8") as page:
            rule = set(re.search(r"^ACL SETUSER propsd .*?^```", page.read(), re.M | re.S).group().split())
        self.assertEqual({name for name in used if "+" + name not in rule and "+" + name.split("|")[0] not in rule}, set(), "the manual's rule")
        self.assertEqual(used - asked - {"info"}, set(), "rights.lua; without INFO one works, and says what is not looked at")


def command(name, sub):
    return f"{name}|{sub}".lower() if name == "XGROUP" else name.lower()


if __name__ == "__main__":
    unittest.main()
