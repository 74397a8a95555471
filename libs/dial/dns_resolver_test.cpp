// Look-ups with a real server, which answers rightly, wrongly or not at all.
#include "libs/dial/dns_resolver.hpp"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "libs/dial/host_name.hpp"
#include "libs/dial/test_loop.hpp"
#include "tests/support/dns-server/dns_server.hpp"

namespace sotto::dial {
namespace {

using namespace std::chrono_literals;
using client::IpFamily;
using client::Reason;
using test::DnsBehaviour;
using test::DnsServer;
using test::DnsType;

class Resolving : public testing::Test {
 protected:
  DnsOptions options() const {
    DnsOptions made;
    made.servers = {server.endpoint()};
    made.timeout = 60s;
    return made;
  }
  // All that is answered about a name.
  std::vector<DnsAnswer> answers(DnsResolver& resolver, const std::string& name) {
    std::vector<DnsAnswer> out;
    bool within = true;
    const auto lookup = resolver.look_up(name, [&](DnsAnswer answer) {
      EXPECT_FALSE(within);
      out.push_back(std::move(answer));
    });
    within = false;
    EXPECT_TRUE(loop.run_until([&] { return !out.empty() && out.back().last; }));
    EXPECT_TRUE(loop.drains());
    return out;
  }
  std::vector<DnsAnswer> answers(const std::string& name) {
    DnsResolver resolver(loop.io.get_executor(), options());
    return answers(resolver, name);
  }
  static const DnsAnswer& of(const std::vector<DnsAnswer>& answers, IpFamily family) {
    static const DnsAnswer none{};
    const auto found = std::find_if(answers.begin(), answers.end(), [&](const auto& a) { return a.family == family; });
    EXPECT_NE(found, answers.end());
    return found == answers.end() ? none : *found;
  }
  static std::vector<std::string> texts(const DnsAnswer& answer) {
    std::vector<std::string> out;
    for (const auto& address : answer.addresses) out.push_back(address.to_string());
    return out;
  }
  static void expect_failure(const DnsAnswer& answer, Reason reason) {
    ASSERT_TRUE(answer.failure.has_value());
    EXPECT_EQ(answer.failure->layer, client::Layer::dns);
    EXPECT_EQ(answer.failure->reason, reason) << answer.failure->error.message;
    EXPECT_TRUE(answer.addresses.empty());
  }

