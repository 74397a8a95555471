#include "admin-cli/config/convert_ini.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/commands/command_runner.hpp"
#include "admin-cli/config/config_commands.hpp"
#include "tests/support/golden/golden_file.hpp"

namespace sotto::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(IniFile, HasEitherSeparator) {
  const auto values =
      parse_ini("; comment\n[A]\n# comment\none = 1 \r\ntwo: 2\nthree=a:b\nfour: c=d=\nfive:\n\n[ B ]\none: x");
  ASSERT_TRUE(values.ok()) << values.error().message;
  std::vector<std::string> seen;
  for (const auto& each : *values) seen.push_back(each.name() + " " + each.value + " " + std::to_string(each.line));
  EXPECT_THAT(seen, ElementsAre("A.one 1 4", "A.two 2 5", "A.three a:b 6", "A.four c=d= 7", "A.five  8", "B.one x 11"));
}

TEST(IniFile, ComplainsOfEveryLineAndRepeatsNoValue) {
  const auto values = parse_ini("early: secret\n[A]\nsecret\n= secret\none: 1\none: secret\n");
  ASSERT_FALSE(values.ok());
  EXPECT_EQ(values.error().code, ErrorCode::configuration);
  EXPECT_EQ(values.error().message,
            "line 1: stands before the first [SECTION]\n"
            "line 3: is no setting: key = value\n"
            "line 4: is no setting: key = value\n"
            "line 6: A.one is there twice");
  EXPECT_FALSE(parse_ini("").ok());
  EXPECT_FALSE(parse_ini("[A]\n# one: 1\n").ok());
}

ConvertedIni converted(std::string_view text) {
  return convert_ini(parse_ini(text).value()).value();
}

// What the setting has become; empty when it is not set.
std::string text_of(const ConvertedIni& ini, std::string_view key) {
  for (const auto& each : ini.settings) {
    if (each.key == key) return each.text;
  }
  return {};
}

TEST(ConvertIni, KnowsWhatHasAnEquivalent) {
  const auto ini = converted(
      "[STORE_LOG]\nexpire_messages_days = 14\nexpire_messages_on_start = off\nexpire_messages_on_send: off\n"
      "expire_ntfs_hours: 48\n[AUTH]\nnew_queues: off\n[TRANSPORT]\nport: 5223, 443\n"
      "[INACTIVE_CLIENTS]\ndisconnect: on\nttl: 600\ncheck_interval = 60\n");
  EXPECT_EQ(text_of(ini, "queues.message_lifetime"), "14d");
  EXPECT_EQ(text_of(ini, "queues.expire_on_start"), "off");
  EXPECT_EQ(text_of(ini, "queues.expire_on_send"), "off");
  EXPECT_EQ(text_of(ini, "events.notification_lifetime"), "48h");
  EXPECT_EQ(text_of(ini, "access.new_queues"), "off");
  EXPECT_EQ(text_of(ini, "transport.ports"), "5223, 443");
  EXPECT_EQ(text_of(ini, "transport.idle_timeout"), "600s");
  EXPECT_EQ(text_of(ini, "transport.idle_check_interval"), "60s");
  EXPECT_THAT(ini.notes, IsEmpty());
  EXPECT_FALSE(ini.password.has_value());
}

TEST(ConvertIni, TakesTheProxyOver) {
  const auto ini = converted(
      "[PROXY]\nhost_mode: onion\nrequired_host_mode: off\nown_server_domains: example.com  example.org\n"
      "socks_proxy: 127.0.0.1:9050\nsocks_mode: onion\nclient_concurrency: 16\n");
  EXPECT_EQ(text_of(ini, "proxy.host_mode"), "onion");
  EXPECT_EQ(text_of(ini, "proxy.required_host_mode"), "off");
  EXPECT_EQ(text_of(ini, "proxy.own_domains"), "example.com,example.org");
  EXPECT_EQ(text_of(ini, "proxy.socks_proxy"), "127.0.0.1:9050");
  EXPECT_EQ(text_of(ini, "proxy.socks_mode"), "onion");
  EXPECT_EQ(text_of(ini, "proxy.client_concurrency"), "16");
  EXPECT_THAT(ini.notes, IsEmpty());
}

TEST(ConvertIni, TakesAnAbsentExpiryOnSendAsTheReferenceDoes) {
  EXPECT_EQ(text_of(converted("[AUTH]\nnew_queues: on\n"), "queues.expire_on_send"), "true");
}

TEST(ConvertIni, NeverDisconnectsWhereTheReferenceDoesNot) {
  const auto ini = converted("[INACTIVE_CLIENTS]\ndisconnect: off\nttl: 600\n");
  EXPECT_EQ(text_of(ini, "transport.idle_timeout"), "0");
  EXPECT_EQ(std::count_if(ini.settings.begin(), ini.settings.end(),
                          [](const auto& each) { return each.key == "transport.idle_timeout"; }),
            1);
}

