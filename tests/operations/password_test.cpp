// Passwords as an administrator has them: `sotto` against a running sotto-server, and clients that create queues. What
// the commands print is compared with golden files, with what differs from run to run made equal.
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/operations/admin_test.hpp"

namespace sotto::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kRefused = "AUTH";

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class PasswordCommands : public AdminTest {};

TEST_F(PasswordCommands, TheFirstPasswordClosesAnOpenServer) {
  EXPECT_THAT(server.process().log(), HasSubstr("ANYBODY who knows the address MAY CREATE QUEUES"));
  EXPECT_EQ(metric("smp_access_open"), "1");
  EXPECT_EQ(new_queue({}), "OK");
  EXPECT_THAT(done({"password", "list"}), HasSubstr("There is no password"));

  const auto password = create("team-a");
  EXPECT_EQ(metric("smp_access_open"), "0");
  EXPECT_EQ(new_queue({}), kRefused);
  EXPECT_EQ(new_queue("not-the-password"), kRefused);
  EXPECT_EQ(new_queue(password), "OK");
  struct stat status {};
  ASSERT_EQ(::stat(file("team-a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(PasswordCommands, RotatesWithAnOverlapAndWithoutARestart) {
  const auto old_one = create("team-a");
  EXPECT_EQ(new_queue(old_one), "OK");
  const auto rotated = done({"password", "rotate", "team-a", "--out", file("new")});
  expect_golden("password-rotate.txt", rotated);
  const auto new_one = first_line(file("new"));
  EXPECT_NE(old_one, new_one);
  EXPECT_EQ(new_queue(new_one), "OK");
  EXPECT_EQ(new_queue(old_one), "OK");
  // Who still comes with the old one is seen.
  wait_until("the uses in the list", [&] {
    const auto usage = done({"password", "usage", "team-a"});
    return usage.find("superseded, 2 queues") != std::string::npos &&
           usage.find("active, 1 queues") != std::string::npos;
  });
  expect_golden("password-usage.txt", done({"password", "usage", "team-a"}));
  expect_golden("password-usage.json", done({"password", "usage", "team-a", "--json"}));
  expect_golden("password-list.txt", done({"password", "list"}));

  server.restart();
  server.wait_ready(true);
  EXPECT_EQ(new_queue(new_one), "OK");
  EXPECT_EQ(new_queue(old_one), "OK");
  EXPECT_EQ(metric("smp_access_open"), "0");

  // Without an overlap the one before stops at once; what was rotated away earlier keeps its own end.
  EXPECT_EQ(sotto({"password", "rotate", "team-a", "--overlap", "0", "--out", file("third")}).exit_code, 0);
  EXPECT_EQ(new_queue(new_one), kRefused);
  EXPECT_EQ(new_queue(old_one), "OK");
  EXPECT_EQ(new_queue(first_line(file("third"))), "OK");
}

TEST_F(PasswordCommands, ExpiresAndRevokesAtOnce) {
  const auto first = create("team-a");
  const auto second = create("team-b");
  EXPECT_EQ(new_queue(first), "OK");
  EXPECT_EQ(new_queue(second), "OK");
  wait_until("the uses in the list", [&] {
    const std::regex used(R"(team-[ab] .*: active, 1 queues)");
    const auto usage = done({"password", "usage"});
    return std::distance(std::sregex_iterator(usage.begin(), usage.end(), used), {}) == 2;
  });
  expect_golden("password-expire.txt", done({"password", "expire", "team-a"}));
  EXPECT_EQ(new_queue(first), kRefused);
  expect_golden("password-revoke.json", done({"password", "revoke", "team-b", "--json"}));
  EXPECT_EQ(new_queue(second), kRefused);
  // The last one that worked does not open the server.
  EXPECT_EQ(new_queue({}), kRefused);
  EXPECT_EQ(metric("smp_access_open"), "0");
  EXPECT_EQ(metric(R"(smp_new_queue_decisions_total\{decision="expired"\})"), "1");
  EXPECT_EQ(metric(R"(smp_new_queue_decisions_total\{decision="revoked"\})"), "1");
  EXPECT_EQ(metric(R"(smp_new_queue_decisions_total\{decision="missing_password"\})"), "1");
  expect_golden("password-list-all.json", done({"password", "list", "--all", "--json"}));
}

TEST_F(PasswordCommands, TakesAPasswordOfOnesOwn) {
  std::ofstream(file("own")) << "a few words of ours 7\n";
  auto refused = sotto({"password", "create", "--label", "team-a", "--password-file", file("own")});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.output, Not(HasSubstr("a few words")));  // it has spaces, and is not repeated
  std::ofstream(file("own")) << "secret\n";
  EXPECT_EQ(sotto({"password", "create", "--label", "team-a", "--password-file", file("own")}).exit_code, 2);
  std::ofstream(file("own")) << "a-few-words-of-ours-7\n";
  expect_golden("password-create-own.txt", done({"password", "create", "--label", "team-a", "--expires", "90d",
                                                 "--daily-limit", "2", "--password-file", file("own")}));
  EXPECT_EQ(new_queue("a-few-words-of-ours-7"), "OK");
  EXPECT_EQ(new_queue("a-few-words-of-ours-7"), "OK");
  EXPECT_EQ(new_queue("a-few-words-of-ours-7"), kRefused);
  EXPECT_EQ(metric(R"(smp_new_queue_decisions_total\{decision="daily_limit"\})"), "1");
}

TEST_F(PasswordCommands, SaysAMadePasswordOnce) {
  const auto nowhere = sotto({"password", "create", "--label", "team-a"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.output, HasSubstr("--out FILE"));
  EXPECT_THAT(done({"password", "list", "--all"}), Not(HasSubstr("team-a")));

  expect_golden("password-create-dry-run.txt", done({"password", "create", "--label", "team-a", "--dry-run"}));
  EXPECT_EQ(new_queue({}), "OK");  // nothing was done

  const auto shown = done({"password", "create", "--label", "team-a", "--show-password"});
  std::smatch found;
  ASSERT_TRUE(std::regex_search(shown, found, std::regex("\n([A-Za-z0-9_-]{43}=)\n"))) << shown;
  EXPECT_EQ(new_queue(found[1].str()), "OK");

  const auto page = file("team-b.html");
  static_cast<void>(done({"password", "create", "--label", "team-b", "--expires", "30d", "--handout", page,
                          "--identity-dir", server.identity_dir().string()}));
  const auto html = read(page);
  EXPECT_THAT(html, HasSubstr("team-b"));
  ASSERT_TRUE(std::regex_search(html, found, std::regex("smp://[^:]+:([A-Za-z0-9_-]{43}=)@127.0.0.1")));
  EXPECT_EQ(new_queue(found[1].str()), "OK");

  // No file is overwritten, and then nothing is done.
  EXPECT_EQ(sotto({"password", "create", "--label", "team-c", "--out", page}).exit_code, 7);
  EXPECT_EQ(read(page), html);
  // Nor is one made that could not be kept: a folder that is not there, or no file.
  for (const auto* option : {"--out", "--handout"}) {
    const auto refused = sotto({"password", "create", "--label", "team-c", option, file("nowhere/team-c"),
                                "--identity-dir", server.identity_dir().string()});
    EXPECT_EQ(refused.exit_code, 3) << refused.output;
  }
  EXPECT_THAT(done({"password", "list", "--all"}), Not(HasSubstr("team-c")));
}

TEST_F(PasswordCommands, ThePolicyHoldsAtOnce) {
  const auto password = create("team-a");
  expect_golden("policy-show.txt", done({"policy", "show"}));
  expect_golden("policy-show.json", done({"policy", "show", "--json"}));
  expect_golden("policy-set.txt", done({"policy", "set", "--new-queues", "off"}));
  EXPECT_EQ(new_queue(password), kRefused);
  EXPECT_EQ(metric(R"(smp_new_queue_decisions_total\{decision="switched_off"\})"), "1");
  server.restart();
  server.wait_ready(true);
  EXPECT_EQ(new_queue(password), kRefused);
  static_cast<void>(done({"policy", "set", "--new-queues", "on"}));
  EXPECT_EQ(new_queue(password), "OK");
}

TEST_F(PasswordCommands, WhatCannotBeDoneHasItsExitCode) {
  create("team-a");
  EXPECT_EQ(sotto({"password", "create", "--label", "team-a", "--out", file("again")}).exit_code, 7);
  EXPECT_EQ(sotto({"password", "create", "--label", "a label", "--out", file("again")}).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(file("again")));
  for (const auto* change : {"rotate", "expire", "revoke", "usage"}) {
    auto arguments = std::vector<std::string>{"password", change, "team-b"};
    if (std::string(change) == "rotate") arguments.insert(arguments.end(), {"--out", file("again")});
    const auto ran = sotto(arguments);
    EXPECT_EQ(ran.exit_code, 6) << change << ": " << ran.output;
  }
  EXPECT_EQ(sotto({"password", "create", "--label", "b", "--expires", "soon", "--show-password"}).exit_code, 2);
  EXPECT_EQ(sotto({"policy", "set"}).exit_code, 2);
  EXPECT_EQ(sotto({"policy", "set", "--new-queues", "perhaps"}).exit_code, 2);

  std::string said;
  EXPECT_EQ(server.sotto({"password", "list", "--server", "unix:" + file("nobody.sock")}, &said), 4);
  expect_golden("no-server.txt", said);
  EXPECT_EQ(server.sotto({"password", "list", "--server", "127.0.0.1:1"}, &said), 2);
}

// What the proxy may connect to changes while clients are there. 127.0.0.1 is not public: it stays refused where the
// policy allows it, and what the policy refuses is refused before that.
TEST_F(PasswordCommands, DestinationsOfTheProxyAreChecked) {
  EXPECT_THAT(done({"policy", "set", "--proxy-destinations", "*.example.com,192.0.2.0/24,!old.example.com"}),
              HasSubstr("*.example.com, 192.0.2.0/24, !old.example.com"));
  EXPECT_THAT(done({"policy", "show"}), HasSubstr("*.example.com, 192.0.2.0/24, !old.example.com"));
  for (const auto* wrong : {"*", "a..b", "192.0.2.0/33", "smp.example.com:5223", "!"}) {
    const auto refused = sotto({"policy", "set", "--proxy-destinations", wrong});
    EXPECT_EQ(refused.exit_code, 2) << wrong;
  }
  EXPECT_THAT(done({"policy", "set", "--proxy-destinations", "all"}), HasSubstr("all"));
}

TEST_F(PasswordCommands, WhatWasDoneIsListed) {
  create("team-a");
  static_cast<void>(done({"password", "rotate", "team-a", "--overlap", "7d", "--out", file("new")}));
  static_cast<void>(done({"policy", "set", "--proxy", "off"}));
  static_cast<void>(done({"password", "revoke", "team-a"}));
  expect_golden("audit-list.txt", done({"audit", "list"}));
  expect_golden("audit-list.json", done({"audit", "list", "--since", "1h", "--json"}));
}

// Two that were made and one that was chosen, all used, one of them wrongly: none is anywhere but in the files that
// were asked for.
TEST_F(PasswordCommands, NoPasswordIsAnywhere) {
  std::vector<std::string> passwords{create("team-a")};
  std::ofstream(file("own")) << "some-words-of-our-own-9\n";
  static_cast<void>(done({"password", "create", "--label", "team-b", "--password-file", file("own")}));
  passwords.emplace_back("some-words-of-our-own-9");
  static_cast<void>(done({"password", "rotate", "team-a", "--out", file("new")}));
  passwords.push_back(first_line(file("new")));
  for (const auto& password : passwords) ASSERT_EQ(new_queue(password), "OK");
  passwords.emplace_back("a-wrong-one-that-somebody-tried");
  ASSERT_EQ(new_queue(passwords.back()), kRefused);
  static_cast<void>(done({"password", "revoke", "team-b"}));
  ASSERT_EQ(new_queue(passwords[1]), kRefused);

  std::vector<std::pair<std::string, std::string>> places;
  places.emplace_back("the log", server.process().log());
  std::string metrics;
  ASSERT_EQ(server.probe("/metrics", &metrics), 200);
  places.emplace_back("the metrics", metrics);
  places.emplace_back("the audit", done({"audit", "list", "--json"}));
  places.emplace_back("the list", done({"password", "list", "--all", "--json"}));
  const auto proc = "/proc/" + std::to_string(server.process().pid());
  places.emplace_back("the process list", read(proc + "/cmdline"));
  places.emplace_back("the environment", read(proc + "/environ"));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(server.data_dir())) {
    if (!entry.is_regular_file()) continue;
    places.emplace_back(entry.path().filename().string(), read(entry.path()));
    ++files;
  }
  EXPECT_GT(files, 2U);
  for (const auto& [place, text] : places) {
    for (const auto& password : passwords) {
      EXPECT_EQ(text.find(password), std::string::npos) << "a password is in " << place;
      // The bytes that a made one stands for.
      const auto bytes = from_base64url(password);
      if (bytes && bytes->size() == 32) {
        EXPECT_EQ(text.find(std::string(bytes->begin(), bytes->end())), std::string::npos) << place;
      }
    }
  }
}

}  // namespace
}  // namespace sotto::test
