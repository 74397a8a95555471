// The page of `sotto address handout` in a real browser: whoever points a camera at the screen has the address, and
// printed it is one sheet.
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/process/program.hpp"

namespace sotto::test {
namespace {

using testing::HasSubstr;

class HandoutInBrowser : public testing::Test {
 protected:
  void SetUp() override {
    init_ = run(cli_program(), {"init", "--identity-dir", path("identity"), "--host", "smp.example.com"});
    ASSERT_EQ(init_.exit_code, 0) << init_.errors;
  }

  [[nodiscard]] std::string path(const std::string& name) const { return (directory_.path() / name).string(); }

  // Of a command over the identity; it must succeed.
  std::string address(const Texts& words) const {
    Texts arguments{"address"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    arguments.insert(arguments.end(), {"--identity-dir", path("identity")});
    const auto outcome = run(cli_program(), arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    return outcome.output;
  }

  // Opens the page, does one thing with it and returns what the browser prints. Without a sandbox: tests run as root in
  // containers, and the page is ours.
  [[nodiscard]] std::string browse(const Texts& more) const {
    Texts arguments{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--user-data-dir=" + path("profile")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back("file://" + path("page.html"));
    const auto outcome = run("chromium", arguments, {"HOME=" + directory_.path().string()});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors << "(127: scripts/install-packages test)";
    return outcome.output;
  }

  // What a scanner reads from a screen of this size.
  [[nodiscard]] std::string scanned(const std::string& size) const {
    (void)browse({"--screenshot=" + path("page.png"), "--window-size=" + size});
    const auto reader = run("zbarimg", {"--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path("page.png")});
    EXPECT_EQ(reader.exit_code, 0) << reader.errors;
    return reader.output;
  }

  TempDir directory_;
  Outcome init_;
};

TEST_F(HandoutInBrowser, TheCodeOnTheScreenIsTheAddress) {
  address({"handout", "--show-password", "--label", "Team <A> & \"friends\"", "--expires", "2027-01-31", "--out",
           path("page.html")});
  EXPECT_EQ(scanned("900,1400"), address({"show", "--show-password"}));
}

TEST_F(HandoutInBrowser, IsReadOnAPhone) {
  address({"handout", "--no-password", "--out", path("page.html")});
  EXPECT_EQ(scanned("360,1600"), address({"show", "--no-password"}));
}

TEST_F(HandoutInBrowser, IsOneSheetWhenPrinted) {
  // As long as an address and a label get: two hosts and an onion one, and a label without a space.
  address({"handout", "--show-password", "--host", std::string(60, 'a') + ".example.com", "--host", "2001:db8::1",
           "--host", std::string(56, 'a') + ".onion", "--label", std::string(120, 'W'), "--expires", "2027-01-31",
           "--out", path("page.html")});
  (void)browse({"--no-pdf-header-footer", "--print-to-pdf=" + path("page.pdf")});
  const auto pdf = read_file(path("page.pdf"));
  ASSERT_EQ(pdf.substr(0, 5), "%PDF-");
  const std::regex page_object("/Type\\s*/Page\\b(?!s)");
  EXPECT_EQ(std::distance(std::sregex_iterator(pdf.begin(), pdf.end(), page_object), std::sregex_iterator()), 1);
}

TEST_F(HandoutInBrowser, ShowsALabelAsText) {
  address(
      {"handout", "--no-password", "--label", "<script>document.title='broken'</script>", "--out", path("page.html")});
  const auto page = browse({"--dump-dom"});
  EXPECT_THAT(page, HasSubstr("<title>Message server smp.example.com</title>"));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;document.title='broken'&lt;/script&gt;"));
}

}  // namespace
}  // namespace sotto::test
