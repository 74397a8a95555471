#!/usr/bin/env python3
"""Tests of scripts/check-names."""

import importlib.machinery
import importlib.util
import pathlib
import unittest

LOADER = importlib.machinery.SourceFileLoader("check_names", str(pathlib.Path(__file__).with_name("check-names")))
SPEC = importlib.util.spec_from_loader("check_names", LOADER)
check_names = importlib.util.module_from_spec(SPEC)
LOADER.exec_module(check_names)

HEADER = """namespace sotto::cli {

class Later;
enum class Kind : int { one };
struct Made {
  struct Inside {};
};

}  // namespace sotto::cli
"""


class Names(unittest.TestCase):
    def test_full_names_of_what_is_defined_and_not_of_what_is_declared(self):
        self.assertEqual(list(check_names.types_of(HEADER)), ["sotto::cli::Kind", "sotto::cli::Made"])

    def test_a_class_of_a_class_is_not_the_class(self):
        text = "namespace a {\nclass Store {\n};\nclass Store::Row final : public Base {\n};\n}  // namespace a\n"
        self.assertEqual(list(check_names.types_of(text)), ["a::Store"])

    def test_the_same_name_in_two_headers_is_found(self):
        other = HEADER.replace("sotto::cli", "sotto::smp")
        places = check_names.places_of([("a.hpp", HEADER), ("b.hpp", other), ("c.hpp", HEADER)])
        self.assertEqual(places["sotto::cli::Made"], ["a.hpp", "c.hpp"])
        self.assertEqual(places["sotto::smp::Made"], ["b.hpp"])


if __name__ == "__main__":
    unittest.main()
