#include "admin-cli/shell/shell_commands.hpp"

#include <algorithm>
#include <array>

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/commands/command_runner.hpp"
#include "admin-cli/commands/exit_codes.hpp"
#include "admin-cli/shell/command_tree.hpp"
#include "admin-cli/shell/completion.hpp"
#include "admin-cli/shell/man_page.hpp"
#include "libs/base/error.hpp"
#include "tests/support/golden/golden_file.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// A small tree with one of each: the scripts for it are golden files, so that those change only with their makers.
class SmallTree : public testing::Test {
 protected:
  SmallTree() {
    app_.set_version_flag("--version", std::string("sotto 1.2.3"));
    app_.footer("Examples:\n  sotto cup wash it\\ all\n.dot\n'quote");
    auto* cup = app_.add_subcommand("cup", "Cups, and what's in [them]: all of it");
    cup->footer("Examples:\n  sotto cup fill");
    auto* fill = cup->add_subcommand("fill", "Fills one");
    fill->add_option("--with", with_, "`tea` or coffee")
        ->check(CLI::IsMember({"tea", "coffee"}))
        ->capture_default_str();
    fill->add_option("--sugar", sugar_, "Lumps")->check(CLI::Range(1, 9))->envname("SOTTO_SUGAR");
    fill->add_option("--recipe-file", text_, "Where it is written");
    fill->add_option("--shelf-dir", text_, "Where it goes");
    fill->add_option("-n,--name", names_, "For whom; again for more")->required();
    fill->add_flag("--json", flag_, "One JSON document");
    auto* wash = app_.add_subcommand("wash-up", "Washes all");
    wash->add_option("FILE", text_, "A list")->required();
  }

  CLI::App app_{"Looks after cups.", "sotto"};
  std::string with_ = "tea";
  int sugar_ = 0;
  std::string text_;
  std::vector<std::string> names_;
  bool flag_ = false;
};

TEST_F(SmallTree, IsReadFromTheParser) {
  const auto tree = command_tree(app_);
  EXPECT_EQ(tree.path, "sotto");
  ASSERT_EQ(tree.commands.size(), 2U);
  const auto& fill = tree.commands[0].commands.at(0);
  EXPECT_EQ(fill.path, "sotto cup fill");
  const auto option = [&](const std::string& name) {
    return *std::find_if(fill.options.begin(), fill.options.end(),
                         [&](const auto& each) { return each.names.back() == name; });
  };
  EXPECT_THAT(option("--with").choices, ElementsAre("tea", "coffee"));
  EXPECT_EQ(option("--with").value, "tea|coffee");
  EXPECT_EQ(option("--with").fallback, "tea");
  EXPECT_EQ(option("--sugar").takes, Takes::number);
  EXPECT_EQ(option("--sugar").environment, "SOTTO_SUGAR");
  EXPECT_EQ(option("--recipe-file").takes, Takes::file);
  EXPECT_EQ(option("--shelf-dir").takes, Takes::directory);
  EXPECT_THAT(option("--name").names, ElementsAre("-n", "--name"));
  EXPECT_TRUE(option("--name").required);
  EXPECT_TRUE(option("--name").repeated);
  EXPECT_EQ(option("--json").takes, Takes::nothing);
  EXPECT_FALSE(option("--json").repeated);
  EXPECT_THAT(option("--help").value, IsEmpty());
  EXPECT_EQ(tree.commands[1].arguments.at(0).value, "FILE");
  EXPECT_EQ(tree.commands[1].arguments.at(0).takes, Takes::file);
}

TEST_F(SmallTree, MakesTheScriptsThatWereLookedAt) {
  const auto tree = command_tree(app_);
  test::expect_golden("admin-cli/shell/golden/small.bash", bash_completion(tree));
  test::expect_golden("admin-cli/shell/golden/small.zsh", zsh_completion(tree));
  test::expect_golden("admin-cli/shell/golden/small.fish", fish_completion(tree));
}

TEST_F(SmallTree, MakesTheManPageThatWasLookedAt) {
  test::expect_golden("admin-cli/shell/golden/small.1", man_page(command_tree(app_), app_.version()));
}

TEST(ExitCodes, HaveWordsForEveryError) {
  for (const auto& row : error_table()) {
    EXPECT_TRUE(std::any_of(kExitCodes.begin(), kExitCodes.end(), [&](const auto& text) {
      return text.code == row.exit_code;
    })) << row.name;
  }
}

const std::array kGroups{&add_shell_commands};

TEST(ShellCommands, PrintWhatTheyAreAskedFor) {
  const auto bash = run_sotto({"completion", "bash"}, "", false, kGroups);
  EXPECT_EQ(bash.exit_code, 0);
  EXPECT_THAT(bash.out, AllOf(StartsWith("# bash completion"), HasSubstr("'sotto address qr --format'")));
  EXPECT_EQ(bash.err, "");
  EXPECT_THAT(run_sotto({"completion", "zsh"}, "", false, kGroups).out, StartsWith("#compdef sotto\n"));
  EXPECT_THAT(run_sotto({"completion", "fish"}, "", false, kGroups).out, StartsWith("# fish completion"));
  const auto man = run_sotto({"man"}, "", false, kGroups);
  EXPECT_EQ(man.exit_code, 0);
  EXPECT_THAT(man.out, AllOf(HasSubstr(".TH SOTTO 1"), HasSubstr(".SS \"sotto completion\"")));
  EXPECT_EQ(man.err, "");
}

TEST(ShellCommands, RefuseAnotherShell) {
  for (const auto& arguments :
       {std::vector<std::string>{"completion"}, {"completion", "tcsh"}, {"completion", "bash", "zsh"}, {"man", "x"}}) {
    const auto output = run_sotto(arguments, "", false, kGroups);
    EXPECT_EQ(output.exit_code, 2);
    EXPECT_EQ(output.out, "");
    EXPECT_THAT(output.err, HasSubstr("--help"));
  }
}

}  // namespace
}  // namespace sotto::cli
