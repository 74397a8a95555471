#include "libs/crypto/hash.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/vectors/vectors.hpp"

namespace sotto::crypto {
namespace {

using tests::hex_field;

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

Bytes hkdf(ByteView salt, ByteView input_key, ByteView info, std::size_t size) {
  Bytes out(size);
  hkdf_sha512(salt, input_key, info, out);
  return out;
}

// The examples of FIPS 180-4, FIPS 202 and RFC 1321 for "abc".
TEST(Hash, KnownDigests) {
  const ByteView abc = as_bytes("abc");
  EXPECT_EQ(to_hex(sha256(abc)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha512(abc)),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(to_hex(sha3_384(abc)),
            "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25");
  EXPECT_EQ(to_hex(md5(abc)), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(to_hex(md5({})), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Hash, Sha512OfTwoPartsIsOfTheirConcatenation) {
  const Bytes whole(300, 0x5a);
  for (std::size_t cut : {0U, 1U, 127U, 128U, 299U, 300U}) {
    EXPECT_EQ(sha512(ByteView(whole).first(cut), ByteView(whole).subspan(cut)), sha512(whole)) << cut;
  }
}

TEST(Hash, ClientMadeSenderId) {
  const auto vector = tests::load_vectors("crypto.json").at("client_sender_id");
  const auto digest = sha3_384(hex_field(vector, "corr_id"));
  EXPECT_TRUE(tests::matches_vector(ByteView(digest).first(24), vector.at("sender_id")));
}

TEST(Hash, IdsHashIsTheXorOfMd5s) {
  const auto vector = tests::load_vectors("crypto.json").at("ids_hash");
  std::array<std::uint8_t, 16> sum{};
  for (const auto& id : vector.at("ids")) {
    const auto digest = md5(tests::hex_bytes(id));
    std::transform(sum.begin(), sum.end(), digest.begin(), sum.begin(),
                   [](auto a, auto b) { return static_cast<std::uint8_t>(a ^ b); });
  }
  EXPECT_TRUE(tests::matches_vector(sum, vector.at("hash")));
}

// The inputs of RFC 5869 appendix A, cases 1 to 3, with SHA-512; outputs computed with Python's hmac module.
TEST(Hkdf, InputsOfRfc5869) {
  const Bytes key(22, 0x0b);
  EXPECT_EQ(to_hex(hkdf(hex("000102030405060708090a0b0c"), key, hex("f0f1f2f3f4f5f6f7f8f9"), 42)),
            "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cb");
  EXPECT_EQ(to_hex(hkdf({}, key, {}, 42)),
            "f5fa02b18298a72a8c23898a8703472c6eb179dc204c03425c970e3b164bf90fff22d04836d0e2343bac");

  Bytes input_key;
  Bytes salt;
  Bytes info;
  for (std::uint8_t i = 0; i < 80; ++i) {
    input_key.push_back(i);
    salt.push_back(static_cast<std::uint8_t>(0x60 + i));
    info.push_back(static_cast<std::uint8_t>(0xb0 + i));
  }
  EXPECT_EQ(to_hex(hkdf(salt, input_key, info, 82)),
            "ce6c97192805b346e6161e821ed165673b84f400a2b514b2fe23d84cd189ddf1b695b48cbd1c838844"
            "1137b3ce28f16aa64ba33ba466b24df6cfcb021ecff235f6a2056ce3af1de44d572097a8505d9e7a93");
}

TEST(Hkdf, EmptySaltIsZeros) {
  const Bytes key(32, 1);
  EXPECT_EQ(hkdf({}, key, as_bytes("info"), 88), hkdf(Bytes(64, 0), key, as_bytes("info"), 88));
}

TEST(Hkdf, ASaltLongerThanABlockIsHashed) {
  const Bytes salt(129, 3);
  const Bytes key(32, 1);
  EXPECT_EQ(hkdf(salt, key, {}, 64), hkdf(sha512(salt), key, {}, 64));
}

TEST(Hkdf, AShorterOutputIsAPrefixUpToTheLongest) {
  const Bytes key(32, 1);
  const std::size_t longest = 255 * std::size_t{64};
  const Bytes all = hkdf({}, key, as_bytes("info"), longest);
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65},
                           std::size_t{88}, longest - 1}) {
    EXPECT_TRUE(equal(hkdf({}, key, as_bytes("info"), size), ByteView(all).first(size))) << size;
  }
}

// docs/wire.md section 4: the keys of encrypted blocks, both directions.
TEST(Hkdf, BlockKeyChains) {
  const auto vector = tests::load_vectors("crypto.json").at("block_chain");
  const Bytes init =
      hkdf(hex_field(vector, "session_id"), hex_field(vector, "dh_secret_raw"), as_bytes("SimpleXSbChainInit"), 64);
  const auto follow = [](ByteView chain_key, const nlohmann::json& steps) {
    Bytes chain = to_bytes(chain_key);
    for (const auto& step : steps) {
      const Bytes out = hkdf({}, chain, as_bytes("SimpleXSbChain"), 88);
      EXPECT_TRUE(tests::matches_vector(ByteView(out).subspan(32, 32), step.at("key")));
      EXPECT_TRUE(tests::matches_vector(ByteView(out).subspan(64, 24), step.at("nonce")));
      chain = to_bytes(ByteView(out).first(32));
    }
  };
  ASSERT_EQ(vector.at("server_to_client").size(), 4U);
  ASSERT_EQ(vector.at("client_to_server").size(), 4U);
  follow(ByteView(init).first(32), vector.at("server_to_client"));
  follow(ByteView(init).last(32), vector.at("client_to_server"));
}

}  // namespace
}  // namespace sotto::crypto
