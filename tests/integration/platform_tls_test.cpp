// Gateways and queue services that know each other by certificates.
#include <grpcpp/channel.h>

#include <chrono>

#include <gtest/gtest.h>

#include "libs/rpc/channel.hpp"
#include "tests/support/platform/platform.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

Platform::Options with_tls() {
  Platform::Options options;
  options.tls = true;
  options.durable = false;
  options.one_service_each = true;
  return options;
}

TEST(PlatformTls, MessagesPassAndStreamsComeBack) {
  Platform platform(with_tls());
  const auto recipient = platform.connect(0);
  const auto sender = platform.connect(1);
  const auto queue = must(recipient->create_queue());
  const auto pass = [&](const std::string& text) {
    ASSERT_TRUE(sender->send(queue, text));
    const auto message = must(recipient->next_message(queue));
    EXPECT_EQ(message.text(), text);
    ASSERT_TRUE(recipient->ack(queue, message));
  };
  pass("before");
  platform.queue_service(0).kill();
  platform.queue_service(0).start();
  platform.gateway(0).wait_ready();
  pass("after");
}

TEST(PlatformTls, PasswordsComeFromTheAuthService) {
  auto options = with_tls();
  options.gateways = options.queue_services = options.auth_services = 1;
  options.auth_environment = {"SOTTO_PASSWORD=the-first-password-9"};
  Platform platform(options);
  const auto client = platform.connect(0);
  wait_until("the gateway to know", [&] { return platform.gateway(0).metric("smp_access_known") == 1; });
  const auto without = client->create_queue({});
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.error().message, "AUTH");
  EXPECT_TRUE(client->create_queue({.password = SecretString("the-first-password-9")}).ok());
}

TEST(PlatformTls, WhoHasNoCertificateIsNotServed) {
  auto options = with_tls();
  options.gateways = options.queue_services = 1;
  Platform platform(options);
  rpc::ChannelSettings settings;
  settings.target = platform.service_address(0);
  const auto channel = must(rpc::make_channel(settings));
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(30);
  auto state = channel->GetState(true);
  while (state != GRPC_CHANNEL_TRANSIENT_FAILURE) {
    ASSERT_NE(state, GRPC_CHANNEL_READY);
    ASSERT_TRUE(channel->WaitForStateChange(state, deadline));
    state = channel->GetState(true);
  }
}

}  // namespace
}  // namespace sotto::test
