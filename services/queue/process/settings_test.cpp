#include "services/queue/process/settings.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/config/document.hpp"
#include "libs/crypto/key_ring.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::queue {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class QueueProgramSettings : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  const std::string keys = "SOTTO_PLATFORM_KEY=" + crypto::KeyRing::generate_line(1) + "\n";
  const char* const database = "--database-url=host=db.example.com dbname=sotto";

  // With a database and keys, unless `arguments` are given as all there is.
  Result<LoadedProgram> load(std::vector<const char*> arguments, std::vector<const char*> environment = {}) {
    arguments.insert(arguments.begin(), database);
    environment.push_back(keys.c_str());
    return load_bare(std::move(arguments), std::move(environment));
  }
  static Result<LoadedProgram> load_bare(std::vector<const char*> arguments,
                                         std::vector<const char*> environment = {}) {
    arguments.insert(arguments.begin(), "sotto-queue");
    environment.push_back(nullptr);
    return load_program(static_cast<int>(arguments.size()), arguments.data(), environment.data());
  }
  std::string complaint(std::vector<const char*> arguments, std::vector<const char*> environment = {}) {
    const auto loaded = load(std::move(arguments), std::move(environment));
    return loaded.ok() ? "" : loaded.error().message;
  }
};

TEST_F(QueueProgramSettings, HaveDefaults) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const auto& settings = loaded->settings;
  EXPECT_THAT(service::server_settings(settings.grpc).listen, ElementsAre("127.0.0.1:7450"));
  EXPECT_FALSE(service::server_settings(settings.grpc).tls.has_value());
  EXPECT_EQ(postgres_settings(settings).statement_limit, seconds(5));
  EXPECT_EQ(service::redis_options(settings.redis).servers, (std::vector<redis::Address>{{"127.0.0.1", 6379}}));
  EXPECT_EQ(settings.quota, 128U);
}

TEST_F(QueueProgramSettings, NeedADatabaseAndKeys) {
  const auto loaded = load_bare({});
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, ErrorCode::configuration);
  EXPECT_THAT(loaded.error().message, AllOf(HasSubstr("SOTTO_DATABASE_URL"), HasSubstr("SOTTO_PLATFORM_KEY_FILE")));
}

TEST_F(QueueProgramSettings, TakeSecretsFromTheEnvironmentAndNeverShowThem) {
  const auto loaded = load({"--check-config", "--redis-url=rediss://sotto@redis.example.com"},
                           {"SOTTO_DATABASE_PASSWORD=hunter2", "SOTTO_REDIS_PASSWORD=hunter3"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(postgres_settings(loaded->settings).connection.password, SecretString("hunter2"));
  EXPECT_EQ(service::redis_options(loaded->settings.redis).password, SecretString("hunter3"));
  EXPECT_EQ(service::redis_options(loaded->settings.redis).user, "sotto");
  EXPECT_THAT(loaded->text, AllOf(Not(HasSubstr("hunter")), HasSubstr("# platform_key is set")));
  EXPECT_THAT(loaded->text, Not(HasSubstr(keys.substr(keys.find(':'), 43))));
}

TEST_F(QueueProgramSettings, RefusePasswordsInUrls) {
  EXPECT_THAT(complaint({"--redis-url=redis://u:hunter2@r"}), AllOf(HasSubstr("redis.url"), HasSubstr("password")));
  const auto loaded = load_bare({"--database-url=postgresql://u:hunter2@db/sotto"}, {keys.c_str()});
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error().message, HasSubstr("database.url"));
}

TEST_F(QueueProgramSettings, RefuseKeysThatAreNone) {
  const auto loaded = load_bare({database}, {"SOTTO_PLATFORM_KEY=1:tooshort"});
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error().message, AllOf(HasSubstr("database.platform_key"), Not(HasSubstr("tooshort"))));
}

TEST_F(QueueProgramSettings, RefuseTlsFilesWithoutTls) {
  EXPECT_THAT(complaint({"--redis-tls-ca=ca.pem"}), HasSubstr("rediss://"));
  EXPECT_THAT(complaint({"--redis-url=rediss://r", "--redis-tls-key=k"}), HasSubstr("set both, or none"));
  EXPECT_THAT(complaint({"--grpc-tls-key=k"}), HasSubstr("grpc.tls_key belong together"));
  const auto loaded = load({"--redis-url=rediss://r", "--redis-tls-ca=ca.pem", "--redis-tls-name=redis.internal"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(service::redis_options(loaded->settings.redis).tls->ca_file, "ca.pem");
  EXPECT_EQ(service::redis_options(loaded->settings.redis).tls->server_name, "redis.internal");
}

// The page is made from the table. After a change: scripts/generate-docs.
TEST_F(QueueProgramSettings, AreDocumentedAsTheyAre) {
  const auto path = std::filesystem::path(SOTTO_SOURCE_DIR) / "docs/configuration-queue.md";
  ProgramSettings settings;
  const auto page = config::markdown(program_table(settings));
  if (std::getenv("SOTTO_TEST_WRITE_DOCS") != nullptr) std::ofstream(path) << page;
  std::ostringstream committed;
  committed << std::ifstream(path).rdbuf();
  EXPECT_EQ(committed.str(), page) << "run scripts/generate-docs";
}

}  // namespace
}  // namespace sotto::queue
