#include "bench/load/numbered_body.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sotto::bench {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kChunk = 64;  // words made at a time, so that the compiler can do several in one step

// Spreads the numbers over all bits (the finaliser of MurmurHash3).
std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

// The words of a pattern, a chunk at a time.
class Pattern {
 public:
  explicit Pattern(const Number& number) : word_(mixed(number.sequence ^ mixed(number.queue + 1))) {}
  const std::array<std::uint64_t, kChunk>& next() {
    for (std::size_t i = 0; i < kChunk; ++i) words_[i] = word_ + i * kStep;
    word_ += kChunk * kStep;
    return words_;
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;
  std::uint64_t word_;
  std::array<std::uint64_t, kChunk> words_{};
};

}  // namespace

void write_body(const Number& number, MutableByteView body) {
  std::memcpy(body.data(), &number.queue, kWord);
  std::memcpy(body.data() + kWord, &number.sequence, kWord);
  Pattern pattern(number);
  for (auto rest = body.subspan(kLeastBody); !rest.empty();) {
    const auto size = std::min(rest.size(), kChunk * kWord);
    std::memcpy(rest.data(), pattern.next().data(), size);
    rest = rest.subspan(size);
  }
}

std::optional<Number> number_of(ByteView body) {
  if (body.size() < kLeastBody) return std::nullopt;
  Number number;
  std::memcpy(&number.queue, body.data(), kWord);
  std::memcpy(&number.sequence, body.data() + kWord, kWord);
  return number;
}

bool has_pattern(ByteView body) {
  Pattern pattern(*number_of(body));
  for (auto rest = body.subspan(kLeastBody); !rest.empty();) {
    const auto size = std::min(rest.size(), kChunk * kWord);
    if (std::memcmp(rest.data(), pattern.next().data(), size) != 0) return false;
    rest = rest.subspan(size);
  }
  return true;
}

}  // namespace sotto::bench
