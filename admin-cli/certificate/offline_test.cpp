// The key of the CA on another machine: csr here, sign there, install here.
#include <functional>

#include <nlohmann/json.hpp>

#include "admin-cli/certificate/cert_fixture.hpp"
#include "libs/crypto/certificate_request.hpp"

namespace sotto::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CertOffline : public CertFixture {
 protected:
  void SetUp() override {
    CertFixture::SetUp();
    before_ = files();
  }
  [[nodiscard]] Output install(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--certificate", dir_ / "signed.crt"});
    return cert("install", more);
  }
  // Up to the last step.
  void request_and_sign() const {
    ASSERT_EQ(cert("csr", {"--out", csr_}).exit_code, 0);
    const auto output = sign(csr_);
    ASSERT_EQ(output.exit_code, 0) << output.err;
  }
  // Refused with `exit_code`, and nothing of the identity has changed.
  std::string refusal(int exit_code, const std::function<Output()>& command) const {
    const auto before = files();
    const auto output = command();
    EXPECT_EQ(output.exit_code, exit_code) << output.err;
    EXPECT_EQ(output.out, "");
    EXPECT_THAT(output.err, Not(HasSubstr("PRIVATE")));
    EXPECT_EQ(files(), before);
    return output.err;
  }

  std::string csr_ = dir_ / "server.csr";
  std::map<std::string, std::string> before_;
};
INSTANTIATE_TEST_SUITE_P(Kinds, CertOffline, testing::Values(crypto::KeyKind::ed25519, crypto::KeyKind::ed448),
                         name_of_kind);

TEST_P(CertOffline, GoesFromTheRequestToTheServer) {
  expect_golden("csr-out", cert("csr", {"--out", csr_}));
  EXPECT_EQ(file("server.key"), before_["server.key"]) << "the server goes on with it";
  const auto pending = key("server.key.pending");
  EXPECT_EQ(fs::status(identity_ + "/server.key.pending").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  const auto request = crypto::open_certificate_request(content_of(csr_));
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->key, pending);
  EXPECT_EQ(request->common_name, "smp.example.com");

  expect_golden("sign", sign(csr_));
  expect_golden("install-dry-run", install({"--dry-run"}));
  EXPECT_EQ(file("server.key"), before_["server.key"]);
  expect_golden("install", install());
  EXPECT_TRUE(fits());
  EXPECT_EQ(key("server.key"), pending);
  EXPECT_EQ(key("server.key").kind(), GetParam());
  EXPECT_FALSE(fs::exists(identity_ + "/server.key.pending"));
  EXPECT_EQ(file("server.key.previous"), before_["server.key"]);
  EXPECT_EQ(file("server.crt.previous"), before_["server.crt"]);
}

TEST_P(CertOffline, SaysTheSameToPrograms) {
  const auto csr = cert("csr", {"--json"});
  expect_golden("csr-json", csr);
  const auto request = nlohmann::json::parse(csr.out)["request"].get<std::string>();
  write_content(csr_, request);
  const auto signed_ = sign(csr_, {"--json", "--days", "90"});
  expect_golden("sign-json", signed_);
  EXPECT_EQ(nlohmann::json::parse(signed_.out)["daysLeft"], 89);
  expect_golden("install-json", install({"--json", "--no-backup"}));
  EXPECT_TRUE(fits());
  EXPECT_EQ(files().size(), before_.size());
}

TEST_P(CertOffline, PrintsTheRequestAndReadsItFromStandardInput) {
  const auto csr = cert("csr");
  expect_golden("csr", csr);
  const auto output = sotto({"cert", "sign", "--csr", "-", "--ca-key-dir", ca_key_, "--ca-cert", identity_ + "/ca.crt",
                             "--out", dir_ / "signed.crt"},
                            csr.out);
  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_EQ(install().exit_code, 0);
  EXPECT_TRUE(fits());
}

