#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/commands/command_runner.hpp"
#include "admin-cli/commands/handout_page.hpp"
#include "tests/support/golden/golden_file.hpp"

namespace sotto::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Handout handout(const std::string& address) {
  return {smp::parse_address(address).value(), "Team A", "2027-01-31"};
}

const std::string kFingerprint = to_base64url(Bytes(32, 7));

TEST(HandoutPage, IsAsItWasLookedAt) {
  const auto page = handout_page(handout("smp://" + kFingerprint + ":secret@smp.example.com:5224"));
  ASSERT_TRUE(page.ok());
  test::expect_golden("admin-cli/commands/golden/handout.html", *page);
}

TEST(HandoutPage, LoadsNothingAndRunsNothing) {
  const auto page = handout_page(handout("smp://" + kFingerprint + ":secret@smp.example.com")).value();
  EXPECT_FALSE(std::regex_search(
      page, std::regex("<script|<link|<img|<iframe|<form|src=|href=|url\\(|@import", std::regex::icase)));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(HandoutPage, EscapesWhatItIsGiven) {
  auto given = handout("smp://" + kFingerprint + ":a&b<c>'d\"e@smp.example.com");
  given.label = "</p><script>alert('x')</script>";
  given.expires = "<b>";
  const auto page = handout_page(given).value();
  EXPECT_THAT(page, AllOf(HasSubstr("&lt;script&gt;alert(&#39;x&#39;)"), HasSubstr("until <b>&lt;b&gt;</b>"),
                          HasSubstr(":a&amp;b&lt;c&gt;&#39;d&quot;e@"), Not(HasSubstr("<script"))));
}

TEST(HandoutPage, SaysNothingOfAPasswordThatIsNotThere) {
  const auto page = handout_page(handout("smp://" + kFingerprint + "@smp.example.com")).value();
  EXPECT_THAT(page, AllOf(Not(HasSubstr("password")), HasSubstr("valid until <b>2027-01-31</b>")));
  EXPECT_THAT(handout_page({smp::parse_address("smp://" + kFingerprint + "@smp.example.com").value(), "", ""}).value(),
              AllOf(Not(HasSubstr("class=\"note\"")), Not(HasSubstr("class=\"label\""))));
}

TEST(HandoutPage, RefusesALabelThatIsNoLine) {
  auto given = handout("smp://" + kFingerprint + "@smp.example.com");
  given.label = std::string(kMaxHandoutLabel, 'a');
  EXPECT_TRUE(handout_page(given).ok());
  given.label += 'a';
  EXPECT_EQ(handout_page(given).error().code, ErrorCode::invalid_argument);
  given.label = "two\nlines";
  EXPECT_EQ(handout_page(given).error().code, ErrorCode::invalid_argument);
}

class HandoutCommand : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(run_sotto({"init", "--identity-dir", identity_, "--host", "smp.example.com", "--no-password"}).exit_code,
              0);
    write_content(identity_ + "/password", "secret\n");
  }
  [[nodiscard]] Output handout(std::vector<std::string> more) const {
    more.insert(more.begin(), {"address", "handout", "--identity-dir", identity_});
    return run_sotto(more);
  }

  TempDir dir_;
  std::string identity_ = dir_ / "identity";
};

TEST_F(HandoutCommand, PrintsThePage) {
  const auto output = handout({"--show-password", "--label", "Team A", "--expires", "2027-01-31"});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.out, AllOf(StartsWith("<!DOCTYPE html>"), EndsWith("</html>\n"), HasSubstr(":secret@"),
                                HasSubstr("Team A"), HasSubstr("2027-01-31")));
  EXPECT_EQ(output.err, "");
}

TEST_F(HandoutCommand, AsksWhetherThePasswordGoesOnThePage) {
  const auto output = handout({});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_EQ(output.out, "");
  EXPECT_THAT(output.err, AllOf(HasSubstr("--show-password"), HasSubstr("--no-password"), Not(HasSubstr("secret"))));
  EXPECT_THAT(handout({"--no-password"}).out, Not(HasSubstr("secret")));
}

TEST_F(HandoutCommand, TakesThePasswordOfAFile) {
  write_content(dir_ / "other", "another\n");
  EXPECT_THAT(handout({"--show-password", "--password-file", dir_ / "other"}).out, HasSubstr(":another@"));
  EXPECT_EQ(handout({"--show-password", "--password-file", dir_ / "missing"}).exit_code, 3);
}

TEST_F(HandoutCommand, MakesAFileForItsOwnerAndOverwritesNone) {
  const auto file = dir_ / "page.html";
  const auto output = handout({"--show-password", "--out", file});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.out, "");
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto before = content_of(file);
  EXPECT_EQ(before, handout({"--show-password"}).out);
  EXPECT_EQ(handout({"--no-password", "--out", file}).exit_code, 7);
  EXPECT_EQ(content_of(file), before);
  EXPECT_EQ(handout({"--no-password", "--out", dir_ / "nowhere/page.html"}).exit_code, 3);
}

TEST_F(HandoutCommand, RefusesWhatIsNoDay) {
  for (const auto* text : {"2027-02-30", "31.01.2027", "2027-1-31", "2027-01-31x", "tomorrow", "2027/01/31"}) {
    const auto output = handout({"--show-password", "--expires", text});
    EXPECT_EQ(output.exit_code, 2) << text;
    EXPECT_EQ(output.out, "");
  }
  EXPECT_EQ(handout({"--show-password", "--expires", "2028-02-29"}).exit_code, 0);
}

TEST_F(HandoutCommand, RefusesALabelOfSeveralLines) {
  EXPECT_EQ(handout({"--show-password", "--label", "a\nb"}).exit_code, 2);
}

TEST_F(HandoutCommand, NeedsAnIdentity) {
  EXPECT_EQ(run_sotto({"address", "handout", "--identity-dir", dir_ / "nowhere"}).exit_code, 3);
}

}  // namespace
}  // namespace sotto::cli
