#include <array>
#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "admin-cli/commands/command_runner.hpp"
#include "libs/base/bytes.hpp"

namespace sotto::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

// What a QR reader sees in an image file.
std::string scan(const std::string& file) {
  const std::string command = "zbarimg --raw -q --oneshot -Stest-inverted '" + file + "' 2>/dev/null";
  FILE* pipe = popen(command.c_str(), "r");  // NOLINT(cert-env33-c): a fixed program, a file of this test
  std::string text;
  std::array<char, 256> buffer{};
  while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
  pclose(pipe);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class Address : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(
        run_sotto({"init", "--identity-dir", identity_, "--host", "smp.example.com", "--port", "5224", "--no-password"})
            .exit_code,
        0);
    fingerprint_ = content_of(identity_ + "/fingerprint");
    fingerprint_.pop_back();
  }
  void set_password(const std::string& password) const { write_content(identity_ + "/password", password + "\n"); }

  [[nodiscard]] Output address(const std::string& verb, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"address", verb, "--identity-dir", identity_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_sotto(arguments);
  }

  TempDir dir_;
  std::string identity_ = dir_ / "identity";
  std::string fingerprint_;
};

TEST_F(Address, ShowsWhatInitStored) {
  const auto output = address("show");
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.out, "smp://" + fingerprint_ + "@smp.example.com:5224\n");
  EXPECT_EQ(output.err, "");
}

TEST_F(Address, HidesThePasswordUnlessAsked) {
  set_password("secret");
  const auto hidden = address("show");
  EXPECT_EQ(hidden.out, "smp://" + fingerprint_ + ":***@smp.example.com:5224\n");
  EXPECT_THAT(hidden.err, HasSubstr("--show-password"));
  EXPECT_EQ(address("show", {"--show-password"}).out, "smp://" + fingerprint_ + ":secret@smp.example.com:5224\n");
  EXPECT_EQ(address("show", {"--no-password"}).out, "smp://" + fingerprint_ + "@smp.example.com:5224\n");
}

TEST_F(Address, TakesAnotherPasswordFileHostAndPort) {
  write_content(dir_ / "other", "other");
  EXPECT_EQ(address("show", {"--show-password", "--password-file", dir_ / "other", "--host", "a.example", "--host",
                             "::1", "--port", "443"})
                .out,
            "smp://" + fingerprint_ + ":other@a.example,[::1]:443\n");
}

TEST_F(Address, ReportsAPasswordFileThatIsNotThere) {
  const auto output = address("show", {"--password-file", dir_ / "missing"});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, HasSubstr("missing"));
}

TEST_F(Address, ShowsJson) {
  set_password("secret");
  const auto output = address("show", {"--json"});
  const auto json = nlohmann::json::parse(output.out);
  EXPECT_EQ(json["schemaVersion"], 1);
  EXPECT_EQ(json["fingerprint"], fingerprint_);
  EXPECT_EQ(json["hasPassword"], true);
  EXPECT_EQ(json["hosts"][0]["name"], "smp.example.com");
  EXPECT_EQ(json["port"], 5224);
  EXPECT_THAT(output.out, Not(HasSubstr("secret")));
}

TEST_F(Address, RefusesAFingerprintOfAnotherInstallation) {
  write_content(identity_ + "/fingerprint", to_base64url(Bytes(32, 1)) + "\n");
  const auto output = address("show");
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, HasSubstr("does not fit"));
  EXPECT_EQ(output.out, "");
}

TEST_F(Address, SaysHowToGoOnWithoutAnIdentity) {
  const auto output = run_sotto({"address", "show", "--identity-dir", dir_ / "nowhere"});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, HasSubstr("sotto init"));
}

TEST_F(Address, NeedsAHostFromSomewhere) {
  fs::remove(identity_ + "/hosts");
  EXPECT_EQ(address("show").exit_code, 3);
  EXPECT_EQ(address("show", {"--host", "a.example"}).out, "smp://" + fingerprint_ + "@a.example\n");
}

TEST_F(Address, DrawsAQrCodeThatReadersRead) {
  set_password("secret");
  const auto file = dir_ / "code.png";
  ASSERT_EQ(address("qr", {"--show-password", "--format", "png", "--out", file}).exit_code, 0);
  EXPECT_EQ(scan(file), "smp://" + fingerprint_ + ":secret@smp.example.com:5224");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Address, DrawsAnInverseQrCode) {
  const auto file = dir_ / "code.png";
  ASSERT_EQ(address("qr", {"--inverse", "--format", "png", "--out", file}).exit_code, 0);
  EXPECT_EQ(scan(file), "smp://" + fingerprint_ + "@smp.example.com:5224");
}

TEST_F(Address, AsksWhetherThePasswordGoesIntoTheCode) {
  set_password("secret");
  const auto output = address("qr");
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, AllOf(HasSubstr("--show-password"), HasSubstr("--no-password")));
  EXPECT_EQ(output.out, "");
  EXPECT_EQ(address("qr", {"--no-password"}).exit_code, 0);
}

TEST_F(Address, DrawsForTerminalsAndTheWeb) {
  EXPECT_THAT(address("qr").out, HasSubstr("█"));
  EXPECT_THAT(address("qr", {"--format", "ansi"}).out, AllOf(HasSubstr("\x1b[47m"), EndsWith("\x1b[0m\n")));
  EXPECT_THAT(address("qr", {"--format", "svg"}).out, AllOf(HasSubstr("<svg "), EndsWith("</svg>\n")));
}

TEST_F(Address, KeepsPngFromTerminals) {
  const auto output = run_sotto({"address", "qr", "--identity-dir", identity_, "--format", "png"}, "", true);
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_EQ(output.out, "");
}

TEST(AddressParse, TakesAnAddressApart) {
  const auto fingerprint = to_base64url(Bytes(32, 7));
  const auto output = run_sotto({"address", "parse", "smp://" + fingerprint + ":secret@a.example,[::1]:5224"});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.out, "fingerprint  " + fingerprint +
                            "\n"
                            "password     ***\n"
                            "host         a.example (domain)\n"
                            "host         ::1 (ipv6)\n"
                            "port         5224\n");
}

TEST(AddressParse, ReadsStandardInput) {
  const auto address = "smp://" + to_base64url(Bytes(32, 7)) + ":secret@a.example";
  const auto output = run_sotto({"address", "parse", "--json", "--show-password", "-"}, address + "\r\n");
  const auto json = nlohmann::json::parse(output.out);
  EXPECT_EQ(json["address"], address);
  EXPECT_EQ(json["password"], "secret");
  EXPECT_FALSE(json.contains("port"));
}

TEST(AddressParse, SaysWhatIsWrong) {
  const auto output = run_sotto({"address", "parse", "smp://tooshort:secret@a.example"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, AllOf(HasSubstr("fingerprint"), Not(HasSubstr("secret"))));
  EXPECT_EQ(output.out, "");
}

}  // namespace
}  // namespace sotto::cli
