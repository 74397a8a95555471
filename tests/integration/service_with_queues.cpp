#include "tests/integration/service_with_queues.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "libs/crypto/certificate.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using client::QueueHandle;
using client::SyncClient;
using std::chrono::hours;
using std::chrono::seconds;

// Commands of one block, of those that take the server a commit.
constexpr std::size_t kAtOnce = 50;

}  // namespace

transport::Credentials service_certificate() {
  auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519);
  auto made = must(crypto::make_self_signed(key, "service", std::chrono::system_clock::now() - hours(1), hours(24)));
  return {{std::move(made)}, std::move(key)};
}

std::vector<QueueHandle> create_queues(SyncClient& service, std::size_t count) {
  std::vector<QueueHandle> queues;
  while (queues.size() < count) {
    std::vector<client::QueueDraft> drafts;
    for (std::size_t i = 0; i < std::min(kAtOnce, count - queues.size()); ++i) {
      drafts.emplace_back(client::NewQueue{});
    }
    std::vector<client::Request> requests;
    for (const auto& draft : drafts) requests.push_back(draft.request());
    const auto answers = must(service.request(requests, seconds(60)));
    for (std::size_t i = 0; i < drafts.size(); ++i) queues.push_back(must(drafts[i].finish(answers[i].value())));
  }
  return queues;
}

void send_to_each(SyncClient& sender, const std::vector<QueueHandle>& queues) {
  for (const auto& queue : queues) ASSERT_TRUE(sender.send(queue, "hello"));
}

Result<client::Received> subs(SyncClient& service, const backend::IdSet& ids) {
  return service.command(nullptr, {}, smp::Subs{ids.count, ids.hash}, seconds(60));
}

void expect_soks(const Result<client::Received>& answer, const backend::IdSet& ids) {
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  ASSERT_EQ(text_of(*answer), "SOKS");
  EXPECT_EQ(answer->get<smp::Soks>()->count, ids.count);
  EXPECT_TRUE(equal(answer->get<smp::Soks>()->ids_hash, ids.hash));
}

void expect_all_subscribed(SyncClient& service, const backend::IdSet& ids,
                           const std::vector<QueueHandle>& with_messages) {
  expect_soks(subs(service, ids), ids);
  std::map<RecipientId, int> heads;
  for (;;) {
    const auto event = must(service.wait_event(seconds(60)));
    if (text_of(event) == "ALLS") break;
    ASSERT_EQ(text_of(event), "MSG");
    ++heads[*RecipientId::from(event.entity_id)];
  }
  EXPECT_EQ(heads.size(), with_messages.size());
  for (const auto& queue : with_messages) EXPECT_EQ(heads[queue.recipient_id], 1);
}

std::size_t resident(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
  }
  throw std::runtime_error("no memory of a process that runs");
}

}  // namespace sotto::test
