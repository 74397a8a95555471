#include "libs/crypto/password_hash.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::crypto {
namespace {

Secret<32> key_of(std::uint8_t fill) {
  return Secret<32>(Bytes(32, fill));
}

// RFC 7693 has no keyed BLAKE2b-256 vector; this one is of Python's hashlib.blake2b(b"abc", key=b"\1"*32,
// digest_size=32).
TEST(KeyedDigest, IsBlake2b) {
  EXPECT_EQ(to_hex(keyed_digest(key_of(1), as_bytes("abc")).expose()),
            "8cc77af752046919e25cca7b87a17aaa67fb6aad75964f730a1c2178c986505c");
}

TEST(KeyedDigest, DependsOnKeyAndData) {
  const auto digest = keyed_digest(key_of(1), as_bytes("abc"));
  EXPECT_TRUE(digest == keyed_digest(key_of(1), as_bytes("abc")));
  EXPECT_FALSE(digest == keyed_digest(key_of(2), as_bytes("abc")));
  EXPECT_FALSE(digest == keyed_digest(key_of(1), as_bytes("abd")));
  EXPECT_FALSE(digest == keyed_digest(key_of(1), {}));
}

TEST(HardenedDigest, DependsOnDigestAndSalt) {
  initialise();
  const auto digest = keyed_digest(key_of(1), as_bytes("abc"));
  const auto first = hardened_digest(digest, PasswordSalt{1});
  ASSERT_TRUE(first);
  EXPECT_TRUE(*first == *hardened_digest(digest, PasswordSalt{1}));
  EXPECT_FALSE(*first == *hardened_digest(digest, PasswordSalt{2}));
  EXPECT_FALSE(*first == *hardened_digest(key_of(3), PasswordSalt{1}));
}

}  // namespace
}  // namespace sotto::crypto
