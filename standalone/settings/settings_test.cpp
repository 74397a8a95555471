#include "standalone/settings/settings.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/config/document.hpp"

namespace sotto::standalone {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Result<LoadedSettings> load(std::vector<const char*> arguments, std::vector<const char*> environment = {}) {
  arguments.insert(arguments.begin(), "sotto-server");
  environment.push_back(nullptr);
  return load_settings(static_cast<int>(arguments.size()), arguments.data(), environment.data());
}

std::string complaint(std::vector<const char*> arguments, std::vector<const char*> environment = {}) {
  const auto loaded = load(std::move(arguments), std::move(environment));
  return loaded.ok() ? "" : loaded.error().message;
}

TEST(ServerSettings, HaveTheDefaultsOfTheReferenceWhereItHasThem) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const auto& s = loaded->settings;
  EXPECT_EQ(loaded->request, config::Request::run);
  EXPECT_THAT(s.ports, ElementsAre(5223, 443));
  EXPECT_FALSE(s.ports_explicit);
  EXPECT_THAT(s.listen, ElementsAre("0.0.0.0", "::"));
  EXPECT_FALSE(s.listen_explicit);
  EXPECT_EQ(s.versions, (config::Range{6, 20}));
  EXPECT_EQ(s.tls_handshake_timeout, seconds(60));
  EXPECT_EQ(s.smp_handshake_timeout, seconds(120));
  EXPECT_EQ(s.idle_timeout, hours(6));
  EXPECT_EQ(s.idle_check_interval, hours(1));
  EXPECT_EQ(s.quota, 128U);
  EXPECT_EQ(s.message_lifetime, hours(21 * 24));
  EXPECT_EQ(s.expiry_interval, hours(2));
  EXPECT_TRUE(s.expire_on_start);
  EXPECT_FALSE(s.expire_on_send);
  EXPECT_EQ(s.end_interval, seconds(1));  // the reference has 15 s
  EXPECT_EQ(s.notification_interval, milliseconds(1500));
  EXPECT_EQ(s.notification_lifetime, hours(24));
  EXPECT_TRUE(s.new_queues);
  EXPECT_FALSE(s.ephemeral);
  EXPECT_EQ(s.output_limit, 256U * 1024U);
  EXPECT_EQ(s.metrics_listen, std::nullopt);
}

TEST(ServerSettings, TellPortsThatWereSetFromTheDefault) {
  // The same ports as the default, but somebody wants them.
  const auto loaded = load({"--ports=5223,443"}, {"SOTTO_LISTEN=127.0.0.1"});
  ASSERT_TRUE(loaded.ok());
  EXPECT_TRUE(loaded->settings.ports_explicit);
  EXPECT_TRUE(loaded->settings.listen_explicit);
}

TEST(ServerSettings, TakeThePasswordFromTheEnvironment) {
  const auto loaded = load({}, {"SOTTO_PASSWORD=correct-horse"});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->settings.password, SecretString("correct-horse"));
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

// That a server is open is not known from its settings: it may have passwords (tests/e2e).
TEST(ServerSettings, WarnOfAServerThatKeepsNothing) {
  EXPECT_THAT(load({})->warnings, IsEmpty());
  EXPECT_THAT(load({"--ephemeral"})->warnings, Contains(HasSubstr("storage.ephemeral is on")));
}

TEST(ServerSettings, RefuseAPasswordThatNoAddressCanHold) {
  for (const auto* variable : {"SOTTO_PASSWORD=a b", "SOTTO_PASSWORD=a@b", "SOTTO_PASSWORD=a:b", "SOTTO_PASSWORD=a/b",
                               "SOTTO_PASSWORD=\xc3\xa4"}) {
    EXPECT_THAT(complaint({}, {variable}), HasSubstr("holds a character that an address cannot have"));
  }
  const auto long_password = "SOTTO_PASSWORD=" + std::string(256, 'x');
  EXPECT_THAT(complaint({}, {long_password.c_str()}),
              AllOf(HasSubstr("is longer than 255 characters"), Not(HasSubstr("xxx"))));
}

TEST(ServerSettings, RefuseWhatIsOutOfBounds) {
  EXPECT_THAT(complaint({"--versions=5-20"}), HasSubstr("give a range within 6-20"));
  EXPECT_THAT(complaint({"--quota=0"}), HasSubstr("give a whole number from 1 to 10000"));
  EXPECT_THAT(complaint({"--message-lifetime=21"}), HasSubstr("has no unit"));
  EXPECT_THAT(complaint({"--log-level=loud"}), HasSubstr("give one of trace, debug, info, warning, error"));
  EXPECT_THAT(complaint({"--data-dir=/srv/sotto", "--identity-dir=/srv/sotto/"}) +
                  complaint({"--data-dir=/srv/sotto", "--identity-dir=/srv/./sotto"}),
              HasSubstr("are the same directory"));
}

TEST(ServerSettings, PrintWhatIsInForceWithoutSecrets) {
  const auto loaded = load({"--check-config", "--quota=9"}, {"SOTTO_PASSWORD=hunter2"});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->request, config::Request::check_config);
  EXPECT_THAT(loaded->text, HasSubstr("quota = 9  # flag --quota\n"));
  EXPECT_THAT(loaded->text, HasSubstr("# password is set: environment SOTTO_PASSWORD\n"));
  EXPECT_THAT(loaded->text, Not(HasSubstr("hunter2")));
}

TEST(ServerSettings, AnswerHelpAndVersion) {
  EXPECT_THAT(load({"--help"})->text, HasSubstr("Usage: sotto-server"));
  EXPECT_THAT(load({"--version"})->text, testing::StartsWith("sotto-server "));
}

// The page is made from the table. After a change: scripts/generate-docs.
TEST(ServerSettings, AreDocumentedAsTheyAre) {
  const auto path = std::filesystem::path(SOTTO_SOURCE_DIR) / "docs/configuration.md";
  ServerSettings settings;
  const auto page = config::markdown(server_table(settings));
  if (std::getenv("SOTTO_TEST_WRITE_DOCS") != nullptr) std::ofstream(path) << page;
  std::ostringstream committed;
  committed << std::ifstream(path).rdbuf();
  EXPECT_EQ(committed.str(), page) << "run scripts/generate-docs";
}

}  // namespace
}  // namespace sotto::standalone
