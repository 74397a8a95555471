// Section 7: RSLV where a resolver of names is configured, a real HTTP server that answers as each test says.
#include <algorithm>
#include <future>

#include "tests/conformance/conformance_test.hpp"
#include "tests/support/http-server/http_server.hpp"
#include "tests/support/http-server/name_record.hpp"
#include "tests/support/session/server_counters.hpp"

namespace sotto::test {
namespace {

using testing::Each;
using testing::ElementsAreArray;

constexpr std::string_view kTarget = "/resolve/";

Request rslv(std::string_view name) {
  return {.command = smp::Rslv{as_bytes(name)}};
}

// "RNAME {…}", or the error.
std::string text_with_record(const client::Received& answer) {
  const auto* name = answer.get<smp::Rname>();
  return name == nullptr ? text_of(answer) : "RNAME " + std::string(as_text(name->json));
}
std::string resolve(SyncClient& client, std::string_view name) {
  return text_with_record(must(client.request(rslv(name))));
}

// By the first label of the name.
HttpReply answer_for(const std::string& target) {
  const auto name = target.substr(kTarget.size());
  if (name.starts_with("nobody.")) return HttpReply::with(404, "{}");
  if (name.starts_with("malformed.")) return HttpReply::with(400, "{}");
  if (name.starts_with("broken.")) return HttpReply::with(500, "{}");
  if (name.starts_with("garbage.")) return HttpReply::with(200, "garbage");
  if (name.starts_with("ends.")) return HttpReply::closing();
  if (name.starts_with("hangs.")) return HttpReply::hanging();
  if (name.starts_with("large.")) return HttpReply::with(200, name_record(std::string(20'000, 'x')));
  if (name.starts_with("largest.")) {
    return HttpReply::with(200, name_record(std::string(16'000 - name_record("").size(), 'x')));
  }
  return HttpReply::with(200, name_record(name));
}

class ResolvingServer {
 public:
  explicit ResolvingServer(const std::vector<std::string>& flags = {}) : server(with(flags)) {}

  HttpServer resolver{answer_for};
  InProcessServer server;

 private:
  std::vector<std::string> with(std::vector<std::string> flags) const {
    flags.emplace_back("--ephemeral");
    flags.push_back("--names-resolver-url=" + resolver.url());
    // Whatever does not end by itself is released.
    if (std::none_of(flags.begin(), flags.end(),
                     [](const auto& flag) { return flag.starts_with("--names-timeout"); })) {
      flags.emplace_back("--names-timeout=60s");
    }
    return flags;
  }
};

// The reference knows the command in every version, too; clients give it from version 20 on.
class Section7NamesByVersion : public testing::TestWithParam<smp::Version> {};
INSTANTIATE_TEST_SUITE_P(Versions, Section7NamesByVersion, testing::Values<smp::Version>(6, 11, 19, 20), version_name);

TEST_P(Section7NamesByVersion, RslvFindsTheRecord) {
  const ResolvingServer all;
  const auto client = all.server.connect(GetParam());
  const Bytes corr_id(smp::kCorrIdSize, 5);
  auto request = rslv("Alice.simplex");
  request.corr_id = corr_id;
  const auto answer = must(client->request(request));
  EXPECT_EQ(text_with_record(answer), "RNAME " + name_record("alice.simplex"));
  EXPECT_TRUE(equal(answer.corr_id, corr_id));
  EXPECT_TRUE(answer.entity_id.empty());
}

TEST_P(Section7NamesByVersion, RslvTakesTheLargestRecord) {
  const ResolvingServer all;
  const auto client = all.server.connect(GetParam());
  const auto answer = must(client->request(rslv("largest.simplex")));
  ASSERT_TRUE(answer.is<smp::Rname>()) << text_of(answer);
  EXPECT_EQ(answer.get<smp::Rname>()->json.size(), 16'000U);
}

TEST_P(Section7NamesByVersion, RslvHasNoResolver) {
  const InProcessServer server({"--ephemeral"});
  EXPECT_EQ(resolve(*server.connect(GetParam()), "alice.simplex"), "ERR NAME NO_RESOLVER");
}

TEST(Section7Names, RslvSaysWhyThereIsNoRecord) {
  ResolvingServer all;
  const auto client = all.server.connect(20);
  EXPECT_EQ(resolve(*client, "nobody.simplex"), "ERR NAME NOT_FOUND");
  EXPECT_EQ(resolve(*client, "malformed.simplex"), "ERR NAME NOT_FOUND");
  EXPECT_EQ(resolve(*client, "broken.simplex"), "ERR NAME RESOLVER HTTP 500");
  EXPECT_EQ(resolve(*client, "garbage.simplex"), "ERR NAME RESOLVER invalid response");
  EXPECT_EQ(resolve(*client, "ends.simplex"), "ERR NAME RESOLVER no connection");
  EXPECT_EQ(resolve(*client, "large.simplex"), "ERR NAME RESOLVER response too large");
  EXPECT_EQ(ask(*client, raw_request("RSLV no dots")), "ERR CMD SYNTAX");
  EXPECT_EQ(resolve(*client, "alice.simplex"), "RNAME " + name_record("alice.simplex"));
}

TEST(Section7Names, RslvIsGivenUpInTime) {
  ResolvingServer all({"--names-timeout=100ms"});
  const auto client = all.server.connect(20);
  EXPECT_EQ(resolve(*client, "hangs.simplex"), "ERR NAME RESOLVER timeout");
  EXPECT_TRUE(client->ping());
}

TEST(Section7Names, RslvKeepsNoOtherConnection) {
  ResolvingServer all;
  const auto asking = all.server.connect(20);
  auto answer = std::async(std::launch::async, [&] { return resolve(*asking, "hangs.simplex"); });
  EXPECT_TRUE(all.resolver.wait_for_hanging(1));

  // While that one has no answer. Connections go to two threads in turn: one of these is on the same.
  for (int i = 0; i < 2; ++i) {
    const auto other = all.server.connect(20);
    EXPECT_TRUE(other->ping());
    const auto queue = must(other->create_queue());
    EXPECT_TRUE(other->send(queue, "hello"));
    EXPECT_EQ(must(other->next_message(queue)).text(), "hello");
    EXPECT_EQ(resolve(*other, "alice.simplex"), "RNAME " + name_record("alice.simplex"));
  }

  all.resolver.release(HttpReply::with(200, name_record("hangs.simplex")));
  EXPECT_EQ(answer.get(), "RNAME " + name_record("hangs.simplex"));
}

TEST(Section7Names, BlocksOfManyNamesAreAnsweredInOrder) {
  const ResolvingServer all;
  const auto client = all.server.connect(20);
  std::vector<std::string> names;
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) names.push_back("name-" + std::to_string(i) + ".simplex");
  std::vector<Request> requests;
  for (const auto& name : names) {
    requests.push_back(rslv(name));
    requests.push_back({.command = smp::Ping{}});
    expected.push_back("RNAME " + name_record(name));
    expected.emplace_back("PONG");
  }
  std::vector<std::string> answers;
  const auto received = must(client->request(requests));
  for (const auto& each : received) answers.push_back(each ? text_with_record(*each) : each.error().message);
  EXPECT_THAT(answers, ElementsAreArray(expected));
}

TEST(Section7Names, TooManyNamesAtATimeAreRefused) {
  ResolvingServer all({"--names-max-concurrent=1"});
  const auto client = all.server.connect(20);
  // One is asked for, and four may wait.
  const std::vector<Request> requests(8, rslv("hangs.simplex"));
  auto answers = std::async(std::launch::async, [&] { return must(client->request(requests)); });
  // All have been asked for: one that is answered before makes room for another.
  EXPECT_TRUE(reaches(all.server, R"(smp_names_resolved_total{outcome="overloaded"})", 3));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(all.resolver.wait_for_hanging(1));
    all.resolver.release(HttpReply::with(404, ""));
  }
  std::vector<std::string> texts;
  const auto received = answers.get();
  for (const auto& each : received) texts.push_back(each ? text_of(*each) : each.error().message);
  const std::vector<std::string> first(5, "ERR NAME NOT_FOUND");
  EXPECT_THAT(std::vector(texts.begin(), texts.begin() + 5), ElementsAreArray(first));
  EXPECT_THAT(std::vector(texts.begin() + 5, texts.end()), Each("ERR NAME RESOLVER too many requests"));
}

TEST(Section7Names, ClientsMayGoWhileANameIsAskedFor) {
  ResolvingServer all;
  // Its answer is not waited for.
  const auto going = all.server.connect(20);
  EXPECT_FALSE(going->request(rslv("hangs.simplex"), std::chrono::milliseconds(1)).ok());
  going->pending_events();  // whatever of it is not sent yet
  EXPECT_TRUE(all.resolver.wait_for_hanging(1));
  going->close();
  all.resolver.release(HttpReply::with(200, name_record("hangs.simplex")));
  // On the same thread, too.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(resolve(*all.server.connect(20), "alice.simplex"), "RNAME " + name_record("alice.simplex"));
  }
}

TEST(Section7Names, ServersStopWhileANameIsAskedFor) {
  ResolvingServer all({"--drain-time=0"});
  const auto client = all.server.connect(20);
  auto answer = std::async(std::launch::async, [&] { return client->request(rslv("hangs.simplex")).ok(); });
  EXPECT_TRUE(all.resolver.wait_for_hanging(1));
  all.server.server().stop();
  EXPECT_FALSE(answer.get());
  EXPECT_TRUE(all.resolver.wait_for_none_hanging());
}

TEST(Section7Names, AreCounted) {
  ResolvingServer all;
  const auto client = all.server.connect(20);
  for (const auto* name : {"a.simplex", "b.simplex", "nobody.simplex", "broken.simplex"}) resolve(*client, name);
  const auto count = [&](const std::string& outcome) {
    return all.server.server().metric("smp_names_resolved_total{outcome=\"" + outcome + "\"}");
  };
  EXPECT_EQ(count("found"), 2);
  EXPECT_EQ(count("not_found"), 1);
  EXPECT_EQ(count("failed"), 1);
  EXPECT_EQ(count("overloaded"), 0);
  EXPECT_EQ(all.server.server().metric("smp_name_seconds_count"), 4);
}

}  // namespace
}  // namespace sotto::test
