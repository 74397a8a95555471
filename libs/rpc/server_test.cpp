// A server and a channel on real sockets, and the health service of gRPC, spoken by hand.
#include "libs/rpc/server.hpp"

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <sotto/queue/v1/queue.grpc.pb.h>

#include <future>
#include <string>

#include <gtest/gtest.h>

#include "libs/rpc/channel.hpp"
#include "libs/rpc/deadline.hpp"
#include "libs/rpc/test_tls.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::rpc {
namespace {

using namespace std::chrono_literals;

// grpc.health.v1: field 1 of the request is the name, field 1 of the answer is 1 when it serves and 2 when not.
enum class Health : char { unknown = 0, serving = 1, not_serving = 2 };

struct Checked {
  grpc::Status status;
  Health health = Health::unknown;
};

Checked check_health(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  std::string request;
  if (!service.empty()) request = std::string("\x0a") + static_cast<char>(service.size()) + service;
  const grpc::Slice slice(request);
  const grpc::ByteBuffer sent(&slice, 1);
  grpc::ByteBuffer received;
  grpc::ClientContext context;
  set_timeout(context, 10s);
  grpc::GenericStub stub(channel);
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &sent, &received,
                 [&](const grpc::Status& status) { done.set_value(status); });
  Checked out{.status = done.get_future().get()};
  grpc::Slice answer;
  if (out.status.ok() && received.TrySingleSlice(&answer).ok() && answer.size() == 2) {
    out.health = static_cast<Health>(answer.begin()[1]);
  }
  return out;
}

class ServerTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Server>> try_start(const ServerSettings& settings) {
    return Server::start(settings, {&service_});
  }
  std::unique_ptr<Server> start(const ServerSettings& settings) {
    auto server = try_start(settings);
    EXPECT_TRUE(server.ok()) << (server.ok() ? "" : server.error().message);
    return *std::move(server);
  }
  static std::shared_ptr<grpc::Channel> channel(const std::string& target, std::optional<TlsFiles> tls = {}) {
    return make_channel({.target = target, .authority = tls ? "localhost" : "", .tls = std::move(tls)}).value();
  }
  static std::string local(const Server& server) { return "ipv4:127.0.0.1:" + std::to_string(server.ports().at(0)); }

  test::TempDir directory_;
  // Any service: a server must have one.
  sotto::queue::v1::QueueAdmin::CallbackService service_;
};

TEST_F(ServerTest, HealthIsSaidForEachService) {
  const auto server = start({.listen = {"127.0.0.1:0"}});
  const auto client = channel(local(*server));
  EXPECT_EQ(check_health(client, "").health, Health::not_serving);
  EXPECT_EQ(check_health(client, "sotto.test").status.error_code(), grpc::StatusCode::NOT_FOUND);
  server->set_serving("sotto.test", true);
  server->set_serving("", true);
  EXPECT_EQ(check_health(client, "sotto.test").health, Health::serving);
  EXPECT_EQ(check_health(client, "").health, Health::serving);
  server->set_serving("sotto.test", false);
  EXPECT_EQ(check_health(client, "sotto.test").health, Health::not_serving);
}

TEST_F(ServerTest, ListensOnSeveralAddresses) {
  const auto socket = "unix:" + (directory_.path() / "rpc.sock").string();
  const auto server = start({.listen = {"127.0.0.1:0", socket, "127.0.0.1:0"}});
  ASSERT_EQ(server->ports().size(), 3U);
  EXPECT_NE(server->ports()[0], server->ports()[2]);
  EXPECT_EQ(server->ports()[1], 0);
  server->set_serving("", true);
  EXPECT_EQ(check_health(channel(socket), "").health, Health::serving);
  EXPECT_EQ(check_health(channel("ipv4:127.0.0.1:" + std::to_string(server->ports()[2])), "").health, Health::serving);
}

TEST_F(ServerTest, RefusesWhatCannotWork) {
  const auto refused = [this](const ServerSettings& settings) {
    const auto server = try_start(settings);
    return !server.ok() && server.error().code == ErrorCode::configuration;
  };
  EXPECT_TRUE(refused({}));
  EXPECT_TRUE(refused({.listen = {"0.0.0.0:0"}}));
  EXPECT_TRUE(refused({.listen = {"127.0.0.1:0", "[::]:0"}}));
  EXPECT_TRUE(refused({.listen = {"127.0.0.1:0"}, .tls = TlsFiles{"/no.crt", "/no.key", "/no.ca"}}));
  const auto first = start({.listen = {"127.0.0.1:0"}});
  EXPECT_TRUE(refused({.listen = {"127.0.0.1:" + std::to_string(first->ports()[0])}}));
  EXPECT_TRUE(try_start({.listen = {"0.0.0.0:0"}, .plaintext_anywhere = true}).ok());
  EXPECT_FALSE(make_channel({.target = "ipv4:127.0.0.1:1", .tls = TlsFiles{"/no.crt", "/no.key", "/no.ca"}}).ok());
}

