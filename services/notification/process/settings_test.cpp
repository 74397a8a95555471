#include "services/notification/process/settings.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/config/document.hpp"

namespace sotto::notification {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

class NotificationProgramSettings : public testing::Test {
 protected:
  static Result<LoadedProgram> load(std::vector<const char*> arguments, std::vector<const char*> environment = {}) {
    arguments.insert(arguments.begin(), "sotto-notification");
    environment.push_back(nullptr);
    return load_program(static_cast<int>(arguments.size()), arguments.data(), environment.data());
  }
};

TEST_F(NotificationProgramSettings, HaveDefaults) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const auto& settings = loaded->settings;
  EXPECT_THAT(service::server_settings(settings.grpc).listen, ElementsAre("127.0.0.1:7452"));
  EXPECT_EQ(settings.notification_interval, milliseconds(1500));
  EXPECT_EQ(settings.notification_lifetime, hours(24));
  EXPECT_EQ(settings.max_pending, kDefaultMaxPending);
}

TEST_F(NotificationProgramSettings, NameAllProblemsAtOnce) {
  const auto loaded = load({"--max-pending=0", "--redis-url=nowhere", "--grpc-tls-ca=ca.pem"});
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, ErrorCode::configuration);
  EXPECT_THAT(loaded.error().message, HasSubstr("events.max_pending"));
}

// The page is made from the table. After a change: scripts/generate-docs.
TEST_F(NotificationProgramSettings, AreDocumentedAsTheyAre) {
  const auto path = std::filesystem::path(SOTTO_SOURCE_DIR) / "docs/configuration-notification.md";
  ProgramSettings settings;
  const auto page = config::markdown(program_table(settings));
  if (std::getenv("SOTTO_TEST_WRITE_DOCS") != nullptr) std::ofstream(path) << page;
  std::ostringstream committed;
  committed << std::ifstream(path).rdbuf();
  EXPECT_EQ(committed.str(), page) << "run scripts/generate-docs";
}

}  // namespace
}  // namespace sotto::notification
