// The seed of a test that chooses by chance: from SOTTO_TEST_SEED, or a new one; printed, so that a failure can be had
// again. Random numbers of a test come from Dice, one for each thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string_view>

#include "libs/base/bytes.hpp"

namespace sotto::test {

inline std::uint64_t announced_seed() {
  const char* given = std::getenv("SOTTO_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "seed: SOTTO_TEST_SEED=" << seed << std::endl;
  return seed;
}

// make test-long sets it.
inline bool long_run() {
  const char* given = std::getenv("SOTTO_TEST_LONG");
  return given != nullptr && std::string_view(given) == "1";
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  // Both included.
  std::size_t between(std::size_t least, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(least, most)(engine_);
  }
  bool one_in(std::size_t count) { return between(1, count) == 1; }
  std::uint8_t byte() { return static_cast<std::uint8_t>(between(0, 255)); }
  Bytes bytes(std::size_t size) {
    Bytes out(size);
    std::generate(out.begin(), out.end(), [this] { return byte(); });
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sotto::test
