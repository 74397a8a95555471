// A subscriber that reads nothing: others do not notice, and the memory of no process grows with what waits for it.
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/platform/platform.hpp"
#include "tests/support/session/answers.hpp"
#include "tests/support/session/raw_session.hpp"

namespace sotto::test {
namespace {

// Resident memory in KiB.
std::size_t resident(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  while (status >> word) {
    std::size_t value = 0;
    if (word == "VmRSS:" && status >> value) return value;
  }
  return 0;
}

TEST(SlowSubscriber, SlowsNobodyAndTakesNoMemory) {
  Platform::Options options;
  options.durable = false;
  options.gateway_flags = {"--output-limit=64KiB", "--stall-timeout=1h"};
  Platform platform(options);
  const auto owner = platform.connect(0);
  const auto sender = platform.connect(1);
  constexpr std::size_t kQueues = 40;
  constexpr int kMessages = 100;
  std::vector<client::QueueHandle> queues;
  for (std::size_t i = 0; i < kQueues; ++i) queues.push_back(must(owner->create_queue({.subscribe = false})));

  // It subscribes to all, and reads nothing from then on, not even the answers.
  RawSession slow(platform.port(0), platform.fingerprint());
  slow.hello(smp::kMaxVersion);
  for (const auto& queue : queues) {
    slow.send({slow.transmission(&queue.recipient_key, "1", queue.recipient_id.view(), as_bytes("SUB"))});
  }
  wait_until("the slow one to be the subscriber",
             [&] { return platform.gateway(0).metric("smp_subscriptions") == kQueues; });

  const auto healthy = must(owner->create_queue());
  std::size_t before = 0;
  for (int i = 0; i < kMessages; ++i) {
    // 40 messages of 16 KB a round to the slow one: 64 MB in all.
    std::vector<client::Request> requests;
    const std::string body(16'000, 'x');
    for (const auto& queue : queues) requests.push_back(queue.send(as_bytes(body)));
    for (auto& answer : must(sender->request(requests))) ASSERT_TRUE(must(std::move(answer)).is<smp::Ok>());
    ASSERT_TRUE(sender->send(healthy, std::to_string(i)));
    const auto message = must(owner->next_message(healthy));
    EXPECT_EQ(message.text(), std::to_string(i));
    ASSERT_TRUE(owner->ack(healthy, message));
    if (i == kMessages / 4)
      before = resident(platform.gateway(0).pid()) + resident(platform.queue_service(0).pid()) +
               resident(platform.queue_service(1).pid());
  }
  const auto after = resident(platform.gateway(0).pid()) + resident(platform.queue_service(0).pid()) +
                     resident(platform.queue_service(1).pid());
  // 48 MB were sent to the slow one in between.
  EXPECT_LT(after, before + 16 * 1024);
}

}  // namespace
}  // namespace sotto::test
