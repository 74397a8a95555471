// `sotto doctor` beside running programs: nothing is wrong, or exactly what was broken before.
#include <gmock/gmock.h>

#include "tests/operations/admin_test.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/postgres/postgres_server.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace sotto::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string quoted(const fs::path& path) {
  return "\"" + path.string() + "\"";
}

// A configuration file that says of a running program what its command line said.
void describe(const ServerProgram& program, const std::string& sections, const fs::path& file) {
  std::ofstream(file) << "[transport]\nports = [" << program.port()
                      << "]\nlisten = [\"127.0.0.1\"]\n[identity]\ndir = " << quoted(program.identity_dir())
                      << "\n[metrics]\nlisten = \"127.0.0.1:" << program.metrics_port() << "\"\n"
                      << sections;
}

class Doctor : public AdminTest {
 protected:
  // With nothing left to complain of: it has a password, and the key of the CA is elsewhere.
  Doctor() {
    describe(server, "[storage]\ndata_dir = " + quoted(server.data_dir()) + "\n", config_);
    fs::rename(server.directory() / "ca-key", ca_key_dir_);
    create("team-a");
  }
  // The synchronisation of the clock, the disk and the name are the machine's that tests run on.
  [[nodiscard]] Ran doctor(std::vector<std::string> more = {"--skip=clock,limits", "--host=203.0.113.7"}) const {
    more.insert(more.begin(), {"doctor", "--config=" + config_});
    Ran out;
    out.exit_code = server.sotto(std::move(more), &out.output);
    return out;
  }
  [[nodiscard]] Ran only(const std::string& check) const { return doctor({"--only=" + check}); }
  void expect_settled(const std::string& name, const std::string& text) const {
    expect_golden(name, std::regex_replace(text, std::regex(R"(127\.0\.0\.1:\d+)"), "127.0.0.1:<port>"));
  }

  const std::string config_ = file("sotto.toml");
  const std::string ca_key_dir_ = file("usb");
};

TEST_F(Doctor, FindsNothingWrongWithAHealthyServer) {
  const auto text = doctor();
  EXPECT_EQ(text.exit_code, 0);
  expect_settled("doctor-healthy.txt", text.output);
  const auto json = doctor({"--skip=clock,limits", "--host=203.0.113.7", "--json"});
  EXPECT_EQ(json.exit_code, 0);
  expect_settled("doctor-healthy.json", json.output);
}

TEST_F(Doctor, AsksTheServerForItsLimits) {
  EXPECT_THAT(only("limits").output, AllOf(HasSubstr("open files are the limit of the server"), HasSubstr(" free (")));
}

TEST_F(Doctor, SeesThatNobodyListens) {
  server.process().kill();
  const auto text = doctor();
  EXPECT_EQ(text.exit_code, 9);
  expect_settled("doctor-dead.txt", text.output);
  expect_settled("doctor-dead.json", doctor({"--only=ports", "--json"}).output);
}

TEST_F(Doctor, SeesACertificateThatEndsSoon) {
  const std::vector<std::string> rotate{"cert",         "rotate",    "--identity-dir", server.identity_dir().string(),
                                        "--ca-key-dir", ca_key_dir_, "--days",         "10"};
  ASSERT_EQ(server.sotto(rotate), 0);
  const auto text = only("identity");
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.output, AllOf(HasSubstr("warning  identity"), HasSubstr("ends in 9 days")));
}

TEST_F(Doctor, SeesAKeyThatEverybodyReads) {
  fs::permissions(server.identity_dir() / "server.key", fs::perms(0644));
  const auto text = doctor();
  EXPECT_EQ(text.exit_code, 9);
  EXPECT_THAT(text.output, AllOf(HasSubstr("failed   identity"), HasSubstr("server.key can be read by others"),
                                 HasSubstr("ok       ports"), Not(HasSubstr("PRIVATE"))));
}

TEST_F(Doctor, SeesAWrongValueAndSaysWhatItCannotLookAt) {
  std::ofstream(config_, std::ios::app) << "[queues]\nquota = 0\n";
  const auto text = doctor();
  EXPECT_EQ(text.exit_code, 9);
  expect_settled("doctor-misconfigured.txt", text.output);
}

