#include "admin-cli/doctor/identity_check.hpp"

#include "admin-cli/certificate/cert_fixture.hpp"

namespace sotto::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DoctorIdentity : public CertFixture {
 protected:
  static SystemTime now() { return std::chrono::system_clock::now(); }
  [[nodiscard]] Findings check() const { return check_identity(identity_, now()); }
  // What is said of it, all together.
  [[nodiscard]] std::string seen() const {
    std::string all;
    for (const auto& finding : check()) all += finding.seen + "\n" + finding.remedy + "\n";
    return all;
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, DoctorIdentity, testing::Values(crypto::KeyKind::ed25519), name_of_kind);

TEST_P(DoctorIdentity, IsWhole) {
  const auto findings = check();
  ASSERT_EQ(findings.size(), 1U) << seen();
  EXPECT_EQ(findings[0].state, State::ok);
}

TEST_P(DoctorIdentity, EndsSoon) {
  put_leaf(now(), 10);
  EXPECT_EQ(state_of(check()), State::warning);
  EXPECT_THAT(seen(), AllOf(HasSubstr("ends in 9 days"), HasSubstr("sotto cert rotate")));
  put_leaf(now(), 30);
  EXPECT_EQ(state_of(check()), State::ok);
}

TEST_P(DoctorIdentity, HasEnded) {
  put_leaf(now() - 24h, 1);  // the CA began an hour ago: both must have been valid once
  EXPECT_EQ(state_of(check()), State::failed);
  EXPECT_THAT(seen(), HasSubstr("the certificate ended at"));
}

TEST_P(DoctorIdentity, IsNotValidYet) {
  put_leaf(now() + 48h, 90);
  EXPECT_EQ(state_of(check()), State::failed);
  EXPECT_THAT(seen(), HasSubstr("is not valid before"));
}

TEST_P(DoctorIdentity, HasTheKeyOfAnother) {
  const auto other = dir_ / "other";
  init(other, dir_ / "other-ca");
  write_content(identity_ + "/server.key", content_of(other + "/server.key"));
  EXPECT_EQ(state_of(check()), State::failed);
  EXPECT_THAT(seen(), AllOf(HasSubstr("is not the key of server.crt"), HasSubstr("\nthe certificate is valid until"),
                            Not(HasSubstr("PRIVATE"))));
}

TEST_P(DoctorIdentity, IsIncompleteOrAbsent) {
  fs::remove(identity_ + "/ca.crt");
  EXPECT_EQ(state_of(check()), State::failed);
  EXPECT_THAT(seen(), HasSubstr("ca.crt"));
  fs::remove_all(identity_);
  EXPECT_EQ(state_of(check()), State::failed);
}

TEST_P(DoctorIdentity, HasAKeyThatOthersRead) {
  fs::permissions(identity_ + "/server.key", fs::perms(0644));
  EXPECT_EQ(state_of(check()), State::failed);
  EXPECT_THAT(seen(), AllOf(HasSubstr("server.key can be read by others (mode 0644)"), HasSubstr("chmod 600")));
  fs::permissions(identity_ + "/server.key", fs::perms(0640));
  EXPECT_EQ(state_of(check()), State::failed);
}

TEST_P(DoctorIdentity, HasAPasswordThatOthersRead) {
  write_content(identity_ + "/password", "very-secret");
  fs::permissions(identity_ + "/password", fs::perms(0604));
  EXPECT_EQ(state_of(check()), State::failed);
  EXPECT_THAT(seen(), AllOf(HasSubstr("password can be read"), Not(HasSubstr("very-secret"))));
}

TEST_P(DoctorIdentity, MayBelongToTheGroupOfAPod) {
  fs::create_directory_symlink(".", identity_ + "/..data");
  fs::permissions(identity_ + "/server.key", fs::perms(0440));
  EXPECT_EQ(state_of(check()), State::ok) << seen();
  fs::permissions(identity_ + "/server.key", fs::perms(0444));
  EXPECT_EQ(state_of(check()), State::failed);
}

TEST_P(DoctorIdentity, HasTheKeyOfTheCa) {
  const auto put = [](const fs::path& directory) {
    fs::create_directories(directory);
    write_content(directory / "ca.key", "a key");
    fs::permissions(directory / "ca.key", fs::perms(0600));
  };
  put(dir_ / "ca-key");
  EXPECT_EQ(state_of(check()), State::warning);
  EXPECT_THAT(seen(), HasSubstr(dir_ / "ca-key/ca.key"));
  put(identity_);
  EXPECT_THAT(seen(), HasSubstr("the key of the CA is here: " + identity_ + "/ca.key"));
}

TEST_P(DoctorIdentity, MayNotBeRead) {
  fs::permissions(dir_.path(), fs::perms::all);
  fs::permissions(identity_, fs::perms::none);
  {
    const AsNobody nobody;
    EXPECT_EQ(state_of(check()), State::failed);
    EXPECT_THAT(seen(), HasSubstr("Permission denied"));
  }
  fs::permissions(identity_, fs::perms::owner_all);
}

}  // namespace
}  // namespace sotto::cli