  TestLoop loop;
  DnsServer server;
};

TEST_F(Resolving, FindsAddressesOfBothFamilies) {
  server.set("two.example", {"192.0.2.1", "2001:db8::1", "192.0.2.2"});
  const auto found = answers("Two.Example");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FALSE(found[0].last);
  EXPECT_EQ(texts(of(found, IpFamily::ipv4)), (std::vector<std::string>{"192.0.2.1", "192.0.2.2"}));
  EXPECT_EQ(texts(of(found, IpFamily::ipv6)), (std::vector<std::string>{"2001:db8::1"}));
}

TEST_F(Resolving, TellsANameThatDoesNotExistFromOneWithoutAddress) {
  auto found = answers("missing.example");
  expect_failure(of(found, IpFamily::ipv4), Reason::name_not_found);
  expect_failure(of(found, IpFamily::ipv6), Reason::name_not_found);
  server.set("old.example", {"192.0.2.1"});
  found = answers("old.example");
  EXPECT_FALSE(of(found, IpFamily::ipv4).failure.has_value());
  expect_failure(of(found, IpFamily::ipv6), Reason::no_family);
}

TEST_F(Resolving, SaysThatTheServerFailed) {
  server.behave("bad.example", DnsBehaviour::server_failure);
  const auto found = answers("bad.example");
  expect_failure(of(found, IpFamily::ipv4), Reason::dns_unavailable);
  expect_failure(of(found, IpFamily::ipv6), Reason::dns_unavailable);
}

TEST_F(Resolving, RefusesGarbage) {
  server.behave("bad.example", DnsBehaviour::garbage);
  const auto found = answers("bad.example");
  expect_failure(of(found, IpFamily::ipv4), Reason::dns_unavailable);
  expect_failure(of(found, IpFamily::ipv6), Reason::dns_unavailable);
}

TEST_F(Resolving, EndsWhereNothingUsefulComes) {
  server.behave("silent.example", DnsType::a, DnsBehaviour::hang);
  server.behave("silent.example", DnsType::aaaa, DnsBehaviour::noise);
  auto brief = options();
  brief.timeout = 100ms;
  DnsResolver resolver(loop.io.get_executor(), brief);
  const auto found = answers(resolver, "silent.example");
  expect_failure(of(found, IpFamily::ipv4), Reason::timeout);
  expect_failure(of(found, IpFamily::ipv6), Reason::timeout);
}

TEST_F(Resolving, PassesOnTheOneAnswerThatCame) {
  server.set("half.example", {"192.0.2.1"});
  server.behave("half.example", DnsType::aaaa, DnsBehaviour::hang);
  DnsResolver resolver(loop.io.get_executor(), options());
  std::vector<DnsAnswer> found;
  auto lookup = resolver.look_up("half.example", [&](DnsAnswer answer) { found.push_back(std::move(answer)); });
  ASSERT_TRUE(loop.run_until([&] { return !found.empty(); }));
  EXPECT_EQ(found[0].family, IpFamily::ipv4);
  EXPECT_FALSE(found[0].last);
  lookup = nullptr;
  EXPECT_TRUE(loop.drains());
  EXPECT_EQ(found.size(), 1U);
}

TEST_F(Resolving, AsksAgain) {
  server.behave("slow.example", DnsBehaviour::hang);
  auto impatient = options();
  impatient.retry = 20ms;
  DnsResolver resolver(loop.io.get_executor(), impatient);
  std::vector<DnsAnswer> found;
  const auto lookup = resolver.look_up("slow.example", [&](DnsAnswer answer) { found.push_back(std::move(answer)); });
  EXPECT_TRUE(loop.run_until([&] { return server.questions().size() > 2; }));
}

TEST_F(Resolving, AsksTheNextServer) {
  DnsServer broken;
  broken.behave("a.example", DnsBehaviour::server_failure);
  server.set("a.example", {"192.0.2.1"});
  auto both = options();
  both.servers.insert(both.servers.begin(), broken.endpoint());
  DnsResolver resolver(loop.io.get_executor(), both);
  EXPECT_EQ(texts(of(answers(resolver, "a.example"), IpFamily::ipv4)), (std::vector<std::string>{"192.0.2.1"}));
  EXPECT_FALSE(broken.questions().empty());
}

TEST_F(Resolving, NeverAsksForNamesOfTor) {
  for (const auto* name : {"abc.onion", "ABC.Onion", "abc.onion.", "a.abc.onion", "abc.\\111nion", "abc\\.onion"}) {
    const auto found = answers(name);
    ASSERT_EQ(found.size(), 1U) << name;
    EXPECT_TRUE(found[0].last);
    expect_failure(found[0], Reason::name_not_found);
  }
  EXPECT_TRUE(server.questions().empty());
}

TEST_F(Resolving, SearchesNoOtherDomain) {
  ::setenv("LOCALDOMAIN", "search.example", 1);
  server.set("host.search.example", {"192.0.2.1"});
  expect_failure(of(answers("host"), IpFamily::ipv4), Reason::name_not_found);
  ::unsetenv("LOCALDOMAIN");
  for (const auto& question : server.questions()) EXPECT_EQ(question.name, "host");
}

TEST_F(Resolving, KnowsLocalhostByItself) {
  for (const auto* const name : {"localhost", "a.LocalHost."}) {
    const auto found = answers(name);
    ASSERT_EQ(found.size(), 1U) << name;
    EXPECT_EQ(texts(found[0]), (std::vector<std::string>{"::1", "127.0.0.1"}));
  }
  EXPECT_TRUE(server.questions().empty());
}

TEST_F(Resolving, ReadsTheFileOfHosts) {
  // The first name of an IPv4 address that is not localhost: this machine's, as a rule.
  std::ifstream hosts("/etc/hosts");
  std::string line;
  std::string address;
  std::string name;
  while (std::getline(hosts, line)) {
    std::istringstream words(line);
    boost::system::error_code error;
    const bool listed = static_cast<bool>(words >> address >> name);
    if (listed && !boost::asio::ip::make_address_v4(address, error).is_unspecified() && !error && !is_localhost(name))
      break;
    name.clear();
  }
  if (name.empty()) GTEST_SKIP() << "/etc/hosts has no name but localhost";
  const auto found = texts(of(answers(name), IpFamily::ipv4));
  EXPECT_NE(std::find(found.begin(), found.end(), address), found.end());
  const auto asked = server.questions();
  EXPECT_EQ(std::count(asked.begin(), asked.end(), test::DnsQuestion{name, DnsType::a}), 0);
}

TEST_F(Resolving, TakesSoManyAddressesAndNoneTwice) {
  std::vector<std::string> many{"192.0.2.1", "192.0.2.1"};
  for (int i = 1; i <= 20; ++i) many.push_back("192.0.2." + std::to_string(i));
  server.set("many.example", many);
  const auto found = texts(of(answers("many.example"), IpFamily::ipv4));
  EXPECT_EQ(found, (std::vector<std::string>{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5",
                                             "192.0.2.6", "192.0.2.7", "192.0.2.8"}));
}

TEST_F(Resolving, LooksUpSoManyAtOnceInOrder) {
  server.behave("first.example", DnsBehaviour::hang);
  for (const auto* name : {"second.example", "third.example"}) server.set(name, {"192.0.2.1", "2001:db8::1"});
  auto one = options();
  one.max_concurrent = 1;
  DnsResolver resolver(loop.io.get_executor(), one);
  std::vector<std::string> ended;
  const auto look_up = [&](const std::string& name) {
    return resolver.look_up(name, [&ended, name](const DnsAnswer& answer) {
      if (answer.last) ended.push_back(name);
    });
  };
  auto first = look_up("first.example");
  const auto second = look_up("second.example");
  auto dropped = look_up("dropped.example");
  const auto third = look_up("third.example");
  ASSERT_TRUE(loop.run_until([&] { return server.questions().size() == 2; }));
  for (const auto& question : server.questions()) EXPECT_EQ(question.name, "first.example");
  dropped = nullptr;
  first = nullptr;
  EXPECT_TRUE(loop.run_until([&] { return ended.size() == 2; }));
  EXPECT_EQ(ended, (std::vector<std::string>{"second.example", "third.example"}));
  for (const auto& question : server.questions()) EXPECT_NE(question.name, "dropped.example");
  EXPECT_TRUE(loop.drains());
}

TEST_F(Resolving, IsSilentOnceALookUpIsLetGoOf) {
  server.behave("silent.example", DnsBehaviour::hang);
  DnsResolver resolver(loop.io.get_executor(), options());
  const auto never = [](const DnsAnswer& /*answer*/) { ADD_FAILURE() << "answered"; };
  auto lookup = resolver.look_up("silent.example", never);
  ASSERT_TRUE(loop.run_until([&] { return server.questions().size() == 2; }));
  lookup = nullptr;
  for (const auto* name : {"silent.example", "abc.onion", "localhost"}) {
    const auto at_once = resolver.look_up(name, never);
  }
  EXPECT_TRUE(loop.drains());
}

TEST_F(Resolving, MayBeLetGoOfWithinAnAnswer) {
  server.set("two.example", {"192.0.2.1", "2001:db8::1"});
  DnsResolver resolver(loop.io.get_executor(), options());
  int answers = 0;
  std::unique_ptr<DnsResolver::Lookup> lookup;
  lookup = resolver.look_up("two.example", [&](const DnsAnswer& /*answer*/) {
    ++answers;
    lookup = nullptr;
  });
  EXPECT_TRUE(loop.drains());
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace sotto::dial
