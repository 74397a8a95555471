// HttpNameResolver over real connections to a real HTTP server, which answers as each test says.
#include "gateway/names/http_name_resolver.hpp"

#include <future>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/http-server/http_server.hpp"
#include "tests/support/http-server/name_record.hpp"
#include "tests/support/redis/redis_certificate.hpp"

namespace sotto::gateway {
namespace {

using std::chrono::milliseconds;
using test::HttpReply;
using test::HttpServer;
using test::name_record;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

HttpNameResolver::Options options_for(const std::string& url) {
  HttpNameResolver::Options options;
  options.url = *parse_resolver_url(url);
  options.timeout = std::chrono::seconds(20);  // beyond what anything here takes
  return options;
}

std::unique_ptr<HttpNameResolver> open(HttpNameResolver::Options options) {
  return std::move(*HttpNameResolver::create(std::move(options)));
}

std::future<NameAnswer> begin(HttpNameResolver& resolver, std::string_view name) {
  auto answered = std::make_shared<std::promise<NameAnswer>>();
  auto answer = answered->get_future();
  resolver.resolve(name, [answered](NameAnswer given) { answered->set_value(std::move(given)); });
  return answer;
}

// "found {…}", "failed HTTP 500" …
std::string text_of(const NameAnswer& answer) {
  const std::string outcome(to_string(answer.outcome));
  return answer.text.empty() ? outcome : outcome + " " + answer.text;
}
std::string text_of(std::future<NameAnswer> answer) {
  return text_of(answer.get());
}
std::string ask(HttpNameResolver& resolver, std::string_view name = "a.simplex") {
  return text_of(begin(resolver, name));
}
// Of a resolver that always answers so.
std::string ask_where_all_is(const HttpReply& reply) {
  HttpServer server([&](const std::string&) { return reply; });
  const auto resolver = open(options_for(server.url()));
  return ask(*resolver);
}

TEST(HttpNameResolver, FindsNames) {
  HttpServer server([](const std::string&) { return HttpReply::with(200, name_record("a.simplex")); });
  const auto resolver = open(options_for(server.url() + "/names/"));
  EXPECT_EQ(ask(*resolver, "A.simplex"), "found " + name_record("a.simplex"));
  EXPECT_THAT(server.requests(),
              ElementsAre(AllOf(StartsWith("GET /names/resolve/a.simplex HTTP/1.1\r\n"),
                                HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"),
                                HasSubstr("Accept: application/json\r\n"))));
}

TEST(HttpNameResolver, LooksUpTheHostOfTheResolver) {
  HttpServer server([](const std::string&) { return HttpReply::with(200, name_record("a.simplex")); });
  const auto resolver = open(options_for("http://localhost:" + std::to_string(server.port())));
  EXPECT_EQ(ask(*resolver), "found " + name_record("a.simplex"));
}

TEST(HttpNameResolver, TakesChunkedAndUnboundedAnswers) {
  const auto record = name_record("a.simplex");
  EXPECT_EQ(ask_where_all_is(HttpReply::raw("HTTP/1.0 200 OK\r\n\r\n" + record)), "found " + record);
  const auto half = record.size() / 2;
  const auto chunk = [](const std::string& text) {
    std::ostringstream out;
    out << std::hex << text.size() << "\r\n" << text << "\r\n";
    return out.str();
  };
  EXPECT_EQ(ask_where_all_is(HttpReply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                            chunk(record.substr(0, half)) + chunk(record.substr(half)) + "0\r\n\r\n")),
            "found " + record);
}

TEST(HttpNameResolver, KnowsWhatIsNotFound) {
  EXPECT_EQ(ask_where_all_is(HttpReply::with(404, "{}")), "not_found");
  EXPECT_EQ(ask_where_all_is(HttpReply::with(400, "{}")), "not_found");
  EXPECT_EQ(ask_where_all_is(HttpReply::with(404, std::string(100'000, 'x'))), "not_found");
}

TEST(HttpNameResolver, AsksNobodyForWhatIsNoName) {
  HttpServer server([](const std::string&) { return HttpReply::with(200, name_record("a.simplex")); });
  const auto resolver = open(options_for(server.url()));
  EXPECT_EQ(ask(*resolver, "../secret"), "not_found");
  EXPECT_TRUE(server.requests().empty());
}

TEST(HttpNameResolver, FailsByStatus) {
  EXPECT_EQ(ask_where_all_is(HttpReply::with(500, "")), "failed HTTP 500");
  EXPECT_EQ(ask_where_all_is(HttpReply::with(502, name_record("a.simplex"))), "failed HTTP 502");
  EXPECT_EQ(ask_where_all_is(HttpReply::with(204, "")), "failed HTTP 204");
}

TEST(HttpNameResolver, FollowsNoRedirect) {
  HttpServer elsewhere([](const std::string&) { return HttpReply::with(200, name_record("a.simplex")); });
  EXPECT_EQ(ask_where_all_is(HttpReply::raw("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url() +
                                            "/resolve/a.simplex\r\nContent-Length: 0\r\n\r\n")),
            "failed HTTP 302");
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST(HttpNameResolver, FailsOnWhatIsNoRecord) {
  EXPECT_EQ(ask_where_all_is(HttpReply::with(200, "{}")), "failed invalid response");
  EXPECT_EQ(ask_where_all_is(HttpReply::with(200, "<html>")), "failed invalid response");
  EXPECT_EQ(ask_where_all_is(HttpReply::with(200, "")), "failed invalid response");
}

TEST(HttpNameResolver, FailsOnGarbage) {
  EXPECT_EQ(ask_where_all_is(HttpReply::raw("SSH-2.0-OpenSSH_9.2\r\n\r\n")), "failed invalid response");
  EXPECT_EQ(ask_where_all_is(HttpReply::raw("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")),
            "failed invalid response");
}

TEST(HttpNameResolver, TakesRecordsUpToItsLimit) {
  const auto record = name_record("a.simplex");
  for (const auto& reply : {HttpReply::with(200, record), HttpReply::raw("HTTP/1.0 200 OK\r\n\r\n" + record)}) {
    HttpServer server([&](const std::string&) { return reply; });
    auto options = options_for(server.url());
    options.max_response = record.size();
    EXPECT_EQ(ask(*open(options)), "found " + record);
    options.max_response = record.size() - 1;
    EXPECT_EQ(ask(*open(options)), "failed response too large");
  }
}

TEST(HttpNameResolver, ReadsNoEndlessHeader) {
  EXPECT_EQ(ask_where_all_is(HttpReply::raw("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n")),
            "failed response too large");
}

TEST(HttpNameResolver, FailsWhenTheConnectionEnds) {
  EXPECT_EQ(ask_where_all_is(HttpReply::closing()), "failed no connection");
  EXPECT_EQ(ask_where_all_is(HttpReply::raw("HTTP/1.1 200 OK\r\n")), "failed no connection");
  EXPECT_EQ(ask_where_all_is(HttpReply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")), "failed no connection");
}

TEST(HttpNameResolver, FailsWhereNobodyListens) {
  std::string url;
  {
    const HttpServer server([](const std::string&) { return HttpReply::closing(); });
    url = server.url();
  }
  EXPECT_EQ(ask(*open(options_for(url))), "failed no connection");
}

TEST(HttpNameResolver, GivesUpInTime) {
  HttpServer server([](const std::string&) { return HttpReply::hanging(); });
  auto options = options_for(server.url());
  options.timeout = milliseconds(50);
  const auto resolver = open(options);
  EXPECT_EQ(ask(*resolver), "failed timeout");
  EXPECT_TRUE(server.wait_for_none_hanging());  // and lets the connection go
}

TEST(HttpNameResolver, GivesUpWaitingForOthersInTime) {
  HttpServer server([](const std::string&) { return HttpReply::hanging(); });
  auto options = options_for(server.url());
  options.timeout = milliseconds(50);
  options.max_concurrent = 1;
  const auto resolver = open(options);
  std::vector<std::future<NameAnswer>> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(begin(*resolver, "a.simplex"));
  for (auto& answer : answers) EXPECT_EQ(text_of(std::move(answer)), "failed timeout");
}

TEST(HttpNameResolver, AsksForSomeAtATimeAndRefusesTooMany) {
  HttpServer server([](const std::string&) { return HttpReply::hanging(); });
  auto options = options_for(server.url());
  options.max_concurrent = 2;
  options.max_waiting = 1;
  const auto resolver = open(options);
  auto first = begin(*resolver, "a.simplex");
  auto second = begin(*resolver, "b.simplex");
  ASSERT_TRUE(server.wait_for_hanging(2));
  auto third = begin(*resolver, "c.simplex");
  EXPECT_EQ(ask(*resolver, "d.simplex"), "overloaded too many requests");
  EXPECT_EQ(server.requests().size(), 2U);

  server.release(HttpReply::with(200, name_record("x")));
  EXPECT_EQ(text_of(std::move(first)), "found " + name_record("x"));
  EXPECT_EQ(text_of(std::move(second)), "found " + name_record("x"));
  ASSERT_TRUE(server.wait_for_hanging(1));
  EXPECT_THAT(server.requests().back(), HasSubstr("/resolve/c.simplex"));
  server.release(HttpReply::with(404, ""));
  EXPECT_EQ(text_of(std::move(third)), "not_found");
}

TEST(HttpNameResolver, FailsWhatIsUnderWayWhenItStops) {
  HttpServer server([](const std::string&) { return HttpReply::hanging(); });
  auto options = options_for(server.url());
  options.max_concurrent = 1;
  const auto resolver = open(options);
  auto running = begin(*resolver, "a.simplex");
  auto waiting = begin(*resolver, "b.simplex");
  ASSERT_TRUE(server.wait_for_hanging(1));
  resolver->stop();
  EXPECT_EQ(running.get().outcome, NameOutcome::failed);
  EXPECT_EQ(waiting.get().outcome, NameOutcome::failed);
}

TEST(HttpNameResolver, TrustsTheCasThatItIsTold) {
  const test::RedisCertificate ours;
  const test::RedisCertificate another;
  HttpServer server([](const std::string&) { return HttpReply::with(200, name_record("a.simplex")); },
                    HttpServer::Tls{ours.certificate(), ours.key()});
  auto options = options_for(server.url());
  options.ca_file = ours.certificate();
  EXPECT_EQ(ask(*open(options)), "found " + name_record("a.simplex"));
  options.url.host = "localhost";
  EXPECT_EQ(ask(*open(options)), "found " + name_record("a.simplex"));
  // Another way to write where the server is, which its certificate does not name.
  options.url.host = "127.1";
  EXPECT_EQ(ask(*open(options)), "failed no connection");
  options.url.host = "127.0.0.1";
  options.ca_file = another.certificate();
  EXPECT_EQ(ask(*open(options)), "failed no connection");
  options.ca_file.clear();
  EXPECT_EQ(ask(*open(options)), "failed no connection");
}

TEST(HttpNameResolver, NeedsItsCas) {
  auto options = options_for("https://127.0.0.1");
  options.ca_file = "/none/ca.pem";
  const auto opened = HttpNameResolver::create(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().message, HasSubstr("/none/ca.pem"));
}

}  // namespace
}  // namespace sotto::gateway
