"""Tests of scripts/check-contracts: each releases a small contract, changes it, and runs the script."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("check-contracts")

RELEASED = """
syntax = "proto3";
package sotto.test.v1;
service Post {
  rpc Send(Letter) returns (Receipt);
  rpc Watch(Receipt) returns (stream Letter);
}
message Letter {
  string to = 1;
  repeated string lines = 2;
  optional uint32 weight = 3;
  oneof cover {
    string stamp = 4;
    Box box = 5;
  }
  Kind kind = 6;
  message Box {
    int32 size = 1;
  }
}
message Receipt {}
enum Kind {
  KIND_UNSPECIFIED = 0;
  KIND_PARCEL = 1;
}
"""


class CheckContracts(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.contract = self.root / "proto/sotto/test/v1/test.proto"
        self.contract.parent.mkdir(parents=True)
        self.contract.write_text(RELEASED)
        self.assertEqual(self.run_script("--release", "1.0").returncode, 0)

    def run_script(self, *arguments):
        return subprocess.run([sys.executable, "-B", SCRIPT, "--root", self.root, *arguments], capture_output=True,
                              text=True, check=False)

    def change(self, before, after):
        text = self.contract.read_text()
        self.assertIn(before, text)
        self.contract.write_text(text.replace(before, after))

    def assert_accepted(self):
        result = self.run_script()
        self.assertEqual(result.returncode, 0, result.stderr)

    def assert_refused(self, before, after, message):
        with self.subTest(before=before, after=after):
            self.change(before, after)
            result = self.run_script()
            self.assertEqual(result.returncode, 1, result.stdout)
            self.assertIn(message, result.stderr)
            self.contract.write_text(RELEASED)

    def test_accepts_what_was_not_changed(self):
        self.assert_accepted()

    def test_accepts_what_is_added(self):
        self.change("Kind kind = 6;", "Kind kind = 6; string from = 7; map<string, Box> boxes = 8;")
        self.change("Box box = 5;", "Box box = 5; bytes seal = 9;")
        self.change("KIND_PARCEL = 1;", "KIND_PARCEL = 1; KIND_CARD = 2;")
        self.change("rpc Send", "rpc Return(Letter) returns (Receipt); rpc Send")
        self.change("message Receipt {}", "message Receipt { int64 time = 1; } message Other {}")
        self.assert_accepted()

    def test_refuses_changed_fields(self):
        self.assert_refused("string to = 1;", "", "sotto.test.v1.Letter.to (1): the field is gone")
        self.assert_refused("string to = 1;", "reserved 1;", "sotto.test.v1.Letter.to (1): the field is gone")
        self.assert_refused("string to = 1;", "string to = 7;", "sotto.test.v1.Letter.to (1): the field is gone")
        self.assert_refused("string to = 1;", "string receiver = 1;", "Letter.to (1): another name")
        self.assert_refused("string to = 1;", "bytes to = 1;", "Letter.to (1): another type")
        self.assert_refused("Kind kind = 6;", "int32 kind = 6;", "Letter.kind (6): another type")
        self.assert_refused("string to = 1;", "repeated string to = 1;", "Letter.to (1): another cardinality")
        self.assert_refused("repeated string lines", "string lines", "Letter.lines (2): another cardinality")
        self.assert_refused("optional uint32", "uint32", "Letter.weight (3): another presence")
        self.assert_refused("int32 size = 1;", "", "sotto.test.v1.Letter.Box.size (1): the field is gone")
        self.assert_refused("string stamp = 4;\n    Box box = 5;\n  }", "Box box = 5;\n  }\n  string stamp = 4;",
                            "Letter.stamp (4): another oneof")

    def test_refuses_changed_messages_and_enums(self):
        self.assert_refused("string stamp = 4;\n    Box box = 5;", "string stamp = 4;\n    Kind box = 5;",
                            "Letter.box (5): another type")
        self.assert_refused("enum Kind {\n  KIND_UNSPECIFIED = 0;\n  KIND_PARCEL = 1;",
                            "enum Kind {\n  KIND_UNSPECIFIED = 0;", "sotto.test.v1.Kind.KIND_PARCEL: the value is gone")
        self.assert_refused("KIND_PARCEL = 1", "KIND_PARCEL = 2", "Kind.KIND_PARCEL: another number")
        self.assert_refused("  Kind kind = 6;", "  Sort kind = 6;\n  enum Sort { SORT_UNSPECIFIED = 0; }",
                            "Letter.kind (6): another type")

    def test_refuses_changed_methods(self):
        self.assert_refused("rpc Send(Letter) returns (Receipt);", "", "sotto.test.v1.Post.Send: the method is gone")
        self.assert_refused("rpc Send(Letter)", "rpc Send(Receipt)", "Post.Send: another request")
        self.assert_refused("returns (Receipt)", "returns (Letter)", "Post.Send: another response")
        self.assert_refused("returns (stream Letter)", "returns (Letter)", "Post.Watch: another stream")
        self.assert_refused("service Post", "service Mail", "sotto.test.v1.Post: the service is gone")

    def test_refuses_changed_files(self):
        self.assert_refused("package sotto.test.v1", "package sotto.test.v2", "test.proto: another package")
        self.contract.rename(self.contract.with_name("other.proto"))
        self.assertIn("sotto/test/v1/test.proto: the file is gone", self.run_script().stderr)

    def test_compares_with_every_release(self):
        self.change("string to = 1;", "string to = 1; string from = 7;")
        self.assertEqual(self.run_script("--release", "1.1").returncode, 0)
        self.change("string from = 7;", "")
        result = self.run_script()
        self.assertEqual(result.returncode, 1)
        self.assertIn("1.1: sotto.test.v1.Letter.from (7): the field is gone", result.stderr)
        self.assertNotIn("1.0:", result.stderr)

    def test_does_not_release_what_breaks_a_release(self):
        self.change("string to = 1;", "")
        self.assertEqual(self.run_script("--release", "1.1").returncode, 1)
        self.assertFalse((self.root / "proto/released/1.1.binpb").exists())

    def test_refuses_to_compare_with_nothing(self):
        (self.root / "proto/released/1.0.binpb").unlink()
        self.assertEqual(self.run_script().returncode, 1)


if __name__ == "__main__":
    unittest.main()
