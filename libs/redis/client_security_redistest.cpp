// Client and what keeps others out: passwords, TLS, certificates.
#include <fstream>

#include <gmock/gmock.h>

#include "libs/redis/client_fixture.hpp"
#include "tests/support/child/temp_dir.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::redis {
namespace {

using test::RedisServer;
using test::wait_until;
using testing::HasSubstr;
using testing::Not;

// Why the client does not connect, once it has tried.
Error refusal(const Options& options) {
  const auto client = start_client(options);
  wait_until("an attempt", [&] {
    const auto state = client->state();
    return !state && state.error().message != "not connected to Redis yet";
  });
  EXPECT_FALSE(client->connected());
  const auto reply = run(*client, Command("PING"));
  EXPECT_TRUE(!reply && reply.error().code == ErrorCode::unavailable);
  return client->state().error();
}

TEST(RedisClientSecurity, Password) {
  const RedisServer server({.password = "right \\ \" one"});
  EXPECT_EQ(text(*connect(server.client_options()), Command("PING")), "PONG");

  auto options = server.client_options();
  options.password = SecretString("wrong one");
  auto error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::unauthenticated);
  EXPECT_THAT(error.message, Not(HasSubstr("wrong one")));
  options.password = {};
  error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::unauthenticated);
  EXPECT_THAT(error.message, HasSubstr("Set the password"));
}

TEST(RedisClientSecurity, UserAndItsRights) {
  const RedisServer server({.settings = {"user queue on >secret ~q:* &* +@all -flushall"}});
  auto options = server.client_options();
  options.user = "queue";
  options.password = SecretString("secret");
  const auto client = connect(options);
  EXPECT_EQ(text(*client, Command("SET").key("q:1").arg("x")), "OK");
  EXPECT_EQ(text(*client, Command("SET").key("other").arg("x")), "<permission_denied>");
  EXPECT_EQ(text(*client, Command("FLUSHALL")), "<permission_denied>");
}

TEST(RedisClientSecurity, PasswordThatNobodyWants) {
  const RedisServer server;
  auto options = server.client_options();
  options.password = SecretString("something");
  EXPECT_EQ(refusal(options).code, ErrorCode::unauthenticated);
}

TEST(RedisClientSecurity, Tls) {
  const RedisServer server({.password = "secret", .tls = true});
  const auto client = connect(server.client_options());
  std::vector<Command> commands;
  const std::string value(20'000, 'x');
  for (int i = 0; i < 100; ++i) commands.push_back(Command("ECHO").arg(value));
  for (const auto& reply : client->execute(std::move(commands), soon())) {
    ASSERT_TRUE(reply) << reply.error().message;
    ASSERT_EQ(reply->text(), value);
  }
}

TEST(RedisClientSecurity, TlsRefusesWhatItDoesNotTrust) {
  const RedisServer server({.tls = true});
  auto options = server.client_options();
  options.tls->server_name = "localhost";
  EXPECT_EQ(text(*connect(options), Command("PING")), "PONG");

  options.tls->server_name = "redis.example";
  auto error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::unauthenticated);
  EXPECT_THAT(error.message, HasSubstr("name in the certificate"));

  const test::RedisCertificate other;
  options = server.client_options();
  options.tls->ca_file = other.certificate();
  error = refusal(options);
  EXPECT_EQ(error.code, ErrorCode::unauthenticated);
  EXPECT_THAT(error.message, HasSubstr("CA file"));

  options.tls->ca_file.clear();
  EXPECT_EQ(refusal(options).code, ErrorCode::unauthenticated);
}

TEST(RedisClientSecurity, TlsOnOneSideOnly) {
  const RedisServer with({.tls = true});
  auto options = with.client_options();
  options.tls.reset();
  EXPECT_FALSE(refusal(options).message.empty());

  const RedisServer without;
  options = with.client_options();
  options.servers = {without.address()};
  EXPECT_FALSE(refusal(options).message.empty());
}

TEST(RedisClientSecurity, ClientCertificate) {
  const RedisServer server({.tls = true, .ask_certificate = true});
  auto options = server.client_options();
  EXPECT_EQ(text(*connect(options), Command("PING")), "PONG");
  options.tls->certificate_file.clear();
  options.tls->key_file.clear();
  EXPECT_FALSE(refusal(options).message.empty());
}

TEST(RedisClientSecurity, FilesThatCannotBeUsed) {
  const test::TempDir directory;
  const test::RedisCertificate certificate;
  const auto empty = directory.path() / "empty.pem";
  std::ofstream(empty) << "nothing\n";
  const auto refused = [](std::filesystem::path ca, std::filesystem::path shown, std::filesystem::path key) {
    Options options;
    options.servers = {{"127.0.0.1", 1}};
    options.tls = TlsOptions{std::move(ca), std::move(shown), std::move(key), ""};
    const auto client = Client::start(options);
    EXPECT_FALSE(client);
    if (client) return std::string();
    EXPECT_EQ(client.error().code, ErrorCode::configuration);
    return client.error().message;
  };
  EXPECT_THAT(refused(directory.path() / "none.pem", "", ""), HasSubstr("none.pem"));
  EXPECT_THAT(refused(empty, "", ""), HasSubstr("empty.pem"));
  EXPECT_THAT(refused("", certificate.certificate(), ""), HasSubstr("both"));
  EXPECT_THAT(refused("", certificate.certificate(), empty), HasSubstr("empty.pem"));
  EXPECT_THAT(refused("", empty, certificate.key()), HasSubstr("empty.pem"));
}

}  // namespace
}  // namespace sotto::redis
