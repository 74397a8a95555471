#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "admin-cli/certificate/cert_fixture.hpp"

namespace sotto::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CertRotate : public CertFixture {
 protected:
  void SetUp() override {
    CertFixture::SetUp();
    before_ = files();
  }
  [[nodiscard]] struct stat status_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(stat((identity_ + "/" + name).c_str(), &status), 0) << name;
    return status;
  }
  void expect_unchanged(const Output& output) const {
    EXPECT_EQ(output.exit_code, 3) << output.err;
    EXPECT_EQ(output.out, "");
    EXPECT_THAT(output.err, Not(HasSubstr("PRIVATE")));
    EXPECT_EQ(files(), before_);
  }

  std::map<std::string, std::string> before_;
};
INSTANTIATE_TEST_SUITE_P(Kinds, CertRotate, testing::Values(crypto::KeyKind::ed25519, crypto::KeyKind::ed448),
                         name_of_kind);

TEST_P(CertRotate, MakesAnotherKeyAndCertificateUnderTheSameIdentity) {
  expect_golden("rotate", rotate());
  EXPECT_TRUE(fits());
  EXPECT_NE(file("server.crt"), before_["server.crt"]);
  EXPECT_NE(file("server.key"), before_["server.key"]);
  EXPECT_EQ(file("ca.crt"), before_["ca.crt"]);
  EXPECT_EQ(file("fingerprint"), before_["fingerprint"]);
  EXPECT_EQ(key("server.key").kind(), GetParam());
  EXPECT_EQ(crypto::parse_certificate(certificate("server.crt"))->subject_common_name, "smp.example.com");
}

TEST_P(CertRotate, KeepsTheFormerFiles) {
  ASSERT_EQ(rotate().exit_code, 0);
  EXPECT_EQ(file("server.crt.previous"), before_["server.crt"]);
  EXPECT_EQ(file("server.key.previous"), before_["server.key"]);
  EXPECT_EQ(status_of("server.key.previous").st_mode & 0777U, 0600U);
  const auto second = file("server.crt");
  ASSERT_EQ(rotate().exit_code, 0);
  EXPECT_EQ(file("server.crt.previous"), second);
  EXPECT_EQ(files().size(), before_.size() + 2) << "nothing else is left";
}

TEST_P(CertRotate, KeepsNoneWhenToldSo) {
  ASSERT_EQ(rotate().exit_code, 0);
  ASSERT_EQ(rotate({"--no-backup"}).exit_code, 0);
  EXPECT_TRUE(fits());
  EXPECT_EQ(files().size(), before_.size());
}

TEST_P(CertRotate, SaysTheSameToPrograms) {
  const auto output = rotate({"--json", "--days", "90"});
  expect_golden("rotate-json", output);
  EXPECT_EQ(nlohmann::json::parse(output.out)["daysLeft"], 89);
}

TEST_P(CertRotate, ChangesNothingInADryRun) {
  expect_golden("rotate-dry-run", rotate({"--dry-run"}));
  expect_golden("rotate-dry-run-json", rotate({"--dry-run", "--json"}));
  EXPECT_EQ(files(), before_);
}

TEST_P(CertRotate, TakesAnotherAlgorithm) {
  for (const auto* other : {"ed448", "ed25519"}) {
    ASSERT_EQ(rotate({"--sign-algorithm", other}).exit_code, 0);
    EXPECT_TRUE(fits());
    EXPECT_EQ(key("server.key").kind(),
              other == std::string("ed448") ? crypto::KeyKind::ed448 : crypto::KeyKind::ed25519);
  }
}

TEST_P(CertRotate, FindsTheKeyOfTheCaBesideTheIdentity) {
  EXPECT_EQ(cert("rotate").exit_code, 3);
  fs::rename(ca_key_, dir_ / "ca-key");
  EXPECT_EQ(cert("rotate").exit_code, 0);
  EXPECT_TRUE(fs::exists(dir_ / "ca-key/ca.key"));
  EXPECT_FALSE(fs::exists(identity_ + "/ca.key"));
}

// What follows the leaf in server.crt, as some tools put it, stays there.
TEST_P(CertRotate, KeepsAChainInServerCrt) {
  write_content(identity_ + "/server.crt", before_["server.crt"] + before_["ca.crt"]);
  ASSERT_EQ(rotate().exit_code, 0);
  EXPECT_EQ(crypto::certificates_from_pem(file("server.crt"))->size(), 2U);
  EXPECT_TRUE(fits());
}

