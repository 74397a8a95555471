"""Tests of scripts/check-includes: each builds a small tree and runs the script on it."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("check-includes")


class CheckIncludes(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.module("libs/base", "SOURCES bytes.cpp")
        self.write("libs/base/bytes.hpp")
        self.write("libs/base/bytes.cpp", '#include "libs/base/bytes.hpp"')

    def write(self, path, *lines):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")

    def module(self, path, words=""):
        self.write(f"{path}/CMakeLists.txt", f"sotto_module({path} {words})")

    def run_script(self):
        return subprocess.run([sys.executable, "-B", SCRIPT, "--root", self.root], capture_output=True, text=True,
                              check=False)

    def assert_accepted(self):
        result = self.run_script()
        self.assertEqual(result.returncode, 0, result.stderr)

    def assert_refused(self, message):
        result = self.run_script()
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(message, result.stderr)

    def test_accepts_what_depends_names(self):
        self.module("libs/crypto", "SOURCES a.cpp DEPENDS libs/base")
        self.write("libs/crypto/a.cpp", '#include "libs/base/bytes.hpp"', "#include <vector>")
        self.assert_accepted()

    def test_refuses_an_include_that_depends_does_not_name(self):
        self.module("libs/crypto", "SOURCES a.cpp")
        self.write("libs/crypto/a.cpp", "", '#include "libs/base/bytes.hpp"')
        self.assert_refused("libs/crypto/a.cpp:2: libs/crypto does not name libs/base in DEPENDS")

    def test_does_not_take_dependencies_of_dependencies(self):
        self.module("libs/crypto", "DEPENDS libs/base")
        self.module("libs/smp", "SOURCES a.cpp DEPENDS libs/crypto")
        self.write("libs/smp/a.cpp", '#include "libs/base/bytes.hpp"')
        self.assert_refused("libs/smp does not name libs/base in DEPENDS")

    def test_reads_calls_of_several_lines_with_comments(self):
        self.write("libs/crypto/CMakeLists.txt", "sotto_module(libs/crypto", "  SOURCES a.cpp  # with (one) remark",
                   "  DEPENDS libs/base)")
        self.write("libs/crypto/a.cpp", '#include "libs/base/bytes.hpp"')
        self.assert_accepted()

    def test_lets_only_tests_use_test_depends(self):
        self.module("tests/support")
        self.write("tests/support/fake.hpp")
        self.module("libs/crypto", "SOURCES a.cpp TESTS a_test.cpp TEST_DEPENDS tests/support")
        self.write("libs/crypto/a.cpp")
        self.write("libs/crypto/a_test.cpp", '#include "tests/support/fake.hpp"')
        self.write("libs/crypto/test_values.hpp", '#include "tests/support/fake.hpp"')
        self.assert_accepted()
        self.write("libs/crypto/a.cpp", '#include "tests/support/fake.hpp"')
        self.assert_refused("libs/crypto/a.cpp:1: libs/crypto does not name tests/support in DEPENDS")

    def test_refuses_a_dependency_against_the_layers(self):
        self.module("libs/smp")
        for path, dependency in [("services/queue/domain", "libs/smp"), ("services/queue/domain", "libs/rocksdb"),
                                 ("gateway", "services/queue/domain"), ("gateway", "libs/rocksdb"),
                                 ("admin-cli", "gateway"), ("libs/rocksdb", "libs/smp-client"),
                                 ("services/queue/storage/rocksdb", "services/auth/domain")]:
            with self.subTest(path=path, dependency=dependency):
                self.module(path, f"DEPENDS {dependency}")
                self.assert_refused(f"{path}: may not depend on {dependency}")
                self.module(path)

    def test_tells_modules_of_one_folder_apart_by_their_files(self):
        self.write("standalone/CMakeLists.txt", "sotto_module(standalone SOURCES a.cpp)",
                   "sotto_module(standalone/program KIND PROGRAM SOURCES main.cpp DEPENDS standalone libs/base)")
        self.write("standalone/a.hpp")
        self.write("standalone/a.cpp", '#include "standalone/a.hpp"')
        self.write("standalone/main.cpp", '#include "standalone/a.hpp"', '#include "libs/base/bytes.hpp"')
        self.assert_accepted()
        self.write("standalone/a.cpp", '#include "libs/base/bytes.hpp"')
        self.assert_refused("standalone does not name libs/base in DEPENDS")

    def test_refuses_circles(self):
        self.module("gateway/a", "DEPENDS gateway/b")
        self.module("gateway/b", "DEPENDS gateway/a")
        self.assert_refused("circle: gateway/a -> gateway/b -> gateway/a")

    def test_refuses_third_party_headers_out_of_place(self):
        self.module("gateway", "SOURCES a.cpp")
        self.write("gateway/a.cpp", "#include <rocksdb/db.h>")
        self.assert_refused("<rocksdb/db.h> may only be used by libs/rocksdb")

    def test_refuses_files_that_are_not_built(self):
        self.write("libs/base/forgotten_test.cpp")
        self.assert_refused("libs/base/forgotten_test.cpp: is neither in SOURCES nor in TESTS of libs/base")

    def test_refuses_paths_that_do_not_start_at_the_root(self):
        self.write("libs/base/bytes.cpp", '#include "bytes.hpp"')
        self.assert_refused('"bytes.hpp" is in no module')


if __name__ == "__main__":
    unittest.main()
