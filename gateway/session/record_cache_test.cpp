#include "gateway/session/record_cache.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::gateway {
namespace {

using backend::Role;

std::shared_ptr<backend::QueueRecord> record(std::uint64_t version = 1) {
  crypto::initialise();
  auto made = std::make_shared<backend::QueueRecord>();
  made->recipient_id = crypto::random_id<RecipientId>();
  made->sender_id = crypto::random_id<SenderId>();
  made->link_id = crypto::random_id<LinkId>();
  made->version = version;
  return made;
}

TEST(RecordCache, FindsByEveryIdAndOnlyInItsRole) {
  RecordCache cache(10);
  const auto queue = record();
  cache.put(queue);
  EXPECT_EQ(cache.find(Role::recipient, queue->recipient_id.view()), queue);
  EXPECT_EQ(cache.find(Role::sender, queue->sender_id.view()), queue);
  EXPECT_EQ(cache.find(Role::link, queue->link_id->view()), queue);
  EXPECT_EQ(cache.find(Role::recipient, queue->sender_id.view()), nullptr);
  EXPECT_EQ(cache.find(Role::sender, queue->recipient_id.view()), nullptr);
  EXPECT_EQ(cache.find(Role::link, queue->sender_id.view()), nullptr);
  EXPECT_EQ(cache.find(Role::sender, as_bytes("short")), nullptr);
}

TEST(RecordCache, NewerVersionReplacesAndItsOldIdsAreForgotten) {
  RecordCache cache(10);
  const auto before = record();
  cache.put(before);
  auto after = std::make_shared<backend::QueueRecord>(*before);
  after->version = 2;
  after->link_id.reset();
  cache.put(after);
  EXPECT_EQ(cache.find(Role::link, before->link_id->view()), nullptr);
  EXPECT_EQ(cache.find(Role::sender, before->sender_id.view()), after);
  cache.put(before);  // a late answer
  EXPECT_EQ(cache.find(Role::sender, before->sender_id.view()), after);
}

TEST(RecordCache, KeepsWhatWasUsedLast) {
  RecordCache cache(2);
  const auto a = record();
  const auto b = record();
  const auto c = record();
  cache.put(a);
  cache.put(b);
  EXPECT_NE(cache.find(Role::sender, a->sender_id.view()), nullptr);
  cache.put(c);
  EXPECT_EQ(cache.find(Role::sender, b->sender_id.view()), nullptr);
  EXPECT_EQ(cache.find(Role::sender, a->sender_id.view()), a);
  EXPECT_EQ(cache.size(), 2U);
}

TEST(RecordCache, EraseAndNoCapacity) {
  RecordCache cache(2);
  const auto a = record();
  cache.put(a);
  cache.erase(a->recipient_id);
  EXPECT_EQ(cache.find(Role::sender, a->sender_id.view()), nullptr);
  RecordCache none(0);
  none.put(a);
  EXPECT_EQ(none.size(), 0U);
}

}  // namespace
}  // namespace sotto::gateway
