// What lies in the files of a directory. For tests that must know that something is gone.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "libs/base/bytes.hpp"

namespace sotto::test {

// Cuts what is looked for into pieces of 64 bytes, and counts how many of them stand anywhere in the files below
// `directory`, at any offset. A store may break a value at its page boundaries, so a value that is there need not have
// all of its pieces; one that is gone has none.
class Pieces {
 public:
  static constexpr std::size_t kSize = 64;

  // What is shorter than a piece is left out.
  explicit Pieces(const std::vector<Bytes>& values);
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::size_t found_in(const std::filesystem::path& directory) const;

 private:
  std::vector<Bytes> values_;
  std::size_t count_ = 0;
};

}  // namespace sotto::test
