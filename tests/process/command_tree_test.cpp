// Everything that `sotto --help` names, at every level, is in the completion scripts, the man page and docs/cli.md. The
// help comes from the parser; it is read here by other means than the scripts are made with.
#include <filesystem>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/process/program.hpp"

namespace sotto::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Listed {
  Texts words;  // address qr
  Texts options;
  Texts commands;

  [[nodiscard]] std::string path() const {
    std::string path = "sotto";
    for (const auto& word : words) path += " " + word;
    return path;
  }
};

std::string output_of(const Texts& arguments) {
  const auto outcome = run(cli_program(), arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  return outcome.output;
}

Listed read_help(Texts words) {
  Listed listed;
  listed.words = words;
  words.emplace_back("--help");
  std::istringstream help(output_of(words));
  const std::regex option("  (-[^ ]+).*");
  const std::regex command("  ([a-z][a-z0-9-]*) .*");
  std::string section;
  for (std::string line; std::getline(help, line);) {
    if (line.empty()) section.clear();
    if (line.ends_with(':')) section = line;
    std::smatch found;
    if (section == "Options:" && std::regex_match(line, found, option)) {
      std::istringstream names(found[1]);
      for (std::string name; std::getline(names, name, ',');) listed.options.push_back(name);
    }
    if (section == "Subcommands:" && std::regex_match(line, found, command)) listed.commands.push_back(found[1]);
  }
  return listed;
}

void collect(const Texts& words, std::vector<Listed>& all) {
  all.push_back(read_help(words));
  for (const auto& command : all.back().commands) {
    auto below = words;
    below.push_back(command);
    collect(below, all);
  }
}

const std::vector<Listed>& all_commands() {
  static const auto all = [] {
    std::vector<Listed> commands;
    collect({}, commands);
    return commands;
  }();
  return all;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// From a line that is `start` to a line that is `end`; empty when there is none.
std::string part(const std::string& text, const std::string& start, const std::string& end) {
  const auto from = ("\n" + text).find("\n" + start);
  if (from == std::string::npos) return {};
  const auto to = text.find("\n" + end, from + start.size());
  return text.substr(from, to == std::string::npos ? to : to - from + 1);
}

bool installed(const std::string& program) {
  return run("sh", {"-c", "command -v " + program}).exit_code == 0;
}

class CommandTree : public testing::Test {
 protected:
  // `check` parses the script without running it; a shell that is not installed is not asked.
  void expect_accepted(const std::string& shell, const std::string& flag, const std::string& script) const {
    if (!installed(shell)) return;
    const auto file = (directory_.path() / "script").string();
    write_file(file, script);
    const auto outcome = run(shell, {flag, file});
    EXPECT_EQ(outcome.exit_code, 0) << shell << ": " << outcome.errors;
    EXPECT_THAT(outcome.errors, IsEmpty());
  }

  TempDir directory_;
};

TEST_F(CommandTree, IsReadWhole) {
  EXPECT_GT(all_commands().size(), 12U);
  for (const auto& command : all_commands()) EXPECT_THAT(command.options, testing::Contains("--help"));
}

TEST_F(CommandTree, IsInTheBashScript) {
  const auto script = output_of({"completion", "bash"});
  expect_accepted("bash", "-n", script);
  for (const auto& command : all_commands()) {
    const auto branch = part(script, "    '" + command.path() + "')\n", "      fi ;;");
    for (const auto& name : command.options) {
      EXPECT_TRUE(std::regex_search(branch, std::regex("[' ]" + name + "[' ]"))) << command.path() << " " << name;
    }
    for (const auto& name : command.commands) {
      EXPECT_TRUE(std::regex_search(branch, std::regex("[' ]" + name + "[' ]"))) << command.path() << " " << name;
    }
  }
}

TEST_F(CommandTree, IsInTheZshScript) {
  const auto script = output_of({"completion", "zsh"});
  expect_accepted("zsh", "-n", script);
  for (const auto& command : all_commands()) {
    const auto function = part(script, replaced(replaced("_" + command.path(), " ", "_"), "-", "_") + "() {\n", "}\n");
    for (const auto& name : command.options) {
      EXPECT_TRUE(std::regex_search(function, std::regex("[*)]" + name + "=?\\["))) << command.path() << " " << name;
    }
    for (const auto& name : command.commands) EXPECT_THAT(function, HasSubstr("'" + name + ":")) << command.path();
  }
}

TEST_F(CommandTree, IsInTheFishScript) {
  const auto script = output_of({"completion", "fish"});
  expect_accepted("fish", "--no-execute", script);
  for (const auto& command : all_commands()) {
    const auto at = "-n '__sotto_at \\'" + command.path() + "\\'' ";
    std::string lines;
    std::istringstream in(script);
    for (std::string line; std::getline(in, line);) {
      if (line.find(at) != std::string::npos) lines += line + "\n";
    }
    for (const auto& name : command.options) {
      EXPECT_THAT(lines, HasSubstr(name.starts_with("--") ? " -l " + name.substr(2) + " " : " -s " + name.substr(1)))
          << command.path();
    }
    for (const auto& name : command.commands) EXPECT_THAT(lines, HasSubstr(" -a " + name + " -d ")) << command.path();
  }
}

TEST_F(CommandTree, IsInTheManPage) {
  const auto page = output_of({"man"});
  for (const auto& command : all_commands()) {
    const auto section = command.words.empty()
                             ? part(page, ".SH OPTIONS\n", ".SH ")
                             : part(page, ".SS \"" + replaced(command.path(), "-", "\\-") + "\"\n", ".S");
    EXPECT_NE(section, "") << command.path();
    for (const auto& name : command.options) {
      EXPECT_THAT(section, HasSubstr("\\fB" + replaced(name, "-", "\\-") + "\\fR")) << command.path();
    }
  }
  for (int code = 0; code < 10; ++code) {
    EXPECT_THAT(part(page, ".SH \"EXIT STATUS\"\n", ".SH "), HasSubstr("\\fB" + std::to_string(code) + "\\fR"));
  }
}

TEST_F(CommandTree, ManPageIsAcceptedByGroff) {
  if (!installed("groff")) GTEST_SKIP() << "groff is not installed";
  const auto file = (directory_.path() / "sotto.1").string();
  write_file(file, output_of({"man"}));
  const auto outcome = run("groff", {"-man", "-Kutf8", "-Tutf8", "-ww", file});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.errors, IsEmpty());
}

TEST_F(CommandTree, IsInTheDocumentation) {
  const auto page = read_file(std::filesystem::path(SOTTO_SOURCE_DIR) / "docs/cli.md");
  for (const auto& command : all_commands()) {
    if (command.commands.empty()) {
      EXPECT_THAT(page, HasSubstr("## " + command.path() + "\n"));
    }
    for (const auto& name : command.options) {
      if (!name.starts_with("--")) continue;  // of two names the long one is enough
      EXPECT_TRUE(std::regex_search(page, std::regex(name + "\\b(?!-)"))) << command.path() << " " << name;
    }
  }
}

}  // namespace
}  // namespace sotto::test