TEST(ConvertIni, SaysNothingOfWhatIsAsOursAlwaysIs) {
  EXPECT_THAT(converted("[STORE_LOG]\nenable: on\nrestore_messages: on\nlog_stats: off\ndb_store_log: off\n"
                        "[TRANSPORT]\nwebsockets: off\nlog_tls_errors: off\n")
                  .notes,
              IsEmpty());
  EXPECT_THAT(
      converted("[STORE_LOG]\nenable: off\nlog_stats: on\n[TRANSPORT]\nwebsockets: on\n").notes,
      ElementsAre(HasSubstr("STORE_LOG.enable"), HasSubstr("metrics.listen"), HasSubstr("TRANSPORT.websockets")));
}

TEST(ConvertIni, NamesEveryKeyThatItLeavesOut) {
  const auto ini = converted("[NAMES]\nenable: on\n[WEB]\nstatic_path: www\nport: 443\n[AUTH]\nnew: 1\n");
  EXPECT_THAT(ini.notes, ElementsAre("NAMES.enable: a resolver of names is set anew: names.resolver_url",
                                     "WEB.static_path: the pages are part of the server, and no files",
                                     "WEB.port, AUTH.new: unknown here, and left out"));
}

TEST(ConvertIni, TakesWhatThePageSaysOver) {
  const auto ini = converted(
      "[INFORMATION]\nusage_conditions = http://example.org/terms\n"
      "operator: Example Ltd\noperator_country: CH\nwebsite: https://example.org\nadmin_email: admin@example.org\n"
      "complaints_email: abuse@example.org\nhosting: Example Hosting\nhosting_country: DE\n");
  EXPECT_EQ(text_of(ini, "information.conditions"), "http://example.org/terms");
  EXPECT_EQ(text_of(ini, "information.operator"), "Example Ltd");
  EXPECT_EQ(text_of(ini, "information.operator_country"), "CH");
  EXPECT_EQ(text_of(ini, "information.website"), "https://example.org");
  EXPECT_EQ(text_of(ini, "information.contact"), "admin@example.org");
  EXPECT_EQ(text_of(ini, "information.complaints"), "abuse@example.org");
  EXPECT_EQ(text_of(ini, "information.hosting"), "Example Hosting");
  EXPECT_EQ(text_of(ini, "information.hosting_country"), "DE");
  EXPECT_THAT(ini.notes, IsEmpty());
}

TEST(ConvertIni, HasOneContactAndLinksOnlyOnThePage) {
  const auto ini = converted(
      "[INFORMATION]\nsource_code: https://example.org/source\nusage_conditions: none\nwebsite: "
      "example.org\nadmin_simplex: https://example.org/a#key\n"
      "admin_email: admin@example.org\nadmin_pgp: https://example.org/key\nadmin_pgp_fingerprint: ABCD\n"
      "condition_amendments: https://example.org/more\nserver_country: CH\nhosting_type: virtual\n");
  EXPECT_EQ(text_of(ini, "information.contact"), "https://example.org/a#key");
  EXPECT_EQ(text_of(ini, "information.source"), "");
  EXPECT_EQ(text_of(ini, "information.conditions"), "");
  EXPECT_EQ(text_of(ini, "information.website"), "");
  EXPECT_THAT(ini.notes,
              ElementsAre(HasSubstr("INFORMATION.source_code: it names the source of the reference"),
                          HasSubstr("INFORMATION.usage_conditions, INFORMATION.website: left out, as it is no URL"),
                          HasSubstr("INFORMATION.admin_email: the page has one of them"),
                          HasSubstr("INFORMATION.admin_pgp, INFORMATION.admin_pgp_fingerprint: "),
                          HasSubstr("INFORMATION.condition_amendments: "), HasSubstr("INFORMATION.server_country: "),
                          HasSubstr("INFORMATION.hosting_type: ")));
}

TEST(ConvertIni, ServesThePageWhereTheReferenceDoes) {
  const std::string https = "https: 443\ncert: /etc/web.crt\nkey: /etc/web.key\n";
  const auto shared = converted("[WEB]\n" + https + "http: 8000\n");
  EXPECT_EQ(text_of(shared, "web.certificate"), "/etc/web.crt");
  EXPECT_EQ(text_of(shared, "web.key"), "/etc/web.key");
  EXPECT_EQ(text_of(shared, "web.listen"), "0.0.0.0:8000");
  EXPECT_THAT(shared.notes, ElementsAre(HasSubstr("WEB.cert, WEB.key: taken over")));

  const auto elsewhere = converted("[TRANSPORT]\nport: 5223\n[WEB]\n" + https);
  EXPECT_EQ(text_of(elsewhere, "web.certificate"), "/etc/web.crt");
  EXPECT_THAT(elsewhere.notes, testing::Contains(HasSubstr("WEB.https: the page over TLS is served on the ports")));

  const auto half = converted("[WEB]\nhttps: 443\nkey: /etc/web.key\n");
  EXPECT_EQ(text_of(half, "web.key"), "");
  EXPECT_THAT(half.notes, ElementsAre("WEB.https, WEB.key: left out: the page over TLS needs https, cert and key"));
  EXPECT_FALSE(convert_ini(parse_ini("[WEB]\nhttp: web\n").value()).ok());
}