TEST_F(Doctor, SeesAServerWithAnotherIdentity) {
  const auto other = ServerProgram::standalone();
  const auto text = doctor({"--only=ports", "--identity-dir=" + other.identity_dir().string()});
  EXPECT_EQ(text.exit_code, 9);
  EXPECT_THAT(text.output, HasSubstr("is an SMP server with another identity"));
}

TEST_F(Doctor, RefusesNamesThatAreNone) {
  EXPECT_EQ(doctor({"--only=port"}).exit_code, 2);
  EXPECT_EQ(doctor({"--only=ports", "--skip=dns"}).exit_code, 2);
  EXPECT_EQ(doctor({"--program=proxy"}).exit_code, 2);
  EXPECT_EQ(doctor({"--server=nowhere"}).exit_code, 2);
  EXPECT_EQ(doctor({"--host=bad..name"}).exit_code, 2);
}

TEST(DoctorOfAnOpenServer, SeesThatItHasNoPassword) {
  auto server = ServerProgram::durable();
  server.wait_ready(true);
  const auto config = (server.directory() / "sotto.toml").string();
  describe(server, "[storage]\ndata_dir = " + quoted(server.data_dir()) + "\n", config);
  std::string output;
  EXPECT_EQ(server.sotto({"doctor", "--config=" + config, "--skip=clock,limits"}, &output), 0);
  EXPECT_THAT(output, AllOf(HasSubstr("warning  admin          the server has no password"),
                            HasSubstr("warning  identity       the key of the CA is here"),
                            HasSubstr("warning  dns            127.0.0.1, which leads every machine to itself")));
}

TEST(DoctorOfAGateway, SeesThatItIsNotReady) {
  const auto targets = "127.0.0.1:" + std::to_string(free_port());
  auto gateway = ServerProgram::gateway(targets);
  gateway.wait_ready(false);
  const auto config = (gateway.directory() / "gateway.toml").string();
  describe(gateway, "[queue_service]\ntargets = \"" + targets + "\"\n", config);
  std::string output;
  EXPECT_EQ(gateway.sotto({"doctor", "--program=gateway", "--config=" + config, "--only=metrics,admin"}, &output), 9);
  EXPECT_THAT(output, AllOf(HasSubstr("failed   metrics        the server is not ready: queue"),
                            HasSubstr("skipped  admin          sotto-gateway has no admin.socket")));
}

TEST(DoctorOfAQueueService, LooksAtItsStores) {
  PostgresServer::Options quick;
  quick.durable = false;
  PostgresServer postgres(quick);
  RedisServer redis;
  const auto database = postgres.create_database("sotto");
  migrate(database);
  auto queue = ServerProgram::queue(database, redis.url());
  queue.wait_ready(true);
  const auto config = (queue.directory() / "queue.toml").string();
  std::ofstream(config) << "[grpc]\nlisten = [\"127.0.0.1:" << queue.grpc_port() << "\"]\n[database]\nurl = \""
                        << database << "\"\nplatform_key_file = " << quoted(queue.directory() / "platform.key")
                        << "\n[redis]\nurl = \"" << redis.url()
                        << "\"\n[metrics]\nlisten = \"127.0.0.1:" << queue.metrics_port() << "\"\n";
  const auto doctor = [&](int exit_code) {
    std::string output;
    EXPECT_EQ(queue.sotto({"doctor", "--program=queue", "--config=" + config}, &output), exit_code) << output;
    return output;
  };
  EXPECT_THAT(doctor(0), AllOf(HasSubstr("skipped  identity"), HasSubstr("the clock agrees with that of the database"),
                               HasSubstr("ok       ports          somebody listens on"), HasSubstr("ok       database"),
                               HasSubstr("ok       redis          reached; version"), HasSubstr("ok       metrics")));
  redis.stop();
  queue.wait_ready(false);
  EXPECT_THAT(doctor(9), AllOf(HasSubstr("failed   redis          Redis is not reached"),
                               HasSubstr("failed   metrics        the server is not ready: redis"),
                               HasSubstr("ok       database"), Not(HasSubstr("warning redis"))));
  redis.start();
  postgres.stop();
  EXPECT_THAT(doctor(9),
              AllOf(HasSubstr("failed   database       the database is not reached"), HasSubstr("skipped  clock")));
}

}  // namespace
}  // namespace sotto::test
