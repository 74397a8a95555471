#include "admin-cli/admin/queue_name.hpp"

#include <gtest/gtest.h>

#include "libs/base/bytes.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::cli {
namespace {

using common::v1::QueueId;

const std::string kId = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const std::string kFingerprint = "LcJUMfVhwD8yxjAiSaDzzGF3-kLG4Uh0Fl_ZIjrRwjI=";

void expect(const Result<QueueId>& found, common::v1::Role role, const std::string& id = kId) {
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->role(), role);
  EXPECT_EQ(to_base64url(as_bytes(found->id())), id);
}

TEST(QueueName, IsAPlainId) {
  expect(queue_name(kId, ""), common::v1::ROLE_SENDER);
  expect(queue_name(kId, "sender"), common::v1::ROLE_SENDER);
  expect(queue_name(kId, "recipient"), common::v1::ROLE_RECIPIENT);
  expect(queue_name(kId, "notifier"), common::v1::ROLE_NOTIFIER);
  expect(queue_name(kId, "link"), common::v1::ROLE_LINK);
}

TEST(QueueName, IsInTheAddressOfAQueue) {
  const auto address = "smp://" + kFingerprint + "@smp.example.com:5223/" + kId + "#/?v=1-4&dh=MCowBQYDK2VuAyEA";
  expect(queue_name(address, ""), common::v1::ROLE_SENDER);
  expect(queue_name(address, "sender"), common::v1::ROLE_SENDER);
  expect(queue_name("simplex:/invitation#/?v=2-7&smp=smp%3A%2F%2F" + kFingerprint + "%40smp.example.com%2F" + kId +
                        "%23%2F%3Fv%3D1-4%26dh%3DMCow&e2e=v%3D2",
                    ""),
         common::v1::ROLE_SENDER);
  EXPECT_FALSE(queue_name(address, "link"));
}

TEST(QueueName, IsInAShortLink) {
  crypto::initialise();
  const auto key = to_base64url(Bytes(32, 7));
  expect(queue_name("https://smp.example.com/i#" + kId + "/" + key + "?c=x", ""), common::v1::ROLE_LINK);
  expect(queue_name("simplex:/i#" + kId + "/" + key, "link"), common::v1::ROLE_LINK);
  const auto group = queue_name("https://smp.example.com/g#" + key + "?h=smp.example.com", "");
  ASSERT_TRUE(group);
  EXPECT_EQ(group->role(), common::v1::ROLE_LINK);
  // HKDF-SHA512 without salt over 32 bytes of 7, info "SimpleXContactLink", its first 24 bytes (computed with Python).
  EXPECT_EQ(to_hex(as_bytes(group->id())), "2ab3f1e026d6059715198605804e70343c3898a10a0d5e94");
  for (const auto* kind : {"a", "c", "r"}) {
    const auto same = queue_name("https://smp.example.com/" + std::string(kind) + "#" + key, "");
    ASSERT_TRUE(same);
    EXPECT_EQ(same->id(), group->id());
  }
}

TEST(QueueName, IsNothingElse) {
  for (const auto& text :
       {std::string(), std::string("queue"), kId.substr(1), kId + "AAAA", "https://h/i#" + kId.substr(4),
        "https://h/x#" + to_base64url(Bytes(32, 7)), std::string("smp://f@host"), std::string("smp://f@host/AAAA#/"),
        std::string("%"), std::string("%zz")}) {
    const auto refused = queue_name(text, "");
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(text.size() < 9 || refused.error().message.find(text) == std::string::npos);
  }
}

}  // namespace
}  // namespace sotto::cli