TEST_P(CertRotate, KeepsOwnerAndPermissions) {
  fs::permissions(identity_ + "/server.key", fs::perms::owner_read | fs::perms::group_read);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown((identity_ + "/server.key").c_str(), 12345, 12346), 0);
    ASSERT_EQ(::chown((identity_ + "/server.crt").c_str(), 12345, 12346), 0);
  }
  const auto key_before = status_of("server.key");
  ASSERT_EQ(rotate().exit_code, 0);
  EXPECT_EQ(status_of("server.key").st_mode & 0777U, 0440U);
  EXPECT_EQ(status_of("server.key").st_uid, key_before.st_uid);
  EXPECT_EQ(status_of("server.key").st_gid, key_before.st_gid);
  EXPECT_EQ(status_of("server.crt").st_uid, key_before.st_uid);
}

// A key that everybody may read is a mistake, which is not made again.
TEST_P(CertRotate, MakesNoKeyThatOthersMayRead) {
  fs::permissions(identity_ + "/server.key", fs::perms::all);
  ASSERT_EQ(rotate().exit_code, 0);
  EXPECT_EQ(status_of("server.key").st_mode & 0777U, 0640U);
}

TEST_P(CertRotate, WorksWhenTheFormerOneHasEnded) {
  put_leaf(std::chrono::system_clock::now() - 24h, 1);
  EXPECT_FALSE(fits());
  EXPECT_EQ(rotate().exit_code, 0);
  EXPECT_TRUE(fits());
}

// One that was cut off between the two renames.
TEST_P(CertRotate, RepairsAPairThatDoesNotFit) {
  write_content(identity_ + "/server.key",
                std::string(crypto::private_key_to_pem(crypto::PrivateKey::generate(GetParam())).expose()));
  write_content(identity_ + "/server.crt.new", "rest");
  write_content(identity_ + "/server.key.new", "rest");
  const auto output = rotate();
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_TRUE(fits());
  EXPECT_EQ(files().size(), before_.size()) << "what does not fit is not kept";
}

TEST_P(CertRotate, RefusesTheKeyOfAnotherCa) {
  init(dir_ / "other", dir_ / "other-ca");
  const auto output = cert("rotate", {"--ca-key-dir", dir_ / "other-ca"});
  expect_unchanged(output);
  EXPECT_THAT(output.err, AllOf(HasSubstr("other-ca/ca.key"), HasSubstr("is the key of another CA")));
}

TEST_P(CertRotate, NamesAKeyOfTheCaThatIsNotThere) {
  const auto output = cert("rotate", {"--ca-key-dir", dir_ / "nowhere"});
  expect_unchanged(output);
  EXPECT_THAT(output.err, AllOf(HasSubstr("nowhere/ca.key"), HasSubstr("No such file")));
  write_content(ca_key_ + "/ca.key", "nothing");
  expect_unchanged(rotate());
}

TEST_P(CertRotate, NeedsAWholeIdentity) {
  fs::remove(identity_ + "/ca.crt");
  before_ = files();
  const auto output = rotate();
  expect_unchanged(output);
  EXPECT_THAT(output.err, HasSubstr("missing: ca.crt"));
}

TEST_P(CertRotate, LeavesWhatIsMountedAlone) {
  fs::create_directory(dir_ / "data");
  fs::rename(identity_ + "/server.crt", dir_ / "data/server.crt");
  fs::create_symlink(dir_ / "data/server.crt", identity_ + "/server.crt");
  before_ = files();
  const auto output = rotate();
  expect_unchanged(output);
  EXPECT_THAT(output.err, HasSubstr("Secret"));
}

TEST_P(CertRotate, NamesADirectoryThatMayNotBeWritten) {
  fs::permissions(dir_.path(), fs::perms::all);
  fs::permissions(identity_,
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  for (const auto& directory : {identity_, ca_key_}) {
    for (const auto& entry : fs::directory_iterator(directory)) fs::permissions(entry.path(), fs::perms::all);
  }
  fs::permissions(ca_key_, fs::perms::all);
  {
    const AsNobody nobody;
    const auto output = rotate();
    EXPECT_EQ(output.exit_code, 3);
    EXPECT_THAT(output.err, HasSubstr("Permission denied"));
  }
  EXPECT_EQ(files(), before_);
  fs::permissions(identity_, fs::perms::owner_all);
}

TEST_P(CertRotate, RefusesWrongUsage) {
  EXPECT_EQ(rotate({"--days", "0"}).exit_code, 2);
  EXPECT_EQ(rotate({"--days", "1000000"}).exit_code, 2);
  EXPECT_EQ(rotate({"--sign-algorithm", "rsa"}).exit_code, 2);
  EXPECT_EQ(rotate({"--force"}).exit_code, 2);
  EXPECT_EQ(files(), before_);
}

}  // namespace
}  // namespace sotto::cli
