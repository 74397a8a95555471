#include "libs/smp/transmission.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/keys.hpp"
#include "libs/crypto/random.hpp"
#include "libs/smp/authorization.hpp"
#include "libs/smp/values_test.hpp"

namespace sotto::smp {
namespace {

using tests::hex_field;

class Transmissions : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  const nlohmann::json vectors = tests::load_vectors("transmissions.json");
  const Bytes session_id = hex_field(vectors, "session_id");
  const Bytes corr_id = hex_field(vectors, "corr_id");
  const Bytes entity_id = hex_field(vectors, "entity_id");
  const Bytes signed_content = hex_field(vectors, "signed");

  void expect_parts(const Transmission& t, AuthorizationKind kind) const {
    EXPECT_EQ(authorization_kind(t.authorization), kind);
    EXPECT_TRUE(equal(t.corr_id, corr_id));
    EXPECT_TRUE(equal(t.entity_id, entity_id));
    EXPECT_EQ(as_text(t.command), "SUB");
  }
  // Parses, checks the parts and that what is signed and the encoding come out as they were.
  void round_trip(const Bytes& text, Version version, AuthorizationKind kind) const {
    const auto t = parse_transmission(text, version);
    ASSERT_TRUE(t) << version;
    expect_parts(*t, kind);
    Bytes to_sign;
    append_signed_content(*t, session_id, version, to_sign);
    EXPECT_EQ(to_hex(to_sign), to_hex(signed_content)) << version;
    Bytes again;
    encode_transmission(*t, version, again);
    EXPECT_EQ(to_hex(again), to_hex(text)) << version;
  }
  // As many transmissions as stated, each of the given size, as a list.
  static Bytes list_of(std::size_t count, std::size_t size) {
    BlockPacker packer;
    for (std::size_t i = 0; i < count; ++i) packer.add(Bytes(size, 0));
    return packer.take();
  }
};

TEST_F(Transmissions, WhatIsSigned) {
  Bytes out;
  append_signed_content(session_id, corr_id, entity_id, as_bytes("SUB"), out);
  EXPECT_EQ(to_hex(out), to_hex(signed_content));
}

TEST_F(Transmissions, VectorsOfEveryForm) {
  const auto v6 = hex_field(vectors, "v6_ed25519");
  round_trip(v6, 6, AuthorizationKind::ed25519);
  EXPECT_TRUE(equal(parse_transmission(v6, 6)->session_id, session_id));
  for (Version version = 7; version <= 15; ++version) {
    round_trip(hex_field(vectors, "v7_to_v15_ed25519"), version, AuthorizationKind::ed25519);
  }
  for (Version version = 16; version <= 20; ++version) {
    round_trip(hex_field(vectors, "v16_ed25519_no_service"), version, AuthorizationKind::ed25519);
    round_trip(hex_field(vectors, "v16_x25519_no_service"), version, AuthorizationKind::authenticator);
    round_trip(hex_field(vectors["v16_service"], "transmission"), version, AuthorizationKind::ed25519);
  }
}

TEST_F(Transmissions, EncodedFromItsParts) {
  Transmission t;
  const auto parsed_text = hex_field(vectors, "v6_ed25519");
  const auto parsed = *parse_transmission(parsed_text, 6);
  t.authorization = parsed.authorization;
  t.session_id = session_id;
  t.corr_id = corr_id;
  t.entity_id = entity_id;
  t.command = as_bytes("SUB");
  for (const auto& [version, name] :
       {std::pair<Version, const char*>{6, "v6_ed25519"}, {7, "v7_to_v15_ed25519"}, {16, "v16_ed25519_no_service"}}) {
    Bytes out;
    encode_transmission(t, version, out);
    EXPECT_EQ(to_hex(out), vectors[name].get<std::string>());
  }
}

TEST_F(Transmissions, ServiceSignature) {
  const auto& service = vectors["v16_service"];
  const auto text = hex_field(service, "transmission");
  const auto t = parse_transmission(text, 16);
  ASSERT_TRUE(t);
  EXPECT_EQ(t->service_signature.size(), 64U);
  EXPECT_EQ(service["service_key_signs"].get<std::string>(), to_hex(signed_content));
  const auto certificate_hash = hex_field(service, "service_cert_hash");
  EXPECT_EQ(service["queue_key_signs"].get<std::string>(), to_hex(certificate_hash) + to_hex(signed_content));
}

TEST_F(Transmissions, UnsignedPing) {
  const auto text = hex_field(vectors, "v16_unsigned_ping");
  for (const Version version : std::initializer_list<Version>{7, 15, 16, 20}) {
    const auto t = parse_transmission(text, version);
    ASSERT_TRUE(t);
    EXPECT_EQ(authorization_kind(t->authorization), AuthorizationKind::none);
    EXPECT_TRUE(t->entity_id.empty());
    EXPECT_EQ(as_text(t->command), "PING");
    Bytes again;
    encode_transmission(*t, version, again);
    EXPECT_EQ(again, text);
  }
}

TEST_F(Transmissions, BlockOfOne) {
  const auto content = hex_field(vectors, "block_content_of_one");
  const auto block = parse_block(content, 16);
  ASSERT_TRUE(block);
  ASSERT_EQ(block->transmissions.size(), 1U);
  expect_parts(block->transmissions[0].value(), AuthorizationKind::authenticator);
  BlockPacker packer;
  packer.add(hex_field(vectors, "v16_x25519_no_service"));
  EXPECT_EQ(to_hex(packer.take()), to_hex(content));
}

TEST_F(Transmissions, ListsThatLie) {
  EXPECT_FALSE(parse_block({}, 16));
  EXPECT_FALSE(parse_block(Bytes{0}, 16)) << "none";
  EXPECT_FALSE(parse_block(Bytes{1}, 16)) << "fewer than counted";
  EXPECT_FALSE(parse_block(Bytes{1, 0, 5, 0, 0}, 16)) << "longer than there";
  EXPECT_FALSE(parse_block(Bytes{1, 0, 3, 0, 0, 0, 9}, 16)) << "bytes over";
  EXPECT_FALSE(parse_block(Bytes{255, 0, 0}, 16));
}

TEST_F(Transmissions, ATransmissionThatDoesNotParseLeavesTheOthers) {
  BlockPacker packer;
  packer.add(hex_field(vectors, "v16_unsigned_ping"));
  packer.add(as_bytes("\x09nonsense"));
  packer.add({});
  packer.add(hex_field(vectors, "v16_unsigned_ping"));
  const auto content = packer.take();
  const auto block = parse_block(content, 16);
  ASSERT_TRUE(block);
  ASSERT_EQ(block->transmissions.size(), 4U);
  EXPECT_TRUE(block->transmissions[0]);
  EXPECT_FALSE(block->transmissions[1]);
  EXPECT_FALSE(block->transmissions[2]);
  EXPECT_TRUE(block->transmissions[3]);
}

TEST_F(Transmissions, AServiceSignatureOfAnotherSizeDoesNotParse) {
  auto text = hex_field(vectors["v16_service"], "transmission");
  const std::size_t length_at = 1 + 64 + 1;
  ASSERT_EQ(text[length_at], 64);
  text[length_at] = 63;
  EXPECT_FALSE(parse_transmission(text, 16));
}

TEST_F(Transmissions, DamagedTransmissionsAndBlocks) {
  const auto check = [](ByteView damaged, Version version) {
    if (const auto t = parse_transmission(damaged, version)) {
      Bytes again;
      encode_transmission(*t, version, again);
      EXPECT_TRUE(equal(again, damaged));
    }
  };
  for (const auto& [version, name] : {std::pair<Version, const char*>{6, "v6_ed25519"},
                                      {7, "v7_to_v15_ed25519"},
                                      {16, "v16_ed25519_no_service"},
                                      {16, "v16_x25519_no_service"},
                                      {16, "v16_unsigned_ping"}}) {
    const Version in_version = version;
    test::for_each_damaged(hex_field(vectors, name), [&](ByteView damaged) { check(damaged, in_version); });
  }
  test::for_each_damaged(hex_field(vectors["v16_service"], "transmission"),
                         [&](ByteView damaged) { check(damaged, 16); });
  const auto content = hex_field(vectors, "block_content_of_one");
  test::for_each_damaged(content, [&](ByteView damaged) {
    const auto block = parse_block(damaged, 16);
    if (damaged.size() < content.size()) {
      EXPECT_FALSE(block);
    }
  });
}

TEST_F(Transmissions, PackerHoldsNoMoreThan255) {
  BlockPacker packer;
  EXPECT_TRUE(packer.empty());
  for (int i = 0; i < 255; ++i) {
    ASSERT_TRUE(packer.fits(1));
    packer.add(Bytes(1, 0));
  }
  EXPECT_FALSE(packer.fits(0));
  EXPECT_EQ(packer.count(), 255U);
  const auto content = packer.take();
  EXPECT_EQ(content[0], 255);
  EXPECT_EQ(content.size(), 1U + 255U * 3U);
  EXPECT_TRUE(packer.empty());
  EXPECT_TRUE(packer.fits(1));
  EXPECT_EQ(parse_block(content, 16)->transmissions.size(), 255U);
}

TEST_F(Transmissions, PackerStopsAtItsCapacity) {
  constexpr std::size_t kLargest = BlockPacker::kCapacity - 2;
  BlockPacker packer;
  EXPECT_FALSE(packer.fits(kLargest + 1));
  EXPECT_FALSE(packer.fits(static_cast<std::size_t>(-1)));
  ASSERT_TRUE(packer.fits(kLargest));
  packer.add(Bytes(kLargest, 0));
  EXPECT_FALSE(packer.fits(0));
  const auto content = packer.take();
  EXPECT_EQ(content.size(), kBlockSize - 2 - 16) << "what an encrypted block holds";

  packer.add(Bytes(100, 0));
  EXPECT_TRUE(packer.fits(kLargest - 102));
  EXPECT_FALSE(packer.fits(kLargest - 101));
}

TEST_F(Transmissions, FullBlocksParse) {
  EXPECT_EQ(parse_block(list_of(255, 60), 7)->transmissions.size(), 255U);
}

}  // namespace
}  // namespace sotto::smp
