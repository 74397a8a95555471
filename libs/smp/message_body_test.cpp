#include "libs/smp/message_body.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "libs/smp/block.hpp"
#include "libs/smp/values_test.hpp"

namespace sotto::smp {
namespace {

using tests::hex_field;
using tests::matches_vector;

class MessageBodies : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  const nlohmann::json vectors = tests::load_vectors("message-bodies.json");
  const crypto::BoxKey key = crypto::BoxKey::from_raw(crypto::RawKey(hex_field(vectors, "secret_raw")));
  const MessageId id = MessageId::from(hex_field(vectors, "msg_id")).value();
  const std::int64_t timestamp = vectors["timestamp"].get<std::int64_t>();

  [[nodiscard]] Bytes sealed(ByteView content) const {
    Bytes out(crypto::kBoxTagSize);
    EXPECT_TRUE(pad(content, kMessagePaddedSize, out));
    crypto::box_seal_in_place(key, id.bytes, out);
    return out;
  }
};

TEST_F(MessageBodies, MessageOfTheVectors) {
  const auto body = hex_field(vectors["message"], "body");
  const auto flags = vectors["message"]["flags"].get<std::string>();
  Bytes out{1, 2, 3};
  encrypt_message(key, id, timestamp, as_bytes(flags), body, out);
  ASSERT_EQ(out.size(), 3 + kEncryptedMessageSize) << "appended";
  const auto encrypted = ByteView(out).subspan(3);
  EXPECT_TRUE(matches_vector(encrypted, vectors["message"]["encrypted"]));

  const auto opened = decrypt_message(key, id.view(), encrypted);
  ASSERT_TRUE(opened);
  const auto& message = std::get<ReceivedMessage>(*opened);
  EXPECT_EQ(message.seconds, timestamp);
  EXPECT_EQ(as_text(message.flags), flags);
  EXPECT_EQ(message.body, body);
}

TEST_F(MessageBodies, QuotaMarkerOfTheVectors) {
  Bytes out;
  encrypt_quota_marker(key, id, timestamp, out);
  EXPECT_TRUE(matches_vector(out, vectors["quota"]["encrypted"]));
  const auto opened = decrypt_message(key, id.view(), out);
  ASSERT_TRUE(opened);
  EXPECT_EQ(std::get<QuotaMarker>(*opened).seconds, timestamp);
}

TEST_F(MessageBodies, BodiesOfEverySizeThatAVersionAllows) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, max_message_size(11), max_message_size(8), max_message_size(6)}) {
    Bytes out;
    encrypt_message(key, id, timestamp, as_bytes("Fabcdef"), Bytes(size, '#'), out);
    EXPECT_EQ(out.size(), kEncryptedMessageSize);
    const auto opened = decrypt_message(key, id.view(), out);
    ASSERT_TRUE(opened);
    EXPECT_EQ(std::get<ReceivedMessage>(*opened).body, Bytes(size, '#'));
    EXPECT_EQ(as_text(std::get<ReceivedMessage>(*opened).flags), "Fabcdef");
  }
}

TEST_F(MessageBodies, WhatDoesNotOpenOrParse) {
  Bytes out;
  encrypt_message(key, id, timestamp, as_bytes("T"), as_bytes("body"), out);
  auto flipped = out;
  flipped[200] ^= 1U;
  EXPECT_FALSE(decrypt_message(key, id.view(), flipped));
  EXPECT_FALSE(decrypt_message(key, crypto::random_id<MessageId>().view(), out));
  for (const std::size_t size : {std::size_t{0}, std::size_t{15}, std::size_t{16}, out.size() - 1}) {
    EXPECT_FALSE(decrypt_message(key, id.view(), ByteView(out).first(size))) << size;
  }
  for (const auto* content : {"", "1234567", "12345678", "12345678T", "12345678X body", "12345678 body"}) {
    EXPECT_FALSE(decrypt_message(key, id.view(), sealed(as_bytes(content)))) << content;
  }
}

TEST_F(MessageBodies, NotificationOfTheVectors) {
  const auto& v = vectors["notification_meta"];
  crypto::Nonce nonce = crypto::nonce_from(hex_field(v, "nonce"));
  const auto encrypted = encrypt_notification(key, nonce, id, timestamp);
  EXPECT_EQ(to_hex(encrypted), v["encrypted"].get<std::string>());
  const auto meta = decrypt_notification(key, nonce, encrypted);
  ASSERT_TRUE(meta);
  EXPECT_EQ(meta->message_id, to_bytes(id.view()));
  EXPECT_EQ(meta->seconds, timestamp);

  auto flipped = encrypted;
  flipped.back() ^= 1U;
  EXPECT_FALSE(decrypt_notification(key, nonce, flipped));
  EXPECT_FALSE(decrypt_notification(key, nonce, {}));
}

}  // namespace
}  // namespace sotto::smp
