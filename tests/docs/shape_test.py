#!/usr/bin/env python3
"""What counts as the same output, and which blocks are found."""

import unittest

import blocks
import shape

FINGERPRINT = "VPPiBSdMeztxCamNUkIZW7ekY8ih_DZBUiU0HCEOww4="
OTHER = "mfmhUjCL_BonSCwIiXrzGoaHQpJJdIO8Lg2oTUKC5DE="


class Shape(unittest.TestCase):
    def same(self, said, seen):
        self.assertIsNone(shape.difference(said, seen))

    def differs(self, said, seen):
        self.assertIsNotNone(shape.difference(said, seen))

    def test_fingerprints_numbers_times_and_addresses_may_differ(self):
        self.same(f"smp://{FINGERPRINT}:***@host", f"smp://{OTHER}:***@host")
        self.same("  ok    tcp    21 ms  192.0.2.7:5223", "  ok    tcp     0 ms  127.0.0.1:31234")
        self.same("until 2027-02-22T16:00:00Z", "until 2262-04-11T23:47:16Z or later")

    def test_words_may_not(self):
        self.differs("state valid", "state expired")
        self.differs("the page", "the page and more")
        self.differs(FINGERPRINT, OTHER[:-3])

    def test_lines_are_the_same_and_in_order(self):
        self.differs("one\ntwo", "two\none")
        self.differs("one", "one\ntwo")
        self.differs("one\ntwo", "one")
        self.same("one\n…\nlast", "one\nother\nanother\nlast")
        self.differs("one\n…\nlast", "one\nother")
        self.same("cause=\"gone, …", "cause=\"gone, and more\"")

    def test_documents_have_the_same_keys_and_kinds(self):
        self.same('{"a": 1, "b": ["x 1"]}', '{"a": 2, "b": ["x 3", "y"]}')
        self.differs('{"a": 1}', '{"a": "1"}')
        self.differs('{"a": 1}', '{"a": 1, "b": 2}')
        self.differs('{"a": [1]}', '{"a": []}')
        self.differs('{"a": "valid"}', '{"a": "expired"}')
        self.differs('{"a": 1}', "no document")


class Blocks(unittest.TestCase):
    def read(self, text):
        return list(blocks.blocks("page", text))

    def test_a_block_has_the_comment_before_it(self):
        [one] = self.read("text\n<!-- run: scene/step, exit 3, output differs, without make -->\n```sh\nmake\nls\n```\n")
        self.assertEqual((one.kind, one.scene, one.step, one.exit_code, one.compared), ("run", "scene", "step", 3, False))
        self.assertEqual(blocks.commands(one), [("ls\n", None)])
        [one] = self.read("<!-- not run: it needs a cluster -->\n```\nkubectl\n```\n")
        self.assertEqual((one.kind, one.reason), ("not run", "it needs a cluster"))

    def test_what_may_be_commands_needs_one(self):
        for text, shell in (("```\nls\n```\n", True), ("```sh\nls\n```\n", True), ("```text\n$ ls\n```\n", True), ("```json\n{}\n```\n", False)):
            [one] = self.read(text)
            self.assertEqual((one.kind, one.is_shell), ("", shell), text)

    def test_commands_stand_behind_prompts(self):
        [one] = self.read("```console\n$ a \\\n  b\nsays\n$ c\n```\n")
        self.assertEqual(blocks.commands(one), [("a \\\n  b", "says"), ("c", None)])

    def test_an_option_that_nobody_knows_is_refused(self):
        with self.assertRaises(SystemExit):
            self.read("<!-- run: scene/step, quickly -->\n```sh\nls\n```\n")


unittest.main()
