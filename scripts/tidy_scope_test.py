"""Tests of scripts/tidy-scope.cpp: clang-tidy with it says of our code what clang-tidy without it says."""

import importlib.machinery
import importlib.util
import pathlib
import subprocess
import tempfile
import unittest

loader = importlib.machinery.SourceFileLoader("tidy", str(pathlib.Path(__file__).with_name("tidy")))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)

LIBRARY = """#pragma once
#define LIBRARY_TEST(name, body) \\
  struct name { void run() { body } }
namespace library {
typedef int Old;
struct Unused {};
struct Text { unsigned long size() const { return 0; } bool empty() const { return true; } };
template <typename Value, typename Action> bool call(const Value& value, Action action) { return action(value); }
}
"""
HEADER = """#pragma once
#include <library.hpp>
typedef int InHeader;
"""
SOURCE = """#include "ours.hpp"
using library::Unused;
namespace library { typedef int InTheirNamespace; }
extern "C" { typedef int InC; }
int declared(int first);
int declared(int second);
int declared(int first) { if (first) { return 1; } else { return 2; } }
static int unused(int value) { return 1; }
LIBRARY_TEST(Case, library::Text text; if (text.size() == 0) { unused(1); });
bool calls() { return library::call(library::Text(), [](const library::Text& text) { return text.size() == 0; }); }
"""
CHECKS = ("misc-unused-parameters", "misc-unused-using-decls", "modernize-use-using", "readability-container-size-empty",
          "readability-else-after-return", "readability-inconsistent-declaration-parameter-name",
          "readability-redundant-declaration")


class TidyScope(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tidy.BUILD.mkdir(parents=True, exist_ok=True)
        tidy.build_scope()

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        (self.root / "library").mkdir()
        (self.root / "library/library.hpp").write_text(LIBRARY)
        (self.root / ".clang-tidy").write_text(f"Checks: '-*,{','.join(CHECKS)}'\nHeaderFilterRegex: '.*'\n")
        (self.root / "ours.hpp").write_text(HEADER)
        (self.root / "ours.cpp").write_text(SOURCE)

    def findings(self, *arguments):
        """Lines "file:line:column: warning: … [check]"."""
        result = subprocess.run([tidy.CLANG_TIDY, "--quiet", *arguments, self.root / "ours.cpp", "--", "-std=c++20",
                                 "-isystem", self.root / "library"], capture_output=True, text=True, check=True)
        return [line.removeprefix(f"{self.root}/") for line in result.stdout.splitlines() if ": warning: " in line]

    def test_finds_the_same_in_our_code(self):
        found = self.findings(*tidy.SCOPED)
        self.assertEqual(found, self.findings())
        for check in CHECKS:
            self.assertIn(f"[{check}]", " ".join(found))
        self.assertTrue(any(line.startswith("ours.hpp:3:") for line in found), found)
        for line in (3, 4, 9, 10):
            self.assertTrue(any(one.startswith(f"ours.cpp:{line}:") for one in found), found)

    def test_does_not_look_into_libraries(self):
        def in_library(*arguments):
            return [line for line in self.findings("--system-headers", *arguments) if "library.hpp:" in line]

        self.assertNotEqual(in_library(), [])
        self.assertEqual(in_library(*tidy.SCOPED), [])


if __name__ == "__main__":
    unittest.main()
