#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/commands/command_runner.hpp"
#include "libs/crypto/certificate.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

class Init : public testing::Test {
 protected:
  Output init(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"init", "--identity-dir", identity_, "--host", "smp.example.com"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_sotto(arguments);
  }

  TempDir dir_;
  std::string identity_ = dir_ / "etc/identity";
};

TEST_F(Init, MakesAnIdentityThatVerifies) {
  const auto output = init();
  ASSERT_EQ(output.exit_code, 0) << output.err;
  const auto leaf = *crypto::certificates_from_pem(content_of(identity_ + "/server.crt"));
  const auto authority = *crypto::certificates_from_pem(content_of(identity_ + "/ca.crt"));
  ASSERT_EQ(leaf.size(), 1U);
  ASSERT_EQ(authority.size(), 1U);
  EXPECT_TRUE(crypto::verify_server_chain({leaf[0], authority[0]}, std::chrono::system_clock::now()).ok());
  EXPECT_EQ(content_of(identity_ + "/fingerprint"), to_base64url(crypto::fingerprint(authority[0])) + "\n");
  const auto key = *crypto::private_key_from_pem(content_of(identity_ + "/server.key"));
  EXPECT_EQ(key.public_key(), *crypto::certificate_key(leaf[0]));
  EXPECT_EQ(crypto::parse_certificate(leaf[0])->subject_common_name, "smp.example.com");
  const auto ca_key = *crypto::private_key_from_pem(content_of(dir_ / "etc/ca-key/ca.key"));
  EXPECT_EQ(ca_key.public_key(), *crypto::certificate_key(authority[0]));
}

TEST_F(Init, KeepsSecretsToTheOwner) {
  ASSERT_EQ(init().exit_code, 0);
  EXPECT_EQ(mode_of(identity_), 0700U);
  EXPECT_EQ(mode_of(identity_ + "/server.key"), 0600U);
  EXPECT_EQ(mode_of(identity_ + "/password"), 0600U);
  EXPECT_EQ(mode_of(dir_ / "etc/ca-key"), 0700U);
  EXPECT_EQ(mode_of(dir_ / "etc/ca-key/ca.key"), 0600U);
  EXPECT_FALSE(fs::exists(identity_ + "/ca.key"));
}

TEST_F(Init, MakesAPasswordThatAnAddressCanHave) {
  const auto output = init();
  auto password = content_of(identity_ + "/password");
  ASSERT_EQ(password.back(), '\n');
  password.pop_back();
  EXPECT_EQ(from_base64url(password)->size(), 32U);
  EXPECT_TRUE(smp::check_password(password).ok());
  EXPECT_THAT(output.out + output.err, Not(HasSubstr(password)));
  EXPECT_THAT(output.out, AllOf(HasSubstr("smp://"), HasSubstr(":***@smp.example.com\n")));
}

TEST_F(Init, UsesAPasswordThatIsThere) {
  const auto file = dir_ / "password";
  write_content(file, "chosen\n");
  ASSERT_EQ(init({"--password-file", file}).exit_code, 0);
  EXPECT_EQ(content_of(file), "chosen\n");
  EXPECT_FALSE(fs::exists(identity_ + "/password"));
}

TEST_F(Init, RefusesAPasswordThatNoAddressCanHave) {
  const auto file = dir_ / "password";
  write_content(file, "has space\n");
  const auto output = init({"--password-file", file});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, AllOf(HasSubstr(file), Not(HasSubstr("has space"))));
}

TEST_F(Init, MakesNoPasswordWhenToldSo) {
  const auto output = init({"--no-password"});
  ASSERT_EQ(output.exit_code, 0);
  EXPECT_FALSE(fs::exists(identity_ + "/password"));
  EXPECT_THAT(output.err, HasSubstr("anybody"));
  EXPECT_THAT(output.out, Not(HasSubstr("***")));
}

TEST_F(Init, TellsWhereTheCaKeyIs) {
  EXPECT_THAT(init().err, AllOf(HasSubstr(dir_ / "etc/ca-key/ca.key"), HasSubstr("offline")));
}

