#include "admin-cli/config/config_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "admin-cli/commands/command_runner.hpp"
#include "admin-cli/config/programs.hpp"
#include "tests/support/golden/golden_file.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::array kGroups{&add_config_commands};

Output config(std::vector<std::string> more) {
  more.insert(more.begin(), "config");
  return run_sotto(more, "", false, kGroups);
}

// A variable of this process, for as long as the object lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

class Validate : public testing::Test {
 protected:
  std::string file(const std::string& content) {
    write_content(dir_ / "sotto.toml", content);
    return dir_ / "sotto.toml";
  }
  // The folder of the test has another name each time.
  [[nodiscard]] std::string without_folder(std::string text) const {
    const auto folder = dir_.path().string() + "/";
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder)) text.erase(at, folder.size());
    return text;
  }

  TempDir dir_;
  const std::string bad_ =
      "[transport]\nprots = [5223]\nidle_timeout = \"6 weeks\"\n\n[queues]\nquota = 0\n\n[storage]\nephemeral = 1.5\n";
};

TEST_F(Validate, AcceptsWhatTheServerCanUse) {
  const auto output = config({"validate", file("[access]\nnew_queues = false\n")});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(without_folder(output.out), "sotto.toml can be used by sotto-server\n");
  EXPECT_EQ(output.err, "");
}

TEST_F(Validate, NamesAllProblemsOneALine) {
  const auto output = config({"validate", file(bad_)});
  EXPECT_EQ(output.exit_code, 3);
  test::expect_golden("admin-cli/config/golden/validate.txt", without_folder(output.out));
  EXPECT_EQ(output.err, "");
}

TEST_F(Validate, PrintsJson) {
  const auto output = config({"validate", "--json", file(bad_)});
  EXPECT_EQ(output.exit_code, 3);
  test::expect_golden("admin-cli/config/golden/validate.json", without_folder(output.out));
  const auto valid = nlohmann::json::parse(config({"validate", "--json", file("[storage]\nephemeral = true\n")}).out);
  EXPECT_EQ(valid["valid"], true);
  EXPECT_THAT(valid["problems"], IsEmpty());
  EXPECT_THAT(valid["warnings"], ElementsAre(HasSubstr("storage.ephemeral is on")));
}

TEST_F(Validate, WarnsAsTheProgramWould) {
  EXPECT_THAT(config({"validate", file("[storage]\nephemeral = true\n")}).err,
              StartsWith("warning: storage.ephemeral is on"));
  EXPECT_THAT(config({"validate", "--program", "gateway", file("")}).err,
              StartsWith("warning: access.password is not set"));
}

TEST_F(Validate, KnowsEveryProgram) {
  const auto gateway = file("[queue_service]\ntargets = \"queue-0:7450\"\n");
  EXPECT_EQ(config({"validate", "--program", "gateway", gateway}).exit_code, 0);
  EXPECT_THAT(config({"validate", gateway}).out, HasSubstr("queue_service.targets (sotto.toml:2) is unknown"));
  // Rules, too: what is needed and not there.
  EXPECT_THAT(config({"validate", "--program", "queue", file("")}).out,
              AllOf(HasSubstr("database.url is not set"), HasSubstr("\ndatabase.platform_key is not set")));
}

TEST_F(Validate, LooksAtTheEnvironmentOnlyWhenAsked) {
  const Variable quota("SOTTO_QUOTA", "none");
  EXPECT_EQ(config({"validate", file("")}).exit_code, 0);
  const auto output = config({"validate", "--with-environment", file("")});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.out, HasSubstr("environment SOTTO_QUOTA"));
}

TEST_F(Validate, ShowsNoSecret) {
  const auto output = config({"validate", file("[access]\npassword = \"not a password: secret\"\n")});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.out, AllOf(HasSubstr("access.password"), Not(HasSubstr("secret"))));
}

TEST_F(Validate, ReportsAFileThatCannotBeRead) {
  const auto output = config({"validate", dir_ / "missing.toml"});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.out, HasSubstr("missing.toml cannot be read"));
  EXPECT_THAT(config({"validate", file("[transport")}).out, HasSubstr("sotto.toml:1 is not TOML"));
}

class Programs : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(All, Programs, testing::ValuesIn(program_words()),
                         [](const auto& word) { return word.param; });

