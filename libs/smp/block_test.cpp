#include "libs/smp/block.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/smp/values_test.hpp"

namespace sotto::smp {
namespace {

using tests::hex_field;
using tests::matches_vector;

TEST(Padding, RoundTripsAtTheEdges) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{255}, std::size_t{256}, kMaxContent}) {
    const Bytes content(size, 0xab);
    Bytes out{9};
    ASSERT_TRUE(pad(content, kBlockSize, out)) << size;
    ASSERT_EQ(out.size(), 1 + kBlockSize) << "appended";
    const auto padded = ByteView(out).subspan(1);
    EXPECT_TRUE(equal(unpad(padded).value(), content)) << size;
    for (const auto byte : padded.subspan(2 + size)) ASSERT_EQ(byte, '#');

    Bytes in_place(kBlockSize, 0);
    std::copy(content.begin(), content.end(), in_place.begin() + 2);
    ASSERT_TRUE(pad_in_place(in_place, size));
    EXPECT_TRUE(equal(in_place, padded)) << size;
  }
}

TEST(Padding, ContentThatDoesNotFit) {
  Bytes out;
  EXPECT_FALSE(pad(Bytes(kMaxContent + 1), kBlockSize, out));
  EXPECT_FALSE(pad(Bytes(1), 2, out));
  EXPECT_FALSE(pad({}, 1, out));
  EXPECT_FALSE(pad(Bytes(65536), 70000, out)) << "a length of two bytes ends at 65535";
  EXPECT_TRUE(out.empty());
  Bytes block(kBlockSize);
  EXPECT_FALSE(pad_in_place(block, kMaxContent + 1));
}

TEST(Padding, ImpossibleLengths) {
  EXPECT_EQ(unpad({}), std::nullopt);
  EXPECT_EQ(unpad(Bytes{0}), std::nullopt);
  EXPECT_TRUE(unpad(Bytes{0, 0}).value().empty());
  EXPECT_EQ(unpad(Bytes{0, 1}), std::nullopt);
  EXPECT_EQ(unpad(Bytes{0xff, 0xff, 1}), std::nullopt);
}

class BlockVectors : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  const nlohmann::json vectors = tests::load_vectors("crypto.json");

  [[nodiscard]] BlockChains chains() const {
    const auto& v = vectors["block_chain"];
    return make_block_chains(crypto::RawKey(hex_field(v, "dh_secret_raw")), hex_field(v, "session_id"));
  }
  // A block with the content of the vector where encrypt_block expects it.
  static Bytes block_with(ByteView content) {
    Bytes block(kBlockSize, 0);
    std::copy(content.begin(), content.end(), block.begin() + crypto::kBoxTagSize + 2);
    return block;
  }
};

TEST_F(BlockVectors, ChainsGiveTheStatedKeysAndNonces) {
  auto made = chains();
  for (const auto& [name, chain] :
       {std::pair{"server_to_client", &made.server_to_client}, {"client_to_server", &made.client_to_server}}) {
    for (const auto& step : vectors["block_chain"][name]) {
      const auto next = chain->next();
      EXPECT_EQ(to_hex(next.raw_key.expose()), step["key"].get<std::string>());
      EXPECT_EQ(to_hex(next.nonce), step["nonce"].get<std::string>());
      EXPECT_EQ(next.key, crypto::BoxKey::from_raw(next.raw_key));
    }
  }
}

TEST_F(BlockVectors, PlainBlock) {
  Bytes block;
  ASSERT_TRUE(pad(hex_field(vectors["block"], "content"), kBlockSize, block));
  EXPECT_TRUE(matches_vector(block, vectors["block"]["plain_block"]));
}

TEST_F(BlockVectors, EncryptedBlockIsTheFirstOfTheServer) {
  const auto content = hex_field(vectors["block"], "content");
  auto block = block_with(content);
  auto ours = chains();
  ASSERT_TRUE(encrypt_block(ours.server_to_client, block, content.size()));
  EXPECT_TRUE(matches_vector(block, vectors["block"]["encrypted_block"]));

  auto theirs = chains();
  const auto opened = decrypt_block(theirs.server_to_client, block);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(equal(*opened, content));
}

TEST_F(BlockVectors, ContentAtTheEdges) {
  auto ours = chains();
  auto theirs = chains();
  for (const std::size_t size : {std::size_t{0}, kMaxEncryptedContent}) {
    const Bytes content(size, 7);
    auto block = block_with(content);
    ASSERT_TRUE(encrypt_block(ours.client_to_server, block, size));
    EXPECT_TRUE(equal(decrypt_block(theirs.client_to_server, block).value(), content));
  }
  Bytes block(kBlockSize);
  EXPECT_FALSE(encrypt_block(ours.client_to_server, block, kMaxEncryptedContent + 1));
  // A refused block used no key: the next one still opens.
  block = block_with({});
  ASSERT_TRUE(encrypt_block(ours.client_to_server, block, 0));
  EXPECT_TRUE(decrypt_block(theirs.client_to_server, block));
}

TEST_F(BlockVectors, ABlockThatDoesNotOpenMovesTheChainOn) {
  auto ours = chains();
  auto theirs = chains();
  auto first = block_with({});
  auto second = block_with({});
  ASSERT_TRUE(encrypt_block(ours.client_to_server, first, 3));
  ASSERT_TRUE(encrypt_block(ours.client_to_server, second, 3));
  first[100] ^= 1U;
  EXPECT_EQ(decrypt_block(theirs.client_to_server, first), std::nullopt);
  EXPECT_TRUE(decrypt_block(theirs.client_to_server, second));
}

TEST_F(BlockVectors, AnImpossibleLengthInsideAnAuthenticBlock) {
  auto ours = chains();
  auto theirs = chains();
  Bytes block(kBlockSize, 0xff);
  const auto step = ours.client_to_server.next();
  crypto::box_seal_in_place(step.key, step.nonce, block);
  EXPECT_EQ(decrypt_block(theirs.client_to_server, block), std::nullopt);
}

TEST_F(BlockVectors, EveryTruncationIsRefused) {
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 15, 16, 17, 18}) {
    auto made = chains();
    Bytes block(size);
    EXPECT_EQ(decrypt_block(made.client_to_server, block), std::nullopt) << size;
  }
}

}  // namespace
}  // namespace sotto::smp
