// The page for browsers in a real browser: over TLS on the server's own port, light and dark, on a screen and on a
// phone.
#include <fstream>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/process/program.hpp"
#include "tests/support/server/server_process.hpp"
#include "tests/support/server/web_certificate.hpp"

namespace sotto::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class WebPage : public testing::Test {
 protected:
  void start(const Texts& more) {
    Texts flags{"--web-certificate=" + files_.certificate.string(), "--web-key=" + files_.key.string(),
                "--information-operator=Example Association", "--information-contact=admin@example.org",
                "--web-hosts=smp.example.org"};
    flags.insert(flags.end(), more.begin(), more.end());
    server_ = std::make_unique<ServerProcess>(flags);
  }

  // Without a sandbox: tests run as root in containers, and the page is ours. Nothing but the page is to be had: every
  // name leads to this machine.
  [[nodiscard]] std::string browse(const std::string& path, const Texts& more) const {
    Texts arguments{"--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--ignore-certificate-errors",
                    "--host-resolver-rules=MAP * 127.0.0.1",
                    "--user-data-dir=" + (directory_.path() / "profile").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back("https://smp.example.org:" + std::to_string(server_->port()) + path);
    const auto outcome = run("chromium", arguments, {"HOME=" + directory_.path().string()});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors << "(127: scripts/install-packages test)";
    return outcome.output;
  }

  // What a scanner reads from a screenshot; empty when it reads nothing.
  [[nodiscard]] std::string scanned(const Texts& more) const {
    auto arguments = more;
    const auto picture = (directory_.path() / "page.png").string();
    arguments.push_back("--screenshot=" + picture);
    (void)browse("/", arguments);
    return run("zbarimg", {"--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", picture}).output;
  }

  [[nodiscard]] std::string address() const {
    return run(cli_program(), {"address", "show", "--no-password", "--host", "smp.example.org", "--identity-dir",
                               (server_->directory() / "identity").string()})
        .output;
  }

  TempDir directory_;
  WebCertificateFiles files_ = make_web_certificate(directory_.path(), "smp.example.org");
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(WebPage, SaysWhatTheServerIs) {
  start({"--password-file=" + [this] {
    const auto path = directory_.path() / "password";
    std::ofstream(path) << "correct-horse\n";
    return path.string();
  }()});
  const auto page = browse("/", {"--dump-dom"});
  EXPECT_THAT(page, HasSubstr("Example Association"));
  EXPECT_THAT(page, HasSubstr("mailto:admin@example.org"));
  EXPECT_THAT(page, HasSubstr("who has a password"));
  EXPECT_THAT(page, Not(HasSubstr("smp://")));
  EXPECT_THAT(browse("/c", {"--dump-dom"}), HasSubstr("A SimpleX channel"));
}

TEST_F(WebPage, HasItsCodeReadOffAnyScreen) {
  start({});
  const auto wanted = address();
  ASSERT_THAT(wanted, HasSubstr("smp://"));
  EXPECT_EQ(scanned({"--window-size=900,1400"}), wanted);
  EXPECT_EQ(scanned({"--window-size=360,1800"}), wanted) << "a phone";
  EXPECT_EQ(scanned({"--window-size=900,1400", "--blink-settings=preferredColorScheme=0"}), wanted) << "dark";
}

}  // namespace
}  // namespace sotto::test
