#include "tests/e2e/data_directory.hpp"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

namespace sotto::test {
namespace {

// The first bytes of a piece, by which it is looked up at every offset of a file.
std::uint64_t beginning(const std::uint8_t* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

Pieces::Pieces(const std::vector<Bytes>& values) : values_(values) {
  for (const auto& value : values_) count_ += value.size() / kSize;
}

std::size_t Pieces::found_in(const std::filesystem::path& directory) const {
  std::unordered_multimap<std::uint64_t, const std::uint8_t*> pieces;
  for (const auto& value : values_) {
    for (std::size_t at = 0; at + kSize <= value.size(); at += kSize) {
      pieces.emplace(beginning(value.data() + at), value.data() + at);
    }
  }
  std::unordered_set<const std::uint8_t*> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const Bytes file{std::istreambuf_iterator<char>(in), {}};
    for (std::size_t at = 0; at + kSize <= file.size(); ++at) {
      const auto [first, last] = pieces.equal_range(beginning(file.data() + at));
      for (auto piece = first; piece != last; ++piece) {
        if (std::memcmp(piece->second, file.data() + at, kSize) == 0) found.insert(piece->second);
      }
    }
  }
  return found.size();
}

}  // namespace sotto::test
