#include <nlohmann/json.hpp>

#include "admin-cli/certificate/cert_fixture.hpp"

namespace sotto::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CertStatus : public CertFixture {};
INSTANTIATE_TEST_SUITE_P(Kinds, CertStatus, testing::Values(crypto::KeyKind::ed25519, crypto::KeyKind::ed448),
                         name_of_kind);

SystemTime now() {
  return std::chrono::system_clock::now();
}

TEST_P(CertStatus, SaysWhatTheServerHas) {
  const auto text = cert("status");
  expect_golden("status", text);
  EXPECT_THAT(text.out, HasSubstr("algorithm     " + algorithm() + "\n"));
  const auto json = cert("status", {"--json"});
  expect_golden("status-json", json);
  EXPECT_EQ(nlohmann::json::parse(json.out)["algorithm"], algorithm());
}

TEST_P(CertStatus, CountsTheDaysThatAreLeft) {
  put_leaf(now(), 30);
  const auto output = cert("status", {"--json"});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(output.out)["daysLeft"], 29) << "it began an hour ago";
  EXPECT_EQ(cert("status", {"--warn-days", "29"}).exit_code, 0);
  EXPECT_EQ(cert("status", {"--warn-days", "30"}).exit_code, 9);
}

TEST_P(CertStatus, AnswersNoWhenTheEndIsNear) {
  put_leaf(now(), 10);
  expect_golden("status-expiring", cert("status"));
  expect_golden("status-expiring-json", cert("status", {"--json"}));
  EXPECT_EQ(cert("status", {"--warn-days", "0"}).exit_code, 0);
}

TEST_P(CertStatus, AnswersNoAfterTheEnd) {
  put_leaf(now() - 24h, 1);
  expect_golden("status-expired", cert("status"));
  EXPECT_EQ(cert("status", {"--warn-days", "0"}).exit_code, 9);
}

TEST_P(CertStatus, AnswersNoBeforeTheBegin) {
  put_leaf(now() + 48h, 90);
  const auto output = cert("status");
  EXPECT_EQ(output.exit_code, 9);
  EXPECT_THAT(output.out, HasSubstr("state         early"));
  EXPECT_THAT(output.err, HasSubstr("not valid yet"));
}

TEST_P(CertStatus, SeesAKeyOfTheCaThatIsNotOffline) {
  fs::create_directory(dir_ / "ca-key");
  write_content(dir_ / "ca-key/ca.key", "a key");
  const auto beside = cert("status");
  EXPECT_EQ(beside.exit_code, 0);
  EXPECT_THAT(beside.out, HasSubstr("key of the CA beside\n"));
  EXPECT_THAT(beside.err, HasSubstr("move it offline"));
  write_content(identity_ + "/ca.key", "a key");
  EXPECT_EQ(nlohmann::json::parse(cert("status", {"--json"}).out)["caKey"], "inside");
}

TEST_P(CertStatus, SeesAKeyThatWaits) {
  ASSERT_EQ(cert("csr").exit_code, 0);
  const auto output = cert("status", {"--json"});
  EXPECT_EQ(nlohmann::json::parse(output.out)["pendingKey"], true);
  EXPECT_THAT(output.err, HasSubstr("sotto cert install"));
}

TEST_P(CertStatus, NamesWhatIsWrongWithTheFiles) {
  const auto complaint = [this](const std::string& name, const std::string& content) {
    const auto former = file(name);
    write_content(identity_ + "/" + name, content);
    const auto output = cert("status");
    write_content(identity_ + "/" + name, former);
    EXPECT_EQ(output.exit_code, 3) << output.out;
    EXPECT_EQ(output.out, "");
    EXPECT_THAT(output.err, AllOf(HasSubstr(name), Not(HasSubstr("PRIVATE"))));
    return output.err;
  };
  const auto other = dir_ / "other";
  init(other, dir_ / "other-ca");
  EXPECT_THAT(complaint("server.key", content_of(other + "/server.key")), HasSubstr("is not the key of server.crt"));
  EXPECT_THAT(complaint("server.crt", content_of(other + "/server.crt")), HasSubstr("not issued by"));
  EXPECT_THAT(complaint("fingerprint", content_of(other + "/fingerprint")), HasSubstr("does not fit"));
  complaint("server.key", "nothing");
  complaint("server.crt", file("server.crt").substr(0, 200));
  complaint("ca.crt", "nothing");
}

TEST_P(CertStatus, NamesWhatIsMissing) {
  fs::remove(identity_ + "/server.crt");
  const auto part = cert("status");
  EXPECT_EQ(part.exit_code, 3);
  EXPECT_THAT(part.err, HasSubstr("missing: server.crt"));
  fs::remove_all(identity_);
  const auto none = cert("status");
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_THAT(none.err, HasSubstr("sotto init"));
}

TEST_P(CertStatus, NamesAFileThatMayNotBeRead) {
  fs::permissions(dir_.path(), fs::perms::all);
  fs::permissions(identity_, fs::perms::all);
  fs::permissions(identity_ + "/server.key", fs::perms::none);
  const AsNobody nobody;
  const auto output = cert("status");
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, AllOf(HasSubstr("server.key"), HasSubstr("Permission denied")));
}

TEST_P(CertStatus, NamesADirectoryThatMayNotBeSeen) {
  fs::permissions(dir_.path(), fs::perms::all);
  fs::permissions(identity_, fs::perms::none);
  {
    const AsNobody nobody;
    const auto output = cert("status");
    EXPECT_EQ(output.exit_code, 3);
    EXPECT_THAT(output.err, AllOf(HasSubstr(identity_), HasSubstr("Permission denied")));
  }
  fs::permissions(identity_, fs::perms::owner_all);
}

TEST_P(CertStatus, RefusesWrongUsage) {
  EXPECT_EQ(cert("status", {"--warn-days", "soon"}).exit_code, 2);
  EXPECT_EQ(cert("status", {"--warn-days", "-1"}).exit_code, 2);
  EXPECT_EQ(cert("status", {"more"}).exit_code, 2);
  EXPECT_EQ(sotto({"cert"}).exit_code, 2);
  EXPECT_THAT(sotto({"cert", "rotat"}).err, HasSubstr("did you mean 'rotate'?"));
}

TEST(CertHelp, HasExamplesAtEveryLevel) {
  const std::array groups{&add_certificate_commands};
  for (const auto& command : {std::vector<std::string>{"cert"},
                              {"cert", "status"},
                              {"cert", "rotate"},
                              {"cert", "csr"},
                              {"cert", "sign"},
                              {"cert", "install"}}) {
    auto arguments = command;
    arguments.emplace_back("--help");
    const auto output = run_sotto(arguments, "", false, groups);
    EXPECT_EQ(output.exit_code, 0);
    EXPECT_THAT(output.out, AllOf(HasSubstr("Usage: sotto cert"), HasSubstr("Example")));
  }
}

}  // namespace
}  // namespace sotto::cli
