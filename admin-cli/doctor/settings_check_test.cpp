#include "admin-cli/doctor/settings_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/commands/command_runner.hpp"

namespace sotto::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DoctorSettings : public testing::Test {
 protected:
  Subject read(const std::string& word, const std::string& content, const std::vector<std::string>& variables = {}) {
    write_content(file_, content);
    return read_subject(word, file_, variables);
  }
  TempDir dir_;
  std::string file_ = dir_ / "sotto.toml";
};

TEST_F(DoctorSettings, AreThoseOfAServer) {
  const auto subject = read("server",
                            "[transport]\nports = [5223]\nlisten = [\"127.0.0.1\"]\nmax_connections = 100\n"
                            "[identity]\ndir = \"/identity\"\n[storage]\ndata_dir = \"/data\"\n",
                            {"SOTTO_METRICS_LISTEN=127.0.0.1:9090", "HOME=/root"});
  ASSERT_TRUE(subject.gateway);
  EXPECT_EQ(subject.program, "sotto-server");
  EXPECT_THAT(subject.gateway->ports, ElementsAre(5223));
  EXPECT_TRUE(subject.gateway->ports_explicit);
  EXPECT_TRUE(subject.gateway->listen_explicit);
  EXPECT_EQ(subject.gateway->max_connections, 100U);
  EXPECT_EQ(subject.gateway->identity_dir, "/identity");
  EXPECT_EQ(subject.data_dir, "/data");
  EXPECT_EQ(subject.admin_socket, "/data/admin.sock");
  EXPECT_EQ(subject.metrics, (config::Endpoint{"127.0.0.1", 9090}));
  EXPECT_FALSE(subject.database);
  EXPECT_FALSE(subject.redis);
  EXPECT_EQ(state_of(check_settings(subject)), State::ok);
}

TEST_F(DoctorSettings, OfAServerWithoutDataHaveAWarning) {
  const auto subject = read("server", "[storage]\nephemeral = true\n");
  EXPECT_FALSE(subject.data_dir);
  EXPECT_EQ(subject.admin_socket, "");
  const auto findings = check_settings(subject);
  EXPECT_EQ(state_of(findings), State::warning);
  EXPECT_THAT(findings[0].seen, HasSubstr("storage.ephemeral"));
}

TEST_F(DoctorSettings, AreThoseOfAGateway) {
  const auto subject = read("gateway", "[queue_service]\ntargets = \"127.0.0.1:7000\"\n");
  EXPECT_THAT(subject.problems, ElementsAre());
  ASSERT_TRUE(subject.gateway);
  EXPECT_FALSE(subject.gateway->ports_explicit);
  EXPECT_FALSE(subject.data_dir);
  EXPECT_EQ(subject.admin_socket, "");
}

TEST_F(DoctorSettings, AreThoseOfAService) {
  const std::string key = "SOTTO_PLATFORM_KEY=1:" + std::string(43, 'A');
  for (const auto* word : {"queue", "auth"}) {
    const auto subject = read(word,
                              "[database]\nurl = \"host=db dbname=sotto\"\n[redis]\nurl = \"redis://cache:6380\"\n"
                              "[grpc]\nlisten = [\"127.0.0.1:7000\"]\n",
                              {key, "SOTTO_DATABASE_PASSWORD=secret"});
    EXPECT_THAT(subject.problems, ElementsAre());
    ASSERT_TRUE(subject.database);
    EXPECT_EQ(subject.database->options.conninfo, "host=db dbname=sotto");
    EXPECT_EQ(subject.database->options.password.expose(), "secret");
    EXPECT_EQ(subject.database->schema.service, word);
    ASSERT_TRUE(subject.redis);
    EXPECT_THAT(subject.redis->servers, ElementsAre(redis::Address{"cache", 6380}));
    EXPECT_THAT(subject.grpc, ElementsAre(config::Endpoint{"127.0.0.1", 7000}));
    EXPECT_FALSE(subject.gateway);
  }
}

TEST_F(DoctorSettings, NameEveryProblem) {
  const auto subject = read("server", "[queues]\nquota = 0\n[transport]\nprots = [1]\n");
  const auto findings = check_settings(subject);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(state_of(findings), State::failed);
  EXPECT_THAT(findings[0].seen + findings[1].seen,
              testing::AllOf(HasSubstr("queues.quota"), HasSubstr("transport.prots")));
  EXPECT_THAT(findings[0].remedy, HasSubstr(file_));
  EXPECT_FALSE(subject.gateway);
}

TEST_F(DoctorSettings, NameAFileThatIsNotThere) {
  const auto findings = check_settings(read_subject("server", dir_ / "other.toml", {}));
  EXPECT_EQ(state_of(findings), State::failed);
  EXPECT_THAT(findings[0].seen, HasSubstr("other.toml"));
}

}  // namespace
}  // namespace sotto::cli
