#include "libs/crypto/salsa20_stream.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include "libs/crypto/random.hpp"

namespace sotto::crypto {
namespace {

Bytes random(std::size_t size) {
  Bytes bytes(size);
  random_bytes(bytes);
  return bytes;
}

class Salsa20Stream : public testing::TestWithParam<std::uint32_t> {
 protected:
  static void SetUpTestSuite() { initialise(); }
};

// Sizes around one block, around the sixteen that are done together, and of a block of the protocol, at addresses of
// every kind.
TEST_P(Salsa20Stream, IsThatOfLibsodium) {
  const Bytes key = random(crypto_stream_salsa20_KEYBYTES);
  const Bytes nonce = random(crypto_stream_salsa20_NONCEBYTES);
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 63, 64, 65, 1023, 1024, 1025, 2047, 2048, 2049,
                                                                   5000, 16'336, 16'384, 100'000}) {
    for (const std::size_t offset : std::initializer_list<std::size_t>{0, 1, 16, 47}) {
      Bytes data = random(offset + size);
      Bytes expected = data;
      crypto_stream_salsa20_xor_ic(expected.data() + offset, expected.data() + offset, size, nonce.data(), GetParam(),
                                   key.data());
      salsa20_xor(key, nonce, GetParam(), MutableByteView(data).subspan(offset));
      EXPECT_EQ(data, expected) << size << " bytes at " << offset;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(FromCounter, Salsa20Stream, testing::Values(0, 1, 15, 1'000'000, 0x7fff'fff0));

}  // namespace
}  // namespace sotto::crypto
