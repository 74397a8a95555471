// What is in the way of a start is said once, on standard error, with key, value and remedy, and ends with the exit
// code of its class (libs/base/error.hpp).
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/base/error.hpp"
#include "tests/process/program.hpp"
#include "tests/support/fake-server/fake_listener.hpp"
#include "tests/support/server/test_identity.hpp"

namespace sotto::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const int kConfiguration = error_row(ErrorCode::configuration).exit_code;

class StartFailure : public testing::Test {
 protected:
  Home home;

  [[nodiscard]] Texts flags(const Texts& more = {}) const {
    auto all = home.flags({"--ports=0", "--listen=127.0.0.1"});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // It ends with the code of configuration errors; returns what it said.
  static std::string refusal(const Texts& arguments, const Texts& environment = {}) {
    const auto outcome = run(server_program(), arguments, environment);
    EXPECT_EQ(outcome.exit_code, kConfiguration) << outcome.errors;
    EXPECT_EQ(outcome.output, "");
    EXPECT_THAT(outcome.errors, HasSubstr("sotto-server: "));
    EXPECT_THAT(outcome.errors, Not(HasSubstr("internal error")));
    return outcome.errors;
  }
};

TEST_F(StartFailure, NoIdentity) {
  const auto missing = (home.directory.path() / "nothing").string();
  EXPECT_THAT(refusal({"--ports=0", "--identity-dir=" + missing, "--data-dir=" + home.data().string()}),
              AllOf(HasSubstr(missing), HasSubstr("sotto init")));
  EXPECT_FALSE(std::filesystem::exists(home.data())) << "nothing was begun";
}

TEST_F(StartFailure, AnIdentityWithoutItsKey) {
  std::filesystem::remove(home.identity() / "server.key");
  EXPECT_THAT(refusal(flags()), HasSubstr((home.identity() / "server.key").string()));
}

TEST_F(StartFailure, TheKeyOfAnotherCertificate) {
  const Home other;
  std::filesystem::copy_file(other.identity() / "server.key", home.identity() / "server.key",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(refusal(flags()), AllOf(HasSubstr((home.identity() / "server.key").string()),
                                      HasSubstr("is not the key of"), HasSubstr("same installation")));
}

TEST_F(StartFailure, TheAuthorityOfAnotherInstallation) {
  const Home other;
  std::filesystem::copy_file(other.identity() / "ca.crt", home.identity() / "ca.crt",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(refusal(flags()), HasSubstr((home.identity() / "server.crt").string()));
}

TEST_F(StartFailure, OneSelfSignedCertificateIsNoIdentity) {
  std::filesystem::copy_file(home.identity() / "ca.crt", home.identity() / "server.crt",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(refusal(flags()), HasSubstr((home.identity() / "server.crt").string()));
}

TEST_F(StartFailure, AFingerprintOfAnotherInstallation) {
  write_file(home.identity() / "fingerprint", to_base64url(Home().fingerprint));
  EXPECT_THAT(refusal(flags()),
              AllOf(HasSubstr((home.identity() / "fingerprint").string()), HasSubstr("does not fit")));
}

TEST_F(StartFailure, AKeyThatIsNoKey) {
  write_file(home.identity() / "server.key", "not a key");
  EXPECT_THAT(refusal(flags()), HasSubstr((home.identity() / "server.key").string()));
}

TEST_F(StartFailure, TheDataDirectoryIsInUse) {
  Server first(flags());
  first.wait_ready();
  EXPECT_THAT(refusal(flags()), AllOf(HasSubstr(home.data().string()), HasSubstr("in use by another process")));
  first.signal(SIGTERM);
  EXPECT_EQ(first.wait(), 0);
}

TEST_F(StartFailure, TheDataDirectoryCannotBeMade) {
  write_file(home.data(), "a file");
  EXPECT_THAT(refusal(flags()), HasSubstr(home.data().string()));
}

TEST_F(StartFailure, ThePortIsInUse) {
  const tests::FakeListener occupant([](tests::FakePeer& peer) { peer.wait_closed(); });
  const auto port = std::to_string(occupant.port());
  EXPECT_THAT(refusal(home.flags({"--listen=127.0.0.1", "--ports=" + port})),
              AllOf(HasSubstr("127.0.0.1:" + port), HasSubstr("another process listens there")));
  EXPECT_THAT(refusal(flags({"--metrics-listen=127.0.0.1:" + port})),
              AllOf(HasSubstr("127.0.0.1:" + port), HasSubstr("metrics")));
}

TEST_F(StartFailure, AnAddressOfAnotherMachine) {
  // TEST-NET-1 (RFC 5737) is nobody's.
  EXPECT_THAT(refusal(home.flags({"--listen=192.0.2.1", "--ports=0"})), HasSubstr("192.0.2.1"));
}

TEST_F(StartFailure, AFlagThatIsUnknown) {
  EXPECT_THAT(refusal(flags({"--qouta=5"})), AllOf(HasSubstr("--qouta"), HasSubstr("did you mean --quota?")));
}

TEST_F(StartFailure, AVariableThatIsUnknown) {
  EXPECT_THAT(refusal(flags(), {"SOTTO_DATADIR=/var/lib/sotto"}),
              AllOf(HasSubstr("SOTTO_DATADIR"), HasSubstr("did you mean SOTTO_DATA_DIR?")));
}

TEST_F(StartFailure, ValuesThatCannotBeAreAllNamedAtOnce) {
  const auto said =
      refusal(flags({"--quota=many", "--versions=5-30", "--stall-timeout=3 weeks"}), {"SOTTO_LOG_LEVEL=loud"});
  for (const auto* text :
       {"queues.quota = \"many\"", "flag --quota", "transport.versions = \"5-30\"",
        "transport.stall_timeout = \"3 weeks\"", "log.level = \"loud\"", "environment SOTTO_LOG_LEVEL", "give"}) {
    EXPECT_THAT(said, HasSubstr(text));
  }
}

TEST_F(StartFailure, ATomlFileThatIsNone) {
  const auto path = home.directory.path() / "sotto.toml";
  write_file(path, "[queues]\nquota = = 5\n");
  EXPECT_THAT(refusal(flags({"--config=" + path.string()})), AllOf(HasSubstr(path.string()), HasSubstr("2")));
  EXPECT_THAT(refusal(flags({"--config=" + path.string() + ".missing"})), HasSubstr(path.string() + ".missing"));
}

TEST_F(StartFailure, ATomlFileWithAKeyOrValueThatCannotBe) {
  const auto path = home.directory.path() / "sotto.toml";
  write_file(path, "[queues]\nqouta = 5\nmessage_lifetime = 21\n");
  EXPECT_THAT(refusal({"--config=" + path.string()}),
              AllOf(HasSubstr("queues.qouta"), HasSubstr("did you mean queues.quota?"), HasSubstr("sotto.toml:2"),
                    HasSubstr("queues.message_lifetime = \"21\" (sotto.toml:3)"), HasSubstr("give a duration")));
}

TEST_F(StartFailure, APasswordIsNeverRepeated) {
  const auto path = home.directory.path() / "password";
  write_file(path, "se@cret-word\n");
  EXPECT_THAT(refusal(flags(), {"SOTTO_PASSWORD_FILE=" + path.string()}),
              AllOf(HasSubstr("access.password"), HasSubstr("SOTTO_PASSWORD_FILE"), Not(HasSubstr("cret-word"))));
  EXPECT_THAT(refusal(flags({"--password=secret-word"})),
              AllOf(HasSubstr("SOTTO_PASSWORD_FILE"), Not(HasSubstr("secret-word"))));
  EXPECT_THAT(refusal(flags(), {"SOTTO_PASSWORD_FILE=" + path.string() + ".missing"}),
              HasSubstr(path.string() + ".missing"));
}

TEST_F(StartFailure, CheckConfigSaysWhatIsInForceAndStartsNothing) {
  const auto good = run(server_program(), flags({"--check-config", "--quota=5"}), {"SOTTO_PASSWORD=secret-word"});
  EXPECT_EQ(good.exit_code, 0) << good.errors;
  EXPECT_THAT(good.output, AllOf(HasSubstr("quota"), HasSubstr("--quota"), Not(HasSubstr("secret-word"))));
  EXPECT_THAT(good.errors, Not(HasSubstr("secret-word")));
  EXPECT_FALSE(std::filesystem::exists(home.data()));
  refusal(flags({"--check-config", "--quota=0"}));
}

}  // namespace
}  // namespace sotto::test
