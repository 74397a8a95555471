#include "tests/support/child/temp_dir.hpp"

#include <stdlib.h>  // mkdtemp is POSIX

#include <stdexcept>

namespace sotto::test {

TempDir::TempDir() {
  auto pattern = (std::filesystem::temp_directory_path() / "sotto-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace sotto::test
