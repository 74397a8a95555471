#include "tests/support/golden/golden_file.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace sotto::test {

void expect_golden(const std::string& file, const std::string& text) {
  const auto path = std::filesystem::path(SOTTO_SOURCE_DIR) / file;
  if (std::getenv("SOTTO_TEST_WRITE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream in(path, std::ios::binary);
  const std::string golden(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(text, golden) << file << " differs; if that is meant: SOTTO_TEST_WRITE_GOLDEN=1";
}

}  // namespace sotto::test
