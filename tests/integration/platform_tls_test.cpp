// Gateways and queue services that know each other by certificates.
#include <grpcpp/channel.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "libs/rpc/channel.hpp"
#include "libs/rpc/test_tls.hpp"
#include "libs/smp-client/raw_connection.hpp"
#include "tests/support/load/load_pair.hpp"
#include "tests/support/load/seed.hpp"
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

// Whether somebody who connects like this is ever served. gRPC tries until it is told to stop.
void expect_refused(const rpc::ChannelSettings& settings) {
  const auto channel = must(rpc::make_channel(settings));
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(30);
  auto state = channel->GetState(true);
  while (state != GRPC_CHANNEL_TRANSIENT_FAILURE) {
    ASSERT_NE(state, GRPC_CHANNEL_READY);
    ASSERT_TRUE(channel->WaitForStateChange(state, deadline));
    state = channel->GetState(true);
  }
}

TEST(PlatformTls, WhoHasNoCertificateOrAForeignOneIsNotServed) {
  auto options = with_tls();
  options.gateways = options.queue_services = 1;
  Platform platform(options);
  rpc::ChannelSettings settings;
  settings.target = platform.service_address(0);
  expect_refused(settings);

  // It trusts the service; the service does not trust it.
  const TempDir directory;
  auto foreign = rpc::write_tls_files(directory.path());
  foreign.authorities = platform.directory() / "authority.crt";
  settings.tls = foreign;
  expect_refused(settings);
  EXPECT_EQ(platform.queue_service(0).metric("smp_grpc_streams"), 1) << "the gateway's own";
}

// The certificate that whoever connects there is shown.
Bytes certificate_at(const std::string& address) {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  constexpr unsigned char kHttp2[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), kHttp2, sizeof kHttp2);
  client::RawConnection connection;
  must(connection.connect("127.0.0.1", static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)))));
  must(connection.start_tls(context.get()));
  return connection.peer_chain().at(0);
}

TEST(PlatformTls, CertificatesAreRenewedUnderLoad) {
  auto options = with_tls();
  options.queue_flags = {"--quota=10000"};
  Platform platform(options);
  std::atomic<std::uint64_t> answered{0};
  LoadOptions load;
  load.seed = announced_seed();
  load.max_queues = 4;
  load.connect = [&](client::SyncClient& client) { must(client.connect(platform.options(0))); };
  load.connect_sender = [&](client::SyncClient& client) { must(client.connect(platform.options(1))); };
  LoadPair pair(std::move(load), answered);
  const auto progress = [&](std::uint64_t more) {
    const auto target = answered + more;
    wait_until("messages to be answered", [&] { return answered >= target; });
  };
  progress(50);
  const auto before = certificate_at(platform.service_address(0));
  platform.renew_certificates();
  wait_until(
      "the new certificate", [&] { return certificate_at(platform.service_address(0)) != before; },
      std::chrono::seconds(90));
  progress(50);

  // New connections stand on the new files, at both ends.
  platform.queue_service(0).stop();
  platform.queue_service(0).start();
  platform.gateway(0).wait_ready();
  progress(50);
  pair.finish();
  pair.join();
  EXPECT_THAT(pair.faults(), testing::IsEmpty());
  EXPECT_EQ(pair.recipient_connections(), 1U);
}

}  // namespace
}  // namespace sotto::test