TEST_P(CertOffline, TakesAnotherAlgorithm) {
  const auto other = algorithm() == "ed448" ? "ed25519" : "ed448";
  ASSERT_EQ(cert("csr", {"--out", csr_, "--sign-algorithm", other}).exit_code, 0);
  ASSERT_EQ(sign(csr_).exit_code, 0);
  ASSERT_EQ(install().exit_code, 0);
  EXPECT_TRUE(fits());
  EXPECT_NE(key("server.key").kind(), GetParam());
}

TEST_P(CertOffline, NeverReplacesAKeyThatWaits) {
  ASSERT_EQ(cert("csr").exit_code, 0);
  EXPECT_THAT(refusal(7, [this] { return cert("csr"); }), HasSubstr("server.key.pending"));
}

TEST_P(CertOffline, LeavesNoKeyWhenTheRequestCannotBeWritten) {
  refusal(3, [this] { return cert("csr", {"--out", dir_ / "nowhere/server.csr"}); });
  write_content(csr_, "precious");
  refusal(7, [this] { return cert("csr", {"--out", csr_}); });
  EXPECT_EQ(content_of(csr_), "precious");
}

TEST_P(CertOffline, NeedsAnIdentityForARequest) {
  fs::remove(identity_ + "/server.key");
  EXPECT_THAT(refusal(3, [this] { return cert("csr"); }), HasSubstr("missing: server.key"));
}

TEST_P(CertOffline, SignsNothingButRequests) {
  ASSERT_EQ(cert("csr", {"--out", csr_}).exit_code, 0);
  refusal(3, [this] { return sign(dir_ / "nowhere.csr"); });
  write_content(dir_ / "other.csr", "nothing");
  EXPECT_THAT(refusal(2, [this] { return sign(dir_ / "other.csr"); }), HasSubstr("other.csr"));
  refusal(2, [this] { return sign(identity_ + "/server.crt"); });
  EXPECT_FALSE(fs::exists(dir_ / "signed.crt"));
}

TEST_P(CertOffline, SignsWithTheKeyOfThisCaOnly) {
  ASSERT_EQ(cert("csr", {"--out", csr_}).exit_code, 0);
  init(dir_ / "other", dir_ / "other-ca");
  const auto sign_with = [this](const std::string& ca_key, const std::string& ca_certificate) {
    return refusal(3, [&] {
      return sotto({"cert", "sign", "--csr", csr_, "--ca-key-dir", ca_key, "--ca-cert", ca_certificate, "--out",
                    dir_ / "signed.crt"});
    });
  };
  EXPECT_THAT(sign_with(dir_ / "other-ca", identity_ + "/ca.crt"), HasSubstr("is the key of another CA"));
  EXPECT_THAT(sign_with(ca_key_, dir_ / "other/ca.crt"), HasSubstr("is the key of another CA"));
  EXPECT_THAT(sign_with(dir_ / "nowhere", identity_ + "/ca.crt"), HasSubstr("nowhere/ca.key"));
  EXPECT_THAT(sign_with(ca_key_, dir_ / "nowhere.crt"), HasSubstr("nowhere.crt"));
  // A server certificate is no CA.
  fs::create_directory(dir_ / "leaf");
  write_content(dir_ / "leaf/ca.key", file("server.key"));
  sign_with(dir_ / "leaf", identity_ + "/server.crt");
  EXPECT_FALSE(fs::exists(dir_ / "signed.crt"));
}

TEST_P(CertOffline, NeverOverwritesACertificate) {
  ASSERT_EQ(cert("csr", {"--out", csr_}).exit_code, 0);
  write_content(dir_ / "signed.crt", "precious");
  refusal(7, [this] { return sign(csr_); });
  EXPECT_EQ(content_of(dir_ / "signed.crt"), "precious");
}

