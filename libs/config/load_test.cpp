#include "libs/config/load.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/config/document.hpp"

namespace sotto::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

enum class Colour { red, green };

struct Settings {
  std::vector<std::uint16_t> ports;
  std::vector<std::string> listen;
  std::string name;
  std::filesystem::path directory;
  bool fast = false;
  std::uint32_t quota = 0;
  milliseconds idle{};
  std::uint64_t cache = 0;
  Colour colour = Colour::red;
  Range versions;
  std::optional<Endpoint> metrics;
  std::optional<SecretString> password;
};

std::string no_spaces(std::string_view text) {
  return text.find(' ') == std::string_view::npos ? "" : "holds a space";
}

class Load : public testing::Test {
 protected:
  Load() {
    auto pattern = (std::filesystem::temp_directory_path() / "sotto-config-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~Load() override { std::filesystem::remove_all(directory_); }

  Table make_table() {
    Table table({"demo", "A program."});
    table.section("net", "Network");
    table.ports({"ports", "ports", "5223,443", "Where it listens."}, settings_.ports);
    table.addresses({"listen", "listen", "0.0.0.0,::", "On which addresses."}, settings_.listen);
    table.duration({"idle", "idle", "6h", "When it hangs up; 0: never."}, {milliseconds(0), hours(48)}, settings_.idle);
    table.range({"versions", "versions", "6-20", "What it speaks."}, {6, 20}, settings_.versions);
    table.endpoint({"metrics", "metrics", "", "Where it tells."}, settings_.metrics);
    table.section("main", "Main");
    table.text({"name", "name", "demo", "What it is called."}, "a name", settings_.name);
    table.path({"directory", "directory", "/var/lib/demo", "Where it lives."}, settings_.directory);
    table.boolean({"fast", "fast", "false", "Whether it hurries."}, settings_.fast);
    table.integer({"quota", "quota", "128", "How many."}, {1U, 1000U}, settings_.quota);
    table.size({"cache", "cache-size", "64MiB", "How much."}, {1024, 1ULL << 40U}, settings_.cache);
    table.choice({"colour", "colour", "red", "Which."}, {{"red", Colour::red}, {"green", Colour::green}},
                 settings_.colour);
    table.secret({"password", "password", "", "Who may."}, "text without spaces", no_spaces, settings_.password);
    return table;
  }

  void flag(const std::string& argument) { sources_.arguments.push_back(argument); }
  void variable(const std::string& name, const std::string& value) { sources_.environment.emplace_back(name, value); }
  std::string write(const std::string& name, const std::string& content) {
    const auto path = directory_ / name;
    std::ofstream(path) << content;
    return path.string();
  }
  void file(const std::string& content) { flag("--config=" + write("demo.toml", content)); }

  // What load() complains of; empty when it does not.
  std::string complaint() {
    auto table = make_table();
    const auto loaded = load(table, sources_);
    if (loaded) {
      warnings_ = loaded->warnings;
      return "";
    }
    EXPECT_EQ(loaded.error().code, ErrorCode::configuration);
    return loaded.error().message;
  }

  std::filesystem::path directory_;
  Settings settings_;
  Sources sources_;
  std::vector<std::string> warnings_;
};

TEST_F(Load, TakesDefaults) {
  ASSERT_EQ(complaint(), "");
  EXPECT_THAT(settings_.ports, ElementsAre(5223, 443));
  EXPECT_THAT(settings_.listen, ElementsAre("0.0.0.0", "::"));
  EXPECT_EQ(settings_.idle, hours(6));
  EXPECT_EQ(settings_.versions, (Range{6, 20}));
  EXPECT_EQ(settings_.metrics, std::nullopt);
  EXPECT_EQ(settings_.name, "demo");
  EXPECT_EQ(settings_.directory, "/var/lib/demo");
  EXPECT_FALSE(settings_.fast);
  EXPECT_EQ(settings_.quota, 128U);
  EXPECT_EQ(settings_.cache, 64U << 20U);
  EXPECT_EQ(settings_.colour, Colour::red);
  EXPECT_EQ(settings_.password, std::nullopt);
}

TEST_F(Load, TakesEveryTypeFromFlags) {
  sources_.arguments = {"--ports",           "1,2",           "--listen=::1",   "--idle=1500ms", "--versions=7-18",
                        "--metrics=[::1]:1", "--name=x y",    "--directory=/d", "--fast",        "--quota=1",
                        "--cache-size=1KiB", "--colour=green"};
  ASSERT_EQ(complaint(), "");
  EXPECT_THAT(settings_.ports, ElementsAre(1, 2));
  EXPECT_THAT(settings_.listen, ElementsAre("::1"));
  EXPECT_EQ(settings_.idle, milliseconds(1500));
  EXPECT_EQ(settings_.versions, (Range{7, 18}));
  EXPECT_EQ(settings_.metrics, (Endpoint{"::1", 1}));
  EXPECT_EQ(settings_.name, "x y");
  EXPECT_EQ(settings_.directory, "/d");
  EXPECT_TRUE(settings_.fast);
  EXPECT_EQ(settings_.quota, 1U);
  EXPECT_EQ(settings_.cache, 1024U);
  EXPECT_EQ(settings_.colour, Colour::green);
}

TEST_F(Load, TakesEveryTypeFromAFile) {
  file(R"(
[net]
ports = [1, 2]
listen = ["::1"]
idle = "1500ms"
versions = "7-18"
metrics = "[::1]:1"
[main]
name = "x y"
directory = "/d"
fast = true
quota = 1
cache = 2048
colour = "green"
password = "pw"
)");
  ASSERT_EQ(complaint(), "");
  EXPECT_THAT(settings_.ports, ElementsAre(1, 2));
  EXPECT_EQ(settings_.idle, milliseconds(1500));
  EXPECT_EQ(settings_.cache, 2048U);
  EXPECT_TRUE(settings_.fast);
  EXPECT_EQ(settings_.password, SecretString("pw"));
}

TEST_F(Load, FlagsGoBeforeTheEnvironmentBeforeTheFile) {
  file("[main]\nquota = 1\nname = \"file\"\ncolour = \"green\"\n");
  variable("SOTTO_QUOTA", "2");
  variable("SOTTO_NAME", "environment");
  flag("--quota=3");
  auto table = make_table();
  ASSERT_TRUE(load(table, sources_).ok());
  EXPECT_EQ(settings_.quota, 3U);
  EXPECT_EQ(settings_.name, "environment");
  EXPECT_EQ(settings_.colour, Colour::green);
  EXPECT_EQ(table.origin("main.quota"), Origin::flag);
  EXPECT_EQ(table.origin("main.name"), Origin::environment);
  EXPECT_EQ(table.origin("main.colour"), Origin::file);
  EXPECT_EQ(table.origin("net.ports"), Origin::fallback);
}

TEST_F(Load, FindsTheFileByEnvironmentToo) {
  variable("SOTTO_CONFIG", write("other.toml", "[main]\nquota = 7\n"));
  ASSERT_EQ(complaint(), "");
  EXPECT_EQ(settings_.quota, 7U);
}

TEST_F(Load, NamesKeyOriginValueAndRemedyOfAllProblemsAtOnce) {
  file("[main]\nquota = 5000\n\n[net]\nidle = 21\n");
  variable("SOTTO_PORTS", "70000");
  flag("--colour=blue");
  const auto text = complaint();
  EXPECT_THAT(text, HasSubstr("main.quota = \"5000\" (demo.toml:2) is too large; give a whole number from 1 to 1000"));
  EXPECT_THAT(text, HasSubstr("net.idle = \"21\" (demo.toml:5) has no unit; give a duration from 0 to 2d"));
  EXPECT_THAT(text, HasSubstr("net.ports = \"70000\" (environment SOTTO_PORTS) holds something that is not a port"));
  EXPECT_THAT(text, HasSubstr("main.colour = \"blue\" (flag --colour) is not known; give one of red, green"));
}

TEST_F(Load, SuggestsTheNearestNameForUnknownOnes) {
  file("[main]\nquotas = 1\n[mian]\nfast = true\n[net]\ncolour = \"red\"\n");
  variable("SOTTO_PORT", "5223");
  flag("--direktory");
  flag("/d");
  flag("--wholly-unlike-anything");
  const auto text = complaint();
  EXPECT_THAT(text, HasSubstr("main.quotas (demo.toml:2) is unknown: did you mean main.quota?"));
  EXPECT_THAT(text, HasSubstr("mian.fast (demo.toml:4) is unknown: did you mean main.fast?"));
  EXPECT_THAT(text, HasSubstr("net.colour (demo.toml:6) is unknown: did you mean main.colour?"));
  EXPECT_THAT(text, HasSubstr("SOTTO_PORT is unknown: did you mean SOTTO_PORTS?"));
  EXPECT_THAT(text, HasSubstr("the flag --direktory is unknown: did you mean --directory?"));
  EXPECT_THAT(text, HasSubstr("the flag --wholly-unlike-anything is unknown: see --help"));
  EXPECT_THAT(text, Not(HasSubstr("\"/d\"")));
}

TEST_F(Load, PassesOverVariablesOfOthers) {
  variable("PATH", "/bin");
  variable("SOTTO_TEST_ROUNDS", "20");
  variable("SOTTO_QUOTA", "");
  variable("SOTTO_SERVICE_HOST", "10.0.0.1");
  variable("SOTTO_SERVICE_PORT_SMP", "5223");
  variable("SOTTO_PORT", "tcp://10.0.0.1:5223");
  variable("SOTTO_PORT_5223_TCP_ADDR", "10.0.0.1");
  variable("SOTTO_GATEWAY_PORT", "tcp://10.0.0.1:5223");
  ASSERT_EQ(complaint(), "");
  EXPECT_EQ(settings_.quota, 128U);
}

TEST_F(Load, RefusesMalformedCommandLines) {
  sources_.arguments = {"serve", "--quota", "--quota=1", "--quota=2", "--fast", "no"};
  const auto text = complaint();
  EXPECT_THAT(text, HasSubstr("the argument \"serve\" is no flag"));
  EXPECT_THAT(text, HasSubstr("the flag --quota has no value: write --quota=value"));
  EXPECT_THAT(text, HasSubstr("the flag --quota is given twice"));
  EXPECT_THAT(text, HasSubstr("the argument \"no\" is no flag"));
}

TEST_F(Load, SaysWhereAFileIsNotToml) {
  file("[main]\nquota = \n");
  EXPECT_THAT(complaint(), HasSubstr("demo.toml:2 is not TOML"));
}

TEST_F(Load, SaysWhyAFileCannotBeRead) {
  flag("--config=" + (directory_ / "missing.toml").string());
  EXPECT_THAT(complaint(), HasSubstr("missing.toml cannot be read: No such file or directory"));
  sources_.arguments = {"--config=" + directory_.string()};
  EXPECT_THAT(complaint(), HasSubstr("cannot be read: it is a directory"));
}

TEST_F(Load, RefusesTomlThatNoSettingCanBe) {
  file("[main]\nquota = 1.5\nname = 1979-05-27\n[net]\nports = [[1]]\n");
  const auto text = complaint();
  EXPECT_THAT(text, HasSubstr("main.quota (demo.toml:2) is neither"));
  EXPECT_THAT(text, HasSubstr("main.name (demo.toml:3) is neither"));
  EXPECT_THAT(text, HasSubstr("net.ports (demo.toml:5) is neither"));
}

TEST_F(Load, AsksRulesWhenEverySettingIsRight) {
  auto table = make_table();
  table.rule([this]() -> std::optional<std::string> {
    if (settings_.quota < 10) return "main.quota and main.name do not go together";
    return std::nullopt;
  });
  EXPECT_TRUE(load(table, sources_).ok());
  flag("--quota=9");
  const auto loaded = load(table, sources_);
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error().message, HasSubstr("do not go together"));
}

TEST_F(Load, HelpAndVersionNeedNothingElse) {
  flag("--nonsense");
  flag("--help");
  auto table = make_table();
  EXPECT_EQ(load(table, sources_)->request, Request::help);
  sources_.arguments = {"--version"};
  EXPECT_EQ(load(table, sources_)->request, Request::version);
  sources_.arguments = {"--check-config"};
  EXPECT_EQ(load(table, sources_)->request, Request::check_config);
}

class Secrets : public Load {};

TEST_F(Secrets, ComeFromTheEnvironment) {
  variable("SOTTO_PASSWORD", "pass");
  ASSERT_EQ(complaint(), "");
  EXPECT_EQ(settings_.password, SecretString("pass"));
}

TEST_F(Secrets, ComeFromFilesWithoutTheirLastLineBreak) {
  const auto path = write("password", "pass\n");
  variable("SOTTO_PASSWORD_FILE", path);
  ASSERT_EQ(complaint(), "");
  EXPECT_EQ(settings_.password, SecretString("pass"));

  sources_ = {{"--password-file", path}, {}};
  ASSERT_EQ(complaint(), "");
  EXPECT_EQ(settings_.password, SecretString("pass"));

  sources_ = {};
  file("[main]\npassword_file = \"" + path + "\"\n");
  ASSERT_EQ(complaint(), "");
  EXPECT_EQ(settings_.password, SecretString("pass"));
}

TEST_F(Secrets, AreRefusedAsFlagsAndNotRepeated) {
  sources_.arguments = {"--password", "hunter2"};
  auto text = complaint();
  EXPECT_THAT(text, HasSubstr("main.password is a secret and no flag"));
  EXPECT_THAT(text, HasSubstr("SOTTO_PASSWORD_FILE"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  sources_.arguments = {"--password=hunter2"};
  EXPECT_THAT(complaint(), Not(HasSubstr("hunter2")));
}

TEST_F(Secrets, AreNotInMessagesWhenTheyAreWrong) {
  variable("SOTTO_PASSWORD", "hun ter2");
  const auto text = complaint();
  EXPECT_THAT(text, HasSubstr("main.password (environment SOTTO_PASSWORD) holds a space; give text without spaces"));
  EXPECT_THAT(text, Not(HasSubstr("ter2")));
}

TEST_F(Secrets, FileOfAnUpperSourceReplacesTheValueOfALowerOne) {
  file("[main]\npassword = \"low\"\n");
  variable("SOTTO_PASSWORD_FILE", write("password", "high"));
  ASSERT_EQ(complaint(), "");
  EXPECT_EQ(settings_.password, SecretString("high"));
}

TEST_F(Secrets, AreSetOnceInASource) {
  variable("SOTTO_PASSWORD", "a");
  variable("SOTTO_PASSWORD_FILE", write("password", "b"));
  file("[main]\npassword = \"c\"\npassword_file = \"/d\"\n");
  const auto text = complaint();
  EXPECT_THAT(text, HasSubstr("main.password is set by both SOTTO_PASSWORD and SOTTO_PASSWORD_FILE"));
  EXPECT_THAT(text, HasSubstr("main.password is set by both main.password and main.password_file"));
}

TEST_F(Secrets, NeedAReadableFileWithContent) {
  variable("SOTTO_PASSWORD_FILE", (directory_ / "missing").string());
  EXPECT_THAT(complaint(), HasSubstr("missing cannot be read: No such file or directory; give the path"));
  sources_ = {};
  variable("SOTTO_PASSWORD_FILE", write("empty", "\n"));
  EXPECT_THAT(complaint(), HasSubstr("is empty; write the secret to it"));
}

TEST_F(Secrets, InAFileThatEverybodyMayReadAreWarnedOf) {
  file("[main]\npassword = \"pass\"\n");
  std::filesystem::permissions(directory_ / "demo.toml", std::filesystem::perms(0644));
  ASSERT_EQ(complaint(), "");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("every user of the machine can read")));
  std::filesystem::permissions(directory_ / "demo.toml", std::filesystem::perms(0640));
  ASSERT_EQ(complaint(), "");
  EXPECT_THAT(warnings_, IsEmpty());
}

class Documents : public Load {};

TEST_F(Load, ProblemsOfAFailureAreItsLines) {
  flag("--quota=0");
  flag("--colour=blue");
  auto table = make_table();
  const auto loaded = load(table, sources_);
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(problems_of(loaded.error()), ElementsAre(StartsWith("main.quota"), StartsWith("main.colour")));
  EXPECT_TRUE(problems_of({ErrorCode::configuration, "something else"}).empty());
}

TEST_F(Documents, HelpNamesEverySetting) {
  const auto text = help_text(make_table());
  EXPECT_THAT(text, HasSubstr("  --cache-size, SOTTO_CACHE_SIZE, main.cache\n"));
  EXPECT_THAT(text, HasSubstr("Value: a size from 1KiB to 1024GiB (units KiB, MiB, GiB). Default: 64MiB."));
  EXPECT_THAT(text, HasSubstr("--password-file PATH, SOTTO_PASSWORD_FILE"));
}

TEST_F(Documents, EffectiveSettingsAreAConfigurationFile) {
  flag("--ports=1,2");
  flag("--name=a \"quoted\" \\ name");
  flag("--fast=yes");
  flag("--quota=9");
  variable("SOTTO_PASSWORD", "hunter2");
  auto table = make_table();
  ASSERT_TRUE(load(table, sources_).ok());
  const auto text = effective_settings(table);
  EXPECT_THAT(text, HasSubstr("ports = [1, 2]  # flag --ports\n"));
  EXPECT_THAT(text, HasSubstr("listen = [\"0.0.0.0\", \"::\"]  # default\n"));
  EXPECT_THAT(text, HasSubstr("# password is set: environment SOTTO_PASSWORD\n"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));

  settings_ = {};
  sources_ = {};
  file(text);
  ASSERT_EQ(complaint(), "");
  EXPECT_THAT(settings_.ports, ElementsAre(1, 2));
  EXPECT_EQ(settings_.name, "a \"quoted\" \\ name");
  EXPECT_TRUE(settings_.fast);
  EXPECT_EQ(settings_.quota, 9U);
}

TEST_F(Documents, CommentedDefaultsAreAConfigurationFile) {
  const auto text = commented_defaults(make_table());
  EXPECT_THAT(text, AllOf(HasSubstr("# Configuration of demo"), HasSubstr("\n# Network\n[net]\n"),
                          HasSubstr("\n# How many.\n# Value: a whole number from 1 to 1000.\nquota = 128\n"),
                          HasSubstr("\n# Who may.\n"), HasSubstr("\n# password_file = \"/path\"\n")));
  file(text);
  ASSERT_EQ(complaint(), "");
  EXPECT_EQ(settings_.quota, 128U);
  EXPECT_THAT(settings_.listen, ElementsAre("0.0.0.0", "::"));
}

TEST_F(Documents, SettingsFileHoldsWhatIsGivenInTheOrderOfTheTable) {
  const std::vector<FileSetting> settings{{"main.quota", "7", ""},
                                          {"net.ports", "1, 2", "why"},
                                          {"main.password", "/run/pass\"word", ""},
                                          {"main.fast", "on", ""}};
  EXPECT_EQ(settings_file(make_table(), settings),
            "[net]\nports = [1, 2]  # why\n\n"
            "[main]\nfast = true\nquota = 7\npassword_file = \"/run/pass\\\"word\"\n");
}

TEST_F(Documents, MarkdownHoldsTheDefaultsAsAFile) {
  const auto page = markdown(make_table());
  EXPECT_THAT(page,
              HasSubstr("| `main.quota`<br>`--quota`<br>`SOTTO_QUOTA` | a whole number from 1 to 1000 | `128` |"));
  const auto begin = page.find("```toml\n") + 8;
  file(page.substr(begin, page.find("```", begin) - begin));
  ASSERT_EQ(complaint(), "");
  EXPECT_EQ(settings_.quota, 128U);
}

}  // namespace
}  // namespace sotto::config
