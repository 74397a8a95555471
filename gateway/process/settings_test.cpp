#include "gateway/process/settings.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/settings/names_config.hpp"
#include "libs/config/document.hpp"

namespace sotto::gateway {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Result<LoadedProgram> load(std::vector<const char*> arguments, std::vector<const char*> environment = {}) {
  arguments.insert(arguments.begin(), "sotto-gateway");
  environment.push_back(nullptr);
  return load_program(static_cast<int>(arguments.size()), arguments.data(), environment.data());
}

std::string complaint(std::vector<const char*> arguments, std::vector<const char*> environment = {}) {
  const auto loaded = load(std::move(arguments), std::move(environment));
  return loaded.ok() ? "" : loaded.error().message;
}

TEST(GatewayProgramSettings, HaveDefaults) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_THAT(loaded->settings.ports, ElementsAre(5223, 443));
  const auto backend = backend_settings(loaded->settings);
  EXPECT_EQ(backend.replicas, "127.0.0.1:7450");
  EXPECT_FALSE(backend.tls.has_value());
  EXPECT_EQ(backend.batch_deadline, seconds(10));
  EXPECT_EQ(loaded->settings.resume_interval, hours(1));
  EXPECT_THAT(loaded->warnings, ElementsAre(HasSubstr("access.password is not set")));
}

TEST(GatewayProgramSettings, TakeReplicasAsAListOrAsNames) {
  const auto loaded = load({}, {"SOTTO_QUEUE_SERVICE_TARGETS=queue-0:7450, [::1]:7451,dns:///queues.internal:7452"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(backend_settings(loaded->settings).replicas, "queue-0:7450,[::1]:7451,queues.internal:7452");
}

TEST(GatewayProgramSettings, RefuseReplicasThatCannotBe) {
  for (const auto* targets : {"--queue-service-targets=queue", "--queue-service-targets=queue:x",
                              "--queue-service-targets=:7450", "--queue-service-targets="}) {
    EXPECT_THAT(complaint({targets}), HasSubstr("queue_service")) << targets;
  }
}

TEST(GatewayProgramSettings, TakeAllTlsFilesOrNone) {
  EXPECT_THAT(complaint({"--queue-service-tls-ca=ca.pem"}), HasSubstr("queue_service.tls_key belong together"));
  EXPECT_THAT(complaint({"--queue-service-tls-ca=/none/ca.pem", "--queue-service-tls-certificate=/none/c.pem",
                         "--queue-service-tls-key=/none/k.pem"}),
              HasSubstr("/none/"));
}

TEST(GatewayProgramSettings, TakeAnAuthServiceInsteadOfAPassword) {
  const auto loaded = load({"--auth-service-targets=dns:///auth.internal:7451, [::1]:7451"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(authority_settings(loaded->settings).service, "auth.internal:7451,[::1]:7451");
  EXPECT_FALSE(authority_settings(loaded->settings).tls.has_value());
  EXPECT_THAT(loaded->warnings, testing::IsEmpty());
}

TEST(GatewayProgramSettings, RefuseTwoKeepersOfPasswords) {
  const auto loaded = load({"--auth-service-targets=auth:7451"}, {"SOTTO_PASSWORD=hunter2hunter2"});
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error().message,
              AllOf(HasSubstr("for gateways without an auth service"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(complaint({"--auth-service-targets=auth:7451", "--new-queues=false"}), HasSubstr("sotto policy set"));
}

TEST(GatewayProgramSettings, RefuseAuthServicesThatCannotBe) {
  for (const auto* targets : {"--auth-service-targets=auth", "--auth-service-targets=auth:x"}) {
    EXPECT_THAT(complaint({targets}), HasSubstr("auth_service")) << targets;
  }
  EXPECT_THAT(complaint({"--auth-service-tls-ca=ca.pem"}), HasSubstr("auth_service"));
}

TEST(GatewayProgramSettings, NameNoResolverOfNames) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const auto resolver = open_name_resolver(loaded->settings);
  ASSERT_TRUE(resolver.ok());
  EXPECT_EQ(*resolver, nullptr);
}

TEST(GatewayProgramSettings, TakeAResolverOfNames) {
  const auto loaded =
      load({"--names-resolver-url=https://names.internal/v1", "--names-timeout=2s", "--names-max-response=8KiB",
            "--names-max-concurrent=10", "--names-ca-file=/etc/sotto/names.pem"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const auto options = name_resolver_options(loaded->settings);
  EXPECT_EQ(options.url.host, "names.internal");
  EXPECT_EQ(options.url.path, "/v1");
  EXPECT_EQ(options.timeout, seconds(2));
  EXPECT_EQ(options.max_response, 8192U);
  EXPECT_EQ(options.max_concurrent, 10U);
  EXPECT_EQ(options.max_waiting, 40U);
  EXPECT_EQ(options.ca_file, "/etc/sotto/names.pem");
}

TEST(GatewayProgramSettings, RefuseResolversOfNamesThatCannotBe) {
  EXPECT_THAT(complaint({"--names-resolver-url=names.internal"}), HasSubstr("names.resolver_url does not begin"));
  EXPECT_THAT(complaint({"--names-resolver-url=http://user:hunter2@names.internal"}),
              AllOf(HasSubstr("names.resolver_url"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(complaint({"--names-ca-file=ca.pem"}), HasSubstr("name the resolver"));
  EXPECT_THAT(complaint({"--names-ca-file=ca.pem", "--names-resolver-url=http://names.internal"}),
              HasSubstr("is not https"));
  EXPECT_THAT(complaint({"--names-max-response=16001"}), HasSubstr("names.max_response"));
}

TEST(GatewayProgramSettings, PrintWhatIsInForceWithoutSecrets) {
  const auto loaded = load({"--check-config", "--queue-service-request-deadline=7s"}, {"SOTTO_PASSWORD=hunter2"});
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(loaded->text, AllOf(HasSubstr("request_deadline = \"7s\""), Not(HasSubstr("hunter2"))));
}

// The page is made from the table. After a change: scripts/generate-docs.
TEST(GatewayProgramSettings, AreDocumentedAsTheyAre) {
  const auto path = std::filesystem::path(SOTTO_SOURCE_DIR) / "docs/configuration-gateway.md";
  ProgramSettings settings;
  const auto page = config::markdown(program_table(settings));
  if (std::getenv("SOTTO_TEST_WRITE_DOCS") != nullptr) std::ofstream(path) << page;
  std::ostringstream committed;
  committed << std::ifstream(path).rdbuf();
  EXPECT_EQ(committed.str(), page) << "run scripts/generate-docs";
}

}  // namespace
}  // namespace sotto::gateway
