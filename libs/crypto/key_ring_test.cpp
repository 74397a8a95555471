#include "libs/crypto/key_ring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::crypto {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kKey1 = "1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const std::string kKey2 = "2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI";
const std::string kOtherKey2 = "2:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";

class KeyRingTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { initialise(); }

  static KeyRing ring(const std::string& text) { return KeyRing::parse(text).value(); }
  static std::string refusal(const std::string& text) {
    const auto parsed = KeyRing::parse(text);
    EXPECT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().code, ErrorCode::configuration);
    return parsed.error().message;
  }

  const BoxKey secret = BoxKey::from_stored(Bytes(32, 7));
  const Bytes context = to_bytes(as_bytes("recipient 1"));
};

TEST_F(KeyRingTest, OpensWhatItSealed) {
  const auto keys = ring(kKey1);
  const auto sealed = keys.seal(secret, context);
  EXPECT_EQ(sealed.key_id, 1);
  EXPECT_EQ(sealed.bytes.size(), kSealedSize);
  EXPECT_EQ(keys.open(1, sealed.bytes, context).value(), secret);
  EXPECT_THAT(to_hex(sealed.bytes), Not(HasSubstr(to_hex(secret.expose()))));
}

TEST_F(KeyRingTest, SealsTheSameSecretDifferently) {
  const auto keys = ring(kKey1);
  EXPECT_NE(keys.seal(secret, context).bytes, keys.seal(secret, context).bytes);
}

TEST_F(KeyRingTest, TheFirstKeySealsAndAllOpen) {
  const auto before = ring(kKey1).seal(secret, context);
  const auto keys = ring("# since May\n" + kKey2 + "\r\n\n  " + kKey1 + "\t\n");
  EXPECT_EQ(keys.current_id(), 2);
  EXPECT_EQ(keys.seal(secret, context).key_id, 2);
  EXPECT_EQ(keys.open(before.key_id, before.bytes, context).value(), secret);
  EXPECT_TRUE(keys.has(1));
  EXPECT_FALSE(keys.has(3));
}

TEST_F(KeyRingTest, OpensWithNoOtherContext) {
  const auto keys = ring(kKey1);
  const auto sealed = keys.seal(secret, context);
  EXPECT_FALSE(keys.open(1, sealed.bytes, as_bytes("recipient 2")).ok());
  EXPECT_FALSE(keys.open(1, sealed.bytes, {}).ok());
}

TEST_F(KeyRingTest, OpensNothingThatWasChanged) {
  const auto keys = ring(kKey1);
  const auto sealed = keys.seal(secret, context);
  for (std::size_t i = 0; i < sealed.bytes.size(); ++i) {
    auto changed = sealed.bytes;
    changed[i] = static_cast<std::uint8_t>(changed[i] ^ 1U);
    EXPECT_FALSE(keys.open(1, changed, context).ok()) << i;
  }
  for (std::size_t size = 0; size < sealed.bytes.size(); ++size) {
    EXPECT_FALSE(keys.open(1, ByteView(sealed.bytes).first(size), context).ok()) << size;
  }
  auto longer = sealed.bytes;
  longer.push_back(0);
  EXPECT_FALSE(keys.open(1, longer, context).ok());
}

TEST_F(KeyRingTest, SaysWhichKeyIsMissing) {
  const auto sealed = ring(kKey2).seal(secret, context);
  const auto opened = ring(kKey1).open(sealed.key_id, sealed.bytes, context);
  EXPECT_EQ(opened.error().code, ErrorCode::configuration);
  EXPECT_THAT(opened.error().message, HasSubstr("add the key 2 to the platform key file"));
}

TEST_F(KeyRingTest, SaysThatAnotherKeyHasTheId) {
  const auto sealed = ring(kKey2).seal(secret, context);
  const auto opened = ring(kOtherKey2).open(sealed.key_id, sealed.bytes, context);
  EXPECT_EQ(opened.error().code, ErrorCode::configuration);
  EXPECT_THAT(opened.error().message, HasSubstr("does not open with the platform key 2"));
}

TEST_F(KeyRingTest, AGeneratedLineIsAKey) {
  const auto line = KeyRing::generate_line(65535);
  EXPECT_THAT(line, AllOf(testing::StartsWith("65535:"), Not(HasSubstr("\n"))));
  EXPECT_NE(line, KeyRing::generate_line(65535));
  EXPECT_EQ(ring(line).current_id(), 65535);
}

TEST_F(KeyRingTest, RefusesATextWithoutKeys) {
  for (const auto* text : {"", "\n\n", "# none\n"}) EXPECT_THAT(refusal(text), HasSubstr("no platform key"));
}

TEST_F(KeyRingTest, NamesTheWrongLineAndWhyButNeverTheKey) {
  const struct {
    std::string line;
    const char* why;
  } rows[] = {{"AgICAgICAgIC", "not of the form"},
              {"0:AgICAgICAgIC", "1 to 65535"},
              {"65536:AgICAgICAgIC", "1 to 65535"},
              {"-1:AgICAgICAgIC", "1 to 65535"},
              {"2x:AgICAgICAgIC", "1 to 65535"},
              {":AgICAgICAgIC", "1 to 65535"},
              {"2:AgICAgICAgIC", "32 bytes"},
              {"2:", "32 bytes"},
              {"2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC", "32 bytes"},
              {"2:AgIC+gICAgIC", "not base64url"},
              {kKey1, "a key 1 already"}};
  for (const auto& row : rows) {
    const auto message = refusal("# keys\n" + kKey1 + "\n" + row.line + "\n");
    EXPECT_THAT(message, AllOf(HasSubstr("line 3"), HasSubstr(row.why), Not(HasSubstr("AgIC")), Not(HasSubstr("AQEB"))))
        << row.line;
  }
}

TEST_F(KeyRingTest, DerivesAKeyForEachPurpose) {
  const auto ring = KeyRing::parse(kKey1 + "\n" + KeyRing::generate_line(7) + "\n");
  ASSERT_TRUE(ring);
  EXPECT_THAT(ring->ids(), testing::ElementsAre(1, 7));
  const auto derived = ring->derive(1, as_bytes("a purpose"));
  EXPECT_TRUE(derived == ring->derive(1, as_bytes("a purpose")));
  EXPECT_FALSE(derived == ring->derive(1, as_bytes("another")));
  EXPECT_FALSE(derived == ring->derive(7, as_bytes("a purpose")));
}

}  // namespace
}  // namespace sotto::crypto
