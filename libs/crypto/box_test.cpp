#include "libs/crypto/box.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include "libs/crypto/random.hpp"
#include "tests/support/vectors/vectors.hpp"

namespace sotto::crypto {
namespace {

using tests::hex_field;

class Box : public testing::Test {
 protected:
  static void SetUpTestSuite() { initialise(); }

  const nlohmann::json vectors = tests::load_vectors("crypto.json");
  const nlohmann::json& box = vectors.at("box");
  const BoxKey key = BoxKey::from_raw(RawKey(hex_field(box, "key")));
  const Nonce nonce = nonce_from(hex_field(box, "nonce"));
  const Bytes message = hex_field(box, "message");
  const Bytes sealed = hex_field(box, "out_no_pad");
};

TEST_F(Box, SealsAsTheVector) {
  EXPECT_EQ(box_seal(key, nonce, message), sealed);
}

TEST_F(Box, SealsPaddedAsTheVector) {
  Bytes padded{0, static_cast<std::uint8_t>(message.size())};
  append(padded, message);
  padded.resize(64, '#');
  EXPECT_EQ(box_seal(key, nonce, padded), hex_field(box, "out_padded_64"));
}

TEST_F(Box, AppendsToWhatIsThere) {
  Bytes out{1, 2, 3};
  box_seal(key, nonce, message, out);
  EXPECT_TRUE(equal(ByteView(out).first(3), Bytes{1, 2, 3}));
  EXPECT_TRUE(equal(ByteView(out).subspan(3), sealed));
}

TEST_F(Box, OpensTheVector) {
  EXPECT_EQ(box_open(key, nonce, sealed), message);
}

TEST_F(Box, SealsAndOpensInPlace) {
  Bytes buffer(kBoxTagSize);
  append(buffer, message);
  box_seal_in_place(key, nonce, buffer);
  EXPECT_EQ(buffer, sealed);
  const auto plain = box_open_in_place(key, nonce, buffer);
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->data(), buffer.data() + kBoxTagSize);
  EXPECT_TRUE(equal(*plain, message));
}

TEST_F(Box, SealsABlockAsTheVector) {
  const auto& vector = vectors.at("block");
  const Bytes content = hex_field(vector, "content");
  Bytes block{static_cast<std::uint8_t>(content.size() >> 8U), static_cast<std::uint8_t>(content.size() & 0xffU)};
  append(block, content);
  block.resize(16384 - kBoxTagSize, '#');
  const auto block_key = BoxKey::from_raw(RawKey(hex_field(vector, "key")));
  const Bytes encrypted = box_seal(block_key, nonce_from(hex_field(vector, "nonce")), block);
  EXPECT_TRUE(tests::matches_vector(encrypted, vector.at("encrypted_block")));
  block.resize(16384, '#');
  EXPECT_TRUE(tests::matches_vector(block, vector.at("plain_block")));
}

// Large ones are not made by libsodium: each must be what libsodium makes and opens.
TEST_F(Box, OfEverySizeIsThatOfLibsodium) {
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 31, 32, 33, 1022, 1023, 1024, 1025, 1055, 1056,
                                                                   1057, 2080, 16'048, 16'368, 70'000}) {
    Bytes plain(size);
    random_bytes(plain);
    Bytes expected(kBoxTagSize + size);
    crypto_secretbox_easy(expected.data(), plain.data(), size, nonce.data(), key.expose().data());
    EXPECT_EQ(box_seal(key, nonce, plain), expected) << size;
    EXPECT_EQ(box_open(key, nonce, expected), plain) << size;
    for (const std::size_t changed : {std::size_t{0}, kBoxTagSize - 1, kBoxTagSize, kBoxTagSize + size - 1}) {
      Bytes wrong = expected;
      wrong[changed] ^= 0x40U;
      const Bytes before = wrong;
      EXPECT_FALSE(box_open_in_place(key, nonce, wrong).has_value()) << size;
      EXPECT_EQ(wrong, before) << size;
    }
  }
}

TEST_F(Box, AnEmptyMessageIsATagOnly) {
  const Bytes tag = box_seal(key, nonce, {});
  EXPECT_EQ(tag.size(), kBoxTagSize);
  EXPECT_EQ(box_open(key, nonce, tag), Bytes{});
  Bytes buffer = tag;
  EXPECT_EQ(box_open_in_place(key, nonce, buffer)->size(), 0U);
}

TEST_F(Box, EveryChangedByteIsRefusedAndTheBufferLeftAlone) {
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 1U;
    EXPECT_FALSE(box_open(key, nonce, changed)) << i;
    Bytes buffer = changed;
    EXPECT_FALSE(box_open_in_place(key, nonce, buffer)) << i;
    EXPECT_EQ(buffer, changed);
  }
}

TEST_F(Box, EveryShorterBoxIsRefused) {
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(box_open(key, nonce, ByteView(sealed).first(size))) << size;
    Bytes buffer(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(box_open_in_place(key, nonce, buffer)) << size;
  }
}

TEST_F(Box, AnotherKeyOrNonceIsRefused) {
  EXPECT_FALSE(box_open(key, reversed(nonce), sealed));
  EXPECT_FALSE(box_open(BoxKey{}, nonce, sealed));
}

TEST_F(Box, KeyComesBackFromStorage) {
  const Bytes stored = to_bytes(key.expose());
  EXPECT_EQ(BoxKey::from_stored(stored), key);
  EXPECT_NE(stored, hex_field(box, "key")) << "k2 is kept, not the raw key";
}

TEST_F(Box, NonceOfACorrelationId) {
  EXPECT_EQ(nonce_from({}), Nonce{});
  EXPECT_EQ(nonce_from(Bytes{7, 8}), (Nonce{7, 8}));
  Bytes longer = to_bytes(nonce);
  longer.push_back(9);
  EXPECT_EQ(nonce_from(longer), nonce);
}

TEST_F(Box, ReversedNonceAsTheVector) {
  const auto& vector = vectors.at("reverse_nonce");
  EXPECT_TRUE(tests::matches_vector(reversed(nonce_from(hex_field(vector, "nonce"))), vector.at("reversed")));
}

TEST_F(Box, RandomNoncesDiffer) {
  EXPECT_NE(random_nonce(), random_nonce());
}

}  // namespace
}  // namespace sotto::crypto