TEST_P(CertOffline, InstallsForTheKeyThatWaitsOnly) {
  EXPECT_EQ(rotate().exit_code, 0);
  write_content(dir_ / "signed.crt", file("server.crt"));
  EXPECT_THAT(refusal(6, [this] { return install(); }), HasSubstr("sotto cert csr"));
  ASSERT_EQ(cert("csr", {"--out", csr_}).exit_code, 0);
  EXPECT_THAT(refusal(3, [this] { return install(); }), HasSubstr("is not for the key that waits"));
}

TEST_P(CertOffline, InstallsWhatThisCaSignedOnly) {
  ASSERT_EQ(cert("csr", {"--out", csr_}).exit_code, 0);
  init(dir_ / "other", dir_ / "other-ca");
  ASSERT_EQ(sotto({"cert", "sign", "--csr", csr_, "--ca-key-dir", dir_ / "other-ca", "--ca-cert", dir_ / "other/ca.crt",
                   "--out", dir_ / "signed.crt"})
                .exit_code,
            0);
  EXPECT_THAT(refusal(3, [this] { return install(); }),
              AllOf(HasSubstr("signed.crt"), HasSubstr("signed by the CA of this identity")));
}

TEST_P(CertOffline, InstallsWhatIsValidOnly) {
  ASSERT_EQ(cert("csr", {"--out", csr_}).exit_code, 0);
  const auto request = *crypto::open_certificate_request(content_of(csr_));
  const auto ca_key = *crypto::private_key_from_pem(content_of(ca_key_ + "/ca.key"));
  const auto expired = *crypto::make_leaf({request.key, request.common_name, 1}, certificate("ca.crt"), ca_key,
                                          std::chrono::system_clock::now() - 48h);
  write_content(dir_ / "signed.crt", crypto::certificate_to_pem(expired));
  EXPECT_THAT(refusal(3, [this] { return install(); }), HasSubstr("expired"));
}

TEST_P(CertOffline, NamesFilesThatCannotBeRead) {
  ASSERT_EQ(cert("csr", {"--out", csr_}).exit_code, 0);
  EXPECT_THAT(refusal(3, [this] { return install(); }), HasSubstr("signed.crt"));
  EXPECT_THAT(refusal(3,
                      [this] {
                        return cert("install", {"--certificate", dir_.path().string()});
                      }),
              HasSubstr("cannot be read"));
  write_content(dir_ / "signed.crt", "nothing");
  refusal(3, [this] { return install(); });
  ASSERT_EQ(sign(csr_, {"--out", dir_ / "again.crt"}).exit_code, 2) << "--out twice";
  fs::remove(dir_ / "signed.crt");
  ASSERT_EQ(sign(csr_).exit_code, 0);
  write_content(identity_ + "/server.key.pending", "nothing");
  EXPECT_THAT(refusal(3, [this] { return install(); }), HasSubstr("server.key.pending"));
}

TEST_P(CertOffline, NamesADirectoryThatMayNotBeWritten) {
  request_and_sign();
  fs::permissions(dir_.path(), fs::perms::all);
  for (const auto& entry : fs::directory_iterator(identity_)) fs::permissions(entry.path(), fs::perms::all);
  fs::permissions(identity_,
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  {
    const AsNobody nobody;
    EXPECT_EQ(install().exit_code, 3);
    const auto csr = cert("csr");
    EXPECT_EQ(csr.exit_code, 3);
    EXPECT_THAT(csr.err, HasSubstr("Permission denied"));
  }
  fs::permissions(identity_, fs::perms::owner_all);
}

TEST_P(CertOffline, RefusesWrongUsage) {
  EXPECT_EQ(cert("csr", {"--days", "90"}).exit_code, 2);
  EXPECT_EQ(cert("csr", {"--sign-algorithm", "x25519"}).exit_code, 2);
  EXPECT_EQ(cert("install").exit_code, 2);
  EXPECT_EQ(sotto({"cert", "sign", "--csr", csr_}).exit_code, 2);
  EXPECT_EQ(sign(csr_, {"--days", "0"}).exit_code, 2);
  EXPECT_EQ(files(), before_);
}

}  // namespace
}  // namespace sotto::cli