TEST(ConvertIni, ReportsAllValuesThatCannotBe) {
  const auto ini = convert_ini(
      parse_ini("[STORE_LOG]\nexpire_messages_days: x\nexpire_messages_on_start: maybe\n[TRANSPORT]\nport: 99999\n"
                "[INACTIVE_CLIENTS]\ndisconnect: maybe\nttl: 99999999\n[AUTH]\ncreate_password: top@secret\n")
          .value());
  ASSERT_FALSE(ini.ok());
  EXPECT_EQ(ini.error().code, ErrorCode::configuration);
  EXPECT_THAT(ini.error().message,
              AllOf(HasSubstr("line 2: STORE_LOG.expire_messages_days = \"x\""), HasSubstr("line 3: "),
                    HasSubstr("line 5: TRANSPORT.port"), HasSubstr("line 7: "), HasSubstr("line 8: "),
                    HasSubstr("line 10: AUTH.create_password holds a character"), Not(HasSubstr("top@secret"))));
}

const std::array kGroups{&add_config_commands};

class ConvertIniCommand : public testing::Test {
 protected:
  static Output convert(std::vector<std::string> more) {
    more.insert(more.begin(), {"config", "convert-ini"});
    return run_sotto(more, "", false, kGroups);
  }
  static std::string example() { return std::string(SOTTO_SOURCE_DIR) + "/admin-cli/config/golden/smp-server.ini"; }

  TempDir dir_;
};

TEST_F(ConvertIniCommand, PrintsTheConfigurationAndTheNotes) {
  const auto output = convert({example()});
  EXPECT_EQ(output.exit_code, 0);
  test::expect_golden("admin-cli/config/golden/convert-ini.toml", output.out);
  test::expect_golden("admin-cli/config/golden/convert-ini.notes.txt", output.err);
  EXPECT_THAT(output.out + output.err, Not(HasSubstr("secret")));
}

TEST_F(ConvertIniCommand, MakesFilesThatTheServerCanUse) {
  const auto output = convert({example(), "--out", dir_ / "sotto.toml", "--password-out", dir_ / "password"});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.out, "");
  EXPECT_THAT(output.err, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("create_password"))));
  EXPECT_EQ(content_of(dir_ / "password"), "queue-secret=\n");
  EXPECT_EQ(fs::status(dir_ / "password").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_THAT(content_of(dir_ / "sotto.toml"), Not(HasSubstr("secret")));
  const auto valid = run_sotto({"config", "validate", dir_ / "sotto.toml"}, "", false, kGroups);
  EXPECT_EQ(valid.exit_code, 0) << valid.out;
  EXPECT_EQ(valid.err, "");  // no warning of a server without a password
}

TEST_F(ConvertIniCommand, OverwritesNothingAndLeavesNoHalf) {
  write_content(dir_ / "old", "old");
  EXPECT_EQ(convert({example(), "--out", dir_ / "old", "--password-out", dir_ / "password"}).exit_code, 7);
  EXPECT_FALSE(fs::exists(dir_ / "password"));
  EXPECT_EQ(convert({example(), "--out", dir_ / "sotto.toml", "--password-out", dir_ / "old"}).exit_code, 7);
  EXPECT_FALSE(fs::exists(dir_ / "sotto.toml"));
  EXPECT_EQ(content_of(dir_ / "old"), "old");
}

TEST_F(ConvertIniCommand, MakesNoPasswordFileOfNothing) {
  write_content(dir_ / "open.ini", "[AUTH]\nnew_queues: on\n");
  const auto output = convert({dir_ / "open.ini", "--password-out", dir_ / "password"});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.err, HasSubstr("no password file"));
  EXPECT_FALSE(fs::exists(dir_ / "password"));
}

TEST_F(ConvertIniCommand, ReportsAFileThatCannotBe) {
  EXPECT_EQ(convert({dir_ / "missing.ini"}).exit_code, 3);
  write_content(dir_ / "bad.ini", "[STORE_LOG]\nexpire_messages_days: x\nnonsense\n");
  const auto output = convert({dir_ / "bad.ini", "--out", dir_ / "sotto.toml"});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, HasSubstr("line 3: is no setting"));
  EXPECT_FALSE(fs::exists(dir_ / "sotto.toml"));
  EXPECT_EQ(convert({}).exit_code, 2);
}

}  // namespace
}  // namespace sotto::cli