TEST_F(ServerTest, SpeaksOnlyToThoseWhomItsAuthorityKnows) {
  const auto tls = write_tls_files(directory_.path());
  const auto server = start({.listen = {"127.0.0.1:0"}, .tls = tls});
  server->set_serving("", true);
  const auto good = check_health(channel(local(*server), tls), "");
  EXPECT_EQ(good.health, Health::serving) << good.status.error_message();

  EXPECT_FALSE(check_health(channel(local(*server)), "").status.ok()) << "plaintext";
  const test::TempDir elsewhere;
  auto stranger = write_tls_files(elsewhere.path());
  EXPECT_FALSE(check_health(channel(local(*server), stranger), "").status.ok()) << "neither knows the other";
  stranger.authorities = tls.authorities;
  EXPECT_FALSE(check_health(channel(local(*server), stranger), "").status.ok())
      << "the server does not know the client";
  auto believer = tls;
  believer.authorities = elsewhere.path() / "authority.crt";
  EXPECT_FALSE(check_health(channel(local(*server), believer), "").status.ok())
      << "the client does not know the server";
}

TEST_F(ServerTest, AsksForACertificateAsItIsTold) {
  const auto tls = write_tls_files(directory_.path());
  const test::TempDir elsewhere;
  auto stranger = write_tls_files(elsewhere.path());
  stranger.authorities = tls.authorities;
  const auto health = [](const Server& server, const TlsFiles& files, bool anonymous) {
    const auto client =
        make_channel({.target = local(server), .authority = "localhost", .tls = files, .anonymous = anonymous});
    return check_health(client.value(), "").health;
  };
  const auto required = start({.listen = {"127.0.0.1:0"}, .tls = tls});
  required->set_serving("", true);
  EXPECT_EQ(health(*required, tls, false), Health::serving);
  EXPECT_EQ(health(*required, tls, true), Health::unknown);

  const auto optional = start({.listen = {"127.0.0.1:0"}, .tls = tls, .clients = ClientCertificates::optional});
  optional->set_serving("", true);
  EXPECT_EQ(health(*optional, tls, false), Health::serving);
  EXPECT_EQ(health(*optional, tls, true), Health::serving);
  EXPECT_EQ(health(*optional, stranger, false), Health::unknown) << "one that is shown is verified";

  const TlsFiles own{.certificate = tls.certificate, .key = tls.key, .authorities = {}};
  EXPECT_FALSE(try_start({.listen = {"127.0.0.1:0"}, .tls = own, .clients = ClientCertificates::optional}).ok());
  const auto none = start({.listen = {"127.0.0.1:0"}, .tls = own, .clients = ClientCertificates::none});
  none->set_serving("", true);
  EXPECT_EQ(health(*none, {.certificate = {}, .key = {}, .authorities = tls.authorities}, true), Health::serving);
  EXPECT_FALSE(check_health(channel(local(*none)), "").status.ok()) << "plaintext";
}

TEST_F(ServerTest, TheNameOfTheServerIsChecked) {
  const auto tls = write_tls_files(directory_.path(), "queue.internal");
  const auto server = start({.listen = {"127.0.0.1:0"}, .tls = tls});
  server->set_serving("", true);
  const auto as = [&](const std::string& name) {
    return check_health(make_channel({.target = local(*server), .authority = name, .tls = tls}).value(), "").health;
  };
  EXPECT_EQ(as("queue.internal"), Health::serving);
  EXPECT_EQ(as("other.internal"), Health::unknown);
}

TEST_F(ServerTest, RenewedCertificatesAreUsedWithoutARestart) {
  const auto tls = write_tls_files(directory_.path());
  const auto server = start({.listen = {"127.0.0.1:0"}, .tls = tls});
  server->set_serving("", true);
  EXPECT_EQ(check_health(channel(local(*server), tls), "").health, Health::serving);
  // Another authority: whoever knows only the new one is served once the files were read again.
  write_tls_files(directory_.path());
  const test::TempDir copy;
  std::filesystem::copy(directory_.path(), copy.path(), std::filesystem::copy_options::recursive);
  const TlsFiles renewed{copy.path() / "peer.crt", copy.path() / "peer.key", copy.path() / "authority.crt"};
  test::wait_until("the server shows the new certificate",
                   [&] { return check_health(channel(local(*server), renewed), "").health == Health::serving; });
}

TEST_F(ServerTest, ShutdownEndsIt) {
  auto server = start({.listen = {"127.0.0.1:0"}});
  const auto client = channel(local(*server));
  server->set_serving("", true);
  EXPECT_EQ(check_health(client, "").health, Health::serving);
  server->shutdown(1s);
  server->shutdown(1s);
  EXPECT_EQ(check_health(client, "").status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(TimeLeft, OfACallThatHasNoDeadlineIsTheMost) {
  // A context that no call belongs to has no deadline.
  const grpc::CallbackServerContext context;
  EXPECT_EQ(time_left(context, 30s), 30s);
}

}  // namespace
}  // namespace sotto::rpc