TEST_P(Programs, HaveDefaultsThatAreDefaults) {
  const auto output = config({"defaults", "--program", GetParam()});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.err, "");
  TempDir dir;
  write_content(dir / "defaults.toml", output.out);
  // A platform's database and keys have no default.
  const auto problems = program(GetParam()).check(dir / "defaults.toml", {});
  if (!problems) {
    EXPECT_THAT(problems.error().message, AllOf(HasSubstr("database.url is not set"), Not(HasSubstr("defaults.toml"))));
  }
  program(GetParam()).with_table([&](const config::Table& table) {
    for (const auto& section : table.sections()) {
      EXPECT_THAT(output.out, HasSubstr("\n[" + section.name + "]\n"));
      for (const auto& entry : section.entries) {
        const auto name = entry.key.substr(section.name.size() + 1);
        const auto line = entry.shape == config::Shape::secret ? "\n# " + name + "_file = " : "\n" + name + " = ";
        EXPECT_THAT(output.out, HasSubstr(line)) << entry.key;
      }
    }
  });
}

TEST_P(Programs, HaveSettingsThatAreAllExplained) {
  program(GetParam()).with_table([&](const config::Table& table) {
    for (const auto& section : table.sections()) {
      for (const auto& entry : section.entries) {
        const auto output = config({"explain", "--program", GetParam(), entry.key});
        EXPECT_EQ(output.exit_code, 0) << entry.key;
        EXPECT_THAT(output.out, AllOf(HasSubstr(entry.help), HasSubstr(entry.expects), HasSubstr(entry.flag),
                                      HasSubstr(entry.environment)));
      }
    }
  });
}

TEST(Explain, IsAsItWasLookedAt) {
  test::expect_golden("admin-cli/config/golden/explain.txt", config({"explain", "transport.idle_timeout"}).out);
  test::expect_golden("admin-cli/config/golden/explain.json", config({"explain", "--json", "access.password"}).out);
}

TEST(Explain, TakesEveryNameOfASetting) {
  const auto expected = config({"explain", "queues.quota"}).out;
  EXPECT_THAT(expected, StartsWith("queues.quota\n"));
  for (const auto* name : {"quota", "SOTTO_QUOTA"}) EXPECT_EQ(config({"explain", name}).out, expected) << name;
  EXPECT_EQ(config({"explain", "--", "--quota"}).out, expected);
  for (const auto* name : {"access.password_file", "SOTTO_PASSWORD_FILE", "password-file"}) {
    EXPECT_THAT(config({"explain", name}).out, StartsWith("access.password\n")) << name;
  }
}

TEST(Explain, TellsSettingsOfOneNameApart) {
  const auto output = config({"explain", "listen"});
  EXPECT_THAT(output.out, AllOf(HasSubstr("transport.listen\n"), HasSubstr("\n\ngrpc.listen\n")));
  EXPECT_THAT(config({"explain", "--program", "queue", "SOTTO_LISTEN"}).out,
              AllOf(HasSubstr("grpc.listen"), Not(HasSubstr("transport.listen"))));
}

TEST(Explain, NamesTheNearest) {
  for (const auto& [wrong, right] : {std::pair("transport.prots", "transport.ports"), std::pair("qouta", "quota"),
                                     std::pair("SOTTO_IDEL_TIMEOUT", "SOTTO_IDLE_TIMEOUT")}) {
    const auto output = config({"explain", wrong});
    EXPECT_EQ(output.exit_code, 6);
    EXPECT_EQ(output.out, "");
    EXPECT_THAT(output.err, HasSubstr(std::string("did you mean ") + right + "?"));
  }
  EXPECT_THAT(config({"explain", "xyzzy"}).err, HasSubstr("sotto config defaults"));
  EXPECT_EQ(config({"explain", "--program", "queue", "transport.ports"}).exit_code, 6);
}

TEST(Config, RefusesWrongUsage) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{},
                                                                     {"validate"},
                                                                     {"validate", "a", "b"},
                                                                     {"validate", "--program", "mail", "a"},
                                                                     {"defaults", "x"},
                                                                     {"explain"},
                                                                     {"explain", "a", "b"},
                                                                     {"defaults", "--program", "mail"}}) {
    const auto output = config(arguments);
    EXPECT_EQ(output.exit_code, 2);
    EXPECT_EQ(output.out, "");
  }
}

}  // namespace
}  // namespace sotto::cli
