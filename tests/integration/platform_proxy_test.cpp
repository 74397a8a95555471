// Private routing between platforms of real processes: two gateways, two queue services and two auth services each,
// over real PostgreSQLs and Redises, and what `sotto policy` changes while clients use it.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/platform/platform.hpp"
#include "tests/support/session/answers.hpp"
#include "tests/support/session/relayed_command.hpp"

namespace sotto::test {
namespace {

using client::Request;

Platform::Options proxy_options() {
  Platform::Options options;
  options.auth_services = 2;
  options.one_service_each = true;
  options.durable = false;
  options.gateway_flags = {"--proxy-private-networks=127.0.0.0/8", "--proxy-retry-after=0s"};
  return options;
}
Platform::Options relay_options() {
  Platform::Options options;
  options.queue_flags = {"--quota=1000"};
  return options;
}

class PlatformProxy : public testing::Test {
 protected:
  // By gateway i of the relay.
  [[nodiscard]] ProxiedClient::Relay address(std::size_t i) const {
    const auto options = relay.options(i);
    return {{"127.0.0.1"}, options.port, options.fingerprint};
  }
  void policy(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"policy", "set"});
    arguments.push_back("--server=" + proxy.admin_address(0));
    std::string output;
    EXPECT_EQ(proxy.sotto(std::move(arguments), &output), 0) << output;
  }
  // Until gateway i of the proxy answers PRXY so.
  void wait_answer(std::size_t i, const std::string& answer) {
    wait_until("gateway " + std::to_string(i) + " to answer " + answer, [&] {
      const auto sender = proxy.connect(i);
      return ProxiedClient(*sender, address(0)).connect_text() == answer;
    });
  }

  Platform proxy{proxy_options()};
  Platform relay{relay_options()};
};

TEST_F(PlatformProxy, ThePolicyReachesEveryGatewayAndEndsWhatItDoesNotAllow) {
  const auto sender = proxy.connect(0);
  const auto recipient = relay.connect(1);
  const auto queue = must(recipient->create_queue());
  ProxiedClient client(*sender, address(0));
  ASSERT_EQ(client.connect_text(), "OK");
  ASSERT_EQ(client.ask(queue.send(as_bytes("allowed"))), "OK");

  policy({"--proxy-destinations", "*.example.com"});
  for (std::size_t i = 0; i < 2; ++i) wait_answer(i, "PROXY BROKER HOST");
  EXPECT_EQ(client.ask(queue.send(as_bytes("refused"))), "proxy: PROXY NO_SESSION");
  policy({"--proxy-destinations", "127.0.0.0/8,!*.example.com"});
  for (std::size_t i = 0; i < 2; ++i) wait_answer(i, "OK");
  policy({"--proxy", "off"});
  for (std::size_t i = 0; i < 2; ++i) wait_answer(i, "PROXY BROKER HOST");
  policy({"--proxy", "on", "--proxy-destinations", "all"});
  for (std::size_t i = 0; i < 2; ++i) wait_answer(i, "OK");
}

// The relay's gateway dies in the middle, and with the next one everything goes on: what was answered OK is there.
TEST_F(PlatformProxy, WhatWasAnsweredIsThereWhenAGatewayOfTheRelayIsKilled) {
  const auto sender = proxy.connect(0);
  const auto queue = must(relay.connect(1)->create_queue({.subscribe = false}));
  std::set<std::string> taken;
  int number = 0;
  for (std::size_t gateway : {0U, 1U}) {
    ProxiedClient client(*sender, address(gateway));
    ASSERT_EQ(client.connect_text(), "OK");
    std::vector<std::string> bodies;
    for (int i = 0; i < 100; ++i) bodies.push_back(std::to_string(number++));
    std::vector<RelayedCommand> commands;
    std::vector<Request> requests;
    commands.reserve(bodies.size());
    for (const auto& body : bodies) {
      const auto& command = commands.emplace_back(client.relay(), 20, queue.send(as_bytes(body)));
      requests.push_back(
          {.entity_id = client.relay().session_id, .command = command.pfwd(), .corr_id = command.corr_id()});
    }
    std::size_t answered = 0;
    bool killed = gateway != 0;
    sender->connection().submit(requests, [&](std::size_t index, Result<client::Received> answer) {
      ++answered;
      const auto* pres = answer ? answer->get<smp::Pres>() : nullptr;
      if (pres == nullptr) return;
      const auto inner = commands[index].open(pres->encrypted);
      if (inner && inner->is<smp::Ok>()) taken.insert(bodies[index]);
    });
    while (answered < bodies.size()) {
      if (!killed && taken.size() >= 10) {
        relay.gateway(0).kill();
        killed = true;
      }
      ASSERT_TRUE(sender->ping());
    }
  }
  EXPECT_GE(taken.size(), 110U);
  const auto recipient = relay.connect(1);
  ASSERT_TRUE(recipient->subscribe(queue));
  std::set<std::string> there;
  while (!std::includes(there.begin(), there.end(), taken.begin(), taken.end())) {
    const auto message = must(recipient->next_message(queue));
    ASSERT_TRUE(there.emplace(message.text()).second) << message.text();
    ASSERT_TRUE(recipient->ack(queue, message));
  }
}

}  // namespace
}  // namespace sotto::test
