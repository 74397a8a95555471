// The first five minutes: `sotto init`, the server over what it made, the address and its QR code, and the test of the
// server with that very address.
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/process/program.hpp"

namespace sotto::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Setup : public testing::Test {
 protected:
  TempDir directory;
  const std::string identity = (directory.path() / "identity").string();

  // Of a command over the identity; it must succeed.
  std::string output_of(Texts arguments, const std::string& input = {}) {
    const auto outcome = run(cli_program(), std::move(arguments), {}, input);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    return outcome.output;
  }
  void init(const Texts& more = {}) {
    Texts arguments{"init", "--identity-dir", identity, "--host", "127.0.0.1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    output_of(arguments);
  }
  // What a scanner reads from the PNG.
  std::string scanned(const Texts& more) {
    const auto image = (directory.path() / "address.png").string();
    Texts arguments{"address", "qr", "--identity-dir", identity, "--format", "png", "--out", image};
    arguments.insert(arguments.end(), more.begin(), more.end());
    output_of(arguments);
    // QR codes only: by chance, dots of one look like a bar code.
    const auto reader = run("zbarimg", {"--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", image});
    EXPECT_EQ(reader.exit_code, 0) << reader.errors;
    return reader.output;
  }
};

class SetupWithKey : public Setup, public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Keys, SetupWithKey, testing::Values("ed25519", "ed448"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(SetupWithKey, FromNothingToAServerThatPasses) {
  init({"--sign-algorithm", GetParam()});
  EXPECT_EQ(std::filesystem::status(identity + "/server.key").permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(std::filesystem::exists(identity + "/ca.key"));

  Server server({"--ports=0", "--listen=127.0.0.1", "--identity-dir=" + identity,
                 "--data-dir=" + (directory.path() / "data").string()},
                {"SOTTO_PASSWORD_FILE=" + identity + "/password"});
  server.wait_ready();
  EXPECT_THAT(server.errors(), Not(HasSubstr("warning")));
  const auto port = std::to_string(server.ports().front());
  const auto address = output_of({"address", "show", "--identity-dir", identity, "--port", port, "--show-password"});
  EXPECT_EQ(run(cli_program(), {"server", "test", "-"}, {}, address).exit_code, 0);
  EXPECT_EQ(scanned({"--port", port, "--show-password"}), address);

  // Without the password anybody may see it, and it creates no queue.
  const auto open = scanned({"--port", port, "--no-password"});
  EXPECT_LT(open.size(), address.size());
  EXPECT_EQ(run(cli_program(), {"server", "test", "-"}, {}, open).exit_code, 5);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

TEST_F(Setup, NothingIsEverOverwritten) {
  init();
  const auto before = output_of({"address", "show", "--identity-dir", identity, "--show-password"});
  EXPECT_EQ(run(cli_program(), {"init", "--identity-dir", identity, "--host", "127.0.0.1"}).exit_code, 7);
  output_of({"init", "--identity-dir", identity, "--host", "127.0.0.1", "--if-missing"});
  EXPECT_EQ(output_of({"address", "show", "--identity-dir", identity, "--show-password"}), before);
}

TEST_F(Setup, QrCodesOfEveryKindOfHostDecodeToTheAddress) {
  init();
  const auto onion = std::string(56, 'a') + ".onion";
  for (const auto& hosts : std::vector<Texts>{
           {"smp.example.com"}, {"192.0.2.7"}, {"2001:db8::1"}, {onion}, {"smp.example.com", "2001:db8::1", onion}}) {
    Texts more{"--show-password", "--port", "5224"};
    for (const auto& host : hosts) {
      more.emplace_back("--host");
      more.push_back(host);
    }
    Texts show{"address", "show", "--identity-dir", identity};
    show.insert(show.end(), more.begin(), more.end());
    const auto address = output_of(show);
    EXPECT_EQ(scanned(more), address);
    EXPECT_THAT(output_of({"address", "parse", "-"}, address), HasSubstr(hosts.back()));
  }
}

}  // namespace
}  // namespace sotto::test
