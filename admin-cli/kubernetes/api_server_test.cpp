#include "admin-cli/kubernetes/api_server.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/kubernetes/api_server_fixture.hpp"
#include "tests/support/fake-server/fake_listener.hpp"

namespace sotto::cli {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

ApiServerOptions options_for(const FakeApiServer& server, const std::string& host = "127.0.0.1") {
  return {server.url(host), server.token_file(), server.ca_file(), 5s};
}

Error error_of(const ApiServerOptions& options) {
  const auto api = ApiServer::open(options);
  const auto answer = api ? api->get("/version") : api.error();
  return answer ? Error{ErrorCode::internal, "there is an answer"} : answer.error();
}

TEST(ApiServer, IsAskedWithTheToken) {
  FakeApiServer server;
  server.put("known", secret_of({{"key", "value"}}));
  for (const auto* host : {"127.0.0.1", "localhost"}) {
    const auto api = ApiServer::open(options_for(server, host));
    ASSERT_TRUE(api);
    const auto answer = api->get("/api/v1/namespaces/sotto/secrets/known");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200U);
    EXPECT_THAT(std::string(answer->body.expose()), HasSubstr(base64("value")));
    EXPECT_EQ(api->get("/api/v1/namespaces/sotto/secrets/unknown")->status, 404U);
  }
  std::ofstream(server.token_file()) << "another";
  EXPECT_EQ(ApiServer::open(options_for(server))->get("/api/v1/namespaces/sotto/secrets/known")->status, 401U);
}

TEST(ApiServer, IsTrustedWithItsCertificateOnly) {
  const FakeApiServer server;
  const FakeApiServer other;
  auto options = options_for(server);
  options.ca_file = other.ca_file();
  const auto error = error_of(options);
  EXPECT_EQ(error.code, ErrorCode::unauthenticated);
  EXPECT_THAT(error.message, HasSubstr("--api-ca-file"));
  EXPECT_THAT(server.requests(), testing::IsEmpty());
}

TEST(ApiServer, IsTrustedUnderItsNamesOnly) {
  const FakeApiServer elsewhere("DNS:elsewhere.example,IP:192.0.2.1");
  for (const auto* host : {"127.0.0.1", "localhost"}) {
    EXPECT_EQ(error_of(options_for(elsewhere, host)).code, ErrorCode::unauthenticated);
  }
}

TEST(ApiServer, IsNotWaitedForForEver) {
  const FakeApiServer server;
  auto options = options_for(server);
  options.timeout = 50ms;
  tests::FakeListener silent([](tests::FakePeer& peer) { peer.wait_closed(); });
  options.url = "https://127.0.0.1:" + std::to_string(silent.port());
  EXPECT_EQ(error_of(options).code, ErrorCode::timeout);
}

TEST(ApiServer, MayNotBeThere) {
  FakeApiServer server;
  auto options = options_for(server);
  const tests::ClosedPort closed;
  options.url = "https://127.0.0.1:" + std::to_string(closed.port());
  EXPECT_EQ(error_of(options).code, ErrorCode::connection_failed);
  tests::FakeListener plain([](tests::FakePeer& peer) {
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.wait_closed();
  });
  options.url = "https://127.0.0.1:" + std::to_string(plain.port());
  EXPECT_EQ(error_of(options).code, ErrorCode::connection_failed);
  server.intercept(
      [](const std::string&, FakeApiServer::Objects&) { return FakeApiServer::Action{.close_before = true}; });
  EXPECT_EQ(error_of(options_for(server)).code, ErrorCode::connection_failed);
}

TEST(ApiServer, IsNotOpenedWithWhatCannotBe) {
  const FakeApiServer server;
  for (const auto* url : {"", "http://127.0.0.1", "https://", "https://host:0", "https://host:443/path", "https://a@b",
                          "https://host:port", "https://[::1", "https://ho st"}) {
    auto options = options_for(server);
    options.url = url;
    const auto api = ApiServer::open(options);
    ASSERT_FALSE(api) << url;
    EXPECT_EQ(api.error().code, ErrorCode::invalid_argument);
  }
  const auto code_of = [](const ApiServerOptions& options) { return ApiServer::open(options).error().code; };
  auto options = options_for(server);
  options.token_file = server.ca_file();  // it has lines
  EXPECT_EQ(code_of(options), ErrorCode::configuration);
  options.token_file = "/nonexistent";
  EXPECT_EQ(code_of(options), ErrorCode::configuration);
  options = options_for(server);
  options.ca_file = server.token_file();
  EXPECT_EQ(code_of(options), ErrorCode::configuration);
}

}  // namespace
}  // namespace sotto::cli
