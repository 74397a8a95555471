#include "services/auth/process/settings.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/config/document.hpp"
#include "libs/crypto/key_ring.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::auth {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class AuthProgramSettings : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  const std::string keys = "SOTTO_PLATFORM_KEY=" + crypto::KeyRing::generate_line(1) + "\n";

  // With a database and keys.
  Result<LoadedProgram> load(std::vector<const char*> arguments, std::vector<const char*> environment = {}) {
    arguments.insert(arguments.begin(), "--database-url=host=db.example.com dbname=sotto");
    environment.push_back(keys.c_str());
    return load_bare(std::move(arguments), std::move(environment));
  }
  static Result<LoadedProgram> load_bare(std::vector<const char*> arguments,
                                         std::vector<const char*> environment = {}) {
    arguments.insert(arguments.begin(), "sotto-auth");
    environment.push_back(nullptr);
    return load_program(static_cast<int>(arguments.size()), arguments.data(), environment.data());
  }
};

TEST_F(AuthProgramSettings, HaveDefaults) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const auto& settings = loaded->settings;
  EXPECT_THAT(service::server_settings(settings.grpc).listen, ElementsAre("127.0.0.1:7451"));
  EXPECT_EQ(postgres_settings(settings).statement_limit, seconds(5));
  EXPECT_EQ(postgres_settings(settings).connection.application_name, "sotto-auth");
  EXPECT_EQ(settings.attempts_burst, 10U);
  EXPECT_EQ(settings.attempts_leak, seconds(30));
  EXPECT_FALSE(settings.first_password.has_value());
  EXPECT_EQ(settings.admin_socket, "");
}

TEST_F(AuthProgramSettings, NeedADatabaseAndKeys) {
  const auto loaded = load_bare({});
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, ErrorCode::configuration);
  EXPECT_THAT(loaded.error().message, AllOf(HasSubstr("SOTTO_DATABASE_URL"), HasSubstr("SOTTO_PLATFORM_KEY_FILE")));
}

TEST_F(AuthProgramSettings, TakeSecretsFromTheEnvironmentAndNeverShowThem) {
  const auto loaded = load({"--check-config"}, {"SOTTO_DATABASE_PASSWORD=hunter2", "SOTTO_PASSWORD=hunter4hunter4"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(postgres_settings(loaded->settings).connection.password, SecretString("hunter2"));
  EXPECT_EQ(loaded->settings.first_password, SecretString("hunter4hunter4"));
  EXPECT_THAT(loaded->text, Not(HasSubstr("hunter")));
}

TEST_F(AuthProgramSettings, RefuseAFirstPasswordThatCannotBeInAnAddress) {
  const auto loaded = load({}, {"SOTTO_PASSWORD=with space"});
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error().message, AllOf(HasSubstr("access.password"), Not(HasSubstr("with space"))));
}

TEST_F(AuthProgramSettings, TakeReplicasOfTheQueueServiceAsAList) {
  const auto loaded = load({"--queue-service-targets=queue-0.internal:7450, [::1]:7451"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const auto channels = service::replica_channels(loaded->settings.queue_service);
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[0].target, "dns:///queue-0.internal:7450");
  EXPECT_EQ(channels[0].authority, "queue-0.internal");
  EXPECT_EQ(channels[1].target, "dns:///[::1]:7451");
  EXPECT_FALSE(channels[0].tls.has_value());
  const auto none = load({});
  EXPECT_TRUE(service::replica_channels(none->settings.queue_service).empty());
  EXPECT_FALSE(load({"--queue-service-targets=queue"}).ok());
  EXPECT_FALSE(load({"--queue-service-targets=queue:7450", "--queue-service-tls-ca=ca.pem"}).ok());
}

// The page is made from the table. After a change: scripts/generate-docs.
TEST_F(AuthProgramSettings, AreDocumentedAsTheyAre) {
  const auto path = std::filesystem::path(SOTTO_SOURCE_DIR) / "docs/configuration-auth.md";
  ProgramSettings settings;
  const auto page = config::markdown(program_table(settings));
  if (std::getenv("SOTTO_TEST_WRITE_DOCS") != nullptr) std::ofstream(path) << page;
  std::ostringstream committed;
  committed << std::ifstream(path).rdbuf();
  EXPECT_EQ(committed.str(), page) << "run scripts/generate-docs";
}

}  // namespace
}  // namespace sotto::auth