TEST_F(Init, PutsTheCaKeyWhereItIsTold) {
  ASSERT_EQ(init({"--ca-key-dir", dir_ / "usb"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(dir_ / "usb/ca.key"));
  EXPECT_FALSE(fs::exists(dir_ / "etc/ca-key"));
}

TEST_F(Init, RefusesTheIdentityDirectoryForTheCaKey) {
  EXPECT_EQ(init({"--ca-key-dir", identity_ + "/."}).exit_code, 2);
  EXPECT_FALSE(fs::exists(identity_));
}

TEST_F(Init, SignsWithEd448WhenToldSo) {
  ASSERT_EQ(init({"--sign-algorithm", "ed448"}).exit_code, 0);
  EXPECT_EQ(crypto::private_key_from_pem(content_of(identity_ + "/server.key"))->kind(), crypto::KeyKind::ed448);
}

TEST_F(Init, RemembersHostsAndPort) {
  const auto output = init({"--host", "2001:db8::1", "--port", "5224", "--no-password"});
  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_EQ(content_of(identity_ + "/hosts"), "smp.example.com,[2001:db8::1]:5224\n");
}

TEST_F(Init, RefusesAHostThatNoAddressCanHave) {
  const auto output = run_sotto({"init", "--identity-dir", identity_, "--host", "no/host"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_FALSE(fs::exists(identity_));
}

TEST_F(Init, NamesThisMachineWithoutAHost) {
  ASSERT_EQ(run_sotto({"init", "--identity-dir", identity_}).exit_code, 0);
  EXPECT_GT(content_of(identity_ + "/hosts").size(), 1U);
}

TEST_F(Init, NeverTouchesAnIdentityThatIsThere) {
  ASSERT_EQ(init().exit_code, 0);
  const auto key = content_of(identity_ + "/server.key");
  const auto again = init();
  EXPECT_EQ(again.exit_code, 7);
  EXPECT_THAT(again.err, HasSubstr("--if-missing"));
  const auto if_missing = init({"--if-missing"});
  EXPECT_EQ(if_missing.exit_code, 0);
  EXPECT_THAT(if_missing.err, HasSubstr("Identity: kept"));
  EXPECT_EQ(content_of(identity_ + "/server.key"), key);
}

TEST_F(Init, MakesAMissingIdentityWithIfMissing) {
  EXPECT_EQ(init({"--if-missing"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(identity_ + "/fingerprint"));
}

TEST_F(Init, AcceptsAnIdentityWithoutHosts) {
  ASSERT_EQ(init().exit_code, 0);
  fs::remove(identity_ + "/hosts");
  EXPECT_EQ(init({"--if-missing"}).exit_code, 0);
}

TEST_F(Init, NamesTheMissingFileOfAnIncompleteIdentity) {
  ASSERT_EQ(init().exit_code, 0);
  fs::remove(identity_ + "/server.key");
  const auto output = init({"--if-missing"});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, AllOf(HasSubstr("missing: server.key"), HasSubstr("backup")));
}

TEST_F(Init, NeverOverwritesACaKey) {
  fs::create_directories(dir_ / "etc/ca-key");
  write_content(dir_ / "etc/ca-key/ca.key", "precious");
  const auto output = init();
  EXPECT_EQ(output.exit_code, 7);
  EXPECT_EQ(content_of(dir_ / "etc/ca-key/ca.key"), "precious");
  EXPECT_FALSE(fs::exists(identity_ + "/server.key"));
}

TEST_F(Init, LeavesNothingOfAnIdentityThatItCouldNotFinish) {
  fs::create_directories(identity_);
  write_content(identity_ + "/hosts", "old.example\n");
  EXPECT_EQ(init().exit_code, 7);
  EXPECT_FALSE(fs::exists(dir_ / "etc/ca-key/ca.key"));
  EXPECT_FALSE(fs::exists(identity_ + "/server.key"));
  EXPECT_EQ(content_of(identity_ + "/hosts"), "old.example\n");
}

}  // namespace
}  // namespace sotto::cli
