// The script in a real bash: it is sourced, and asked as the shell asks it.
#include <array>
#include <cstdio>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/commands/command_runner.hpp"
#include "admin-cli/shell/shell_commands.hpp"

namespace sotto::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAre;

class BashCompletion : public testing::Test {
 protected:
  void SetUp() override {
    const std::array groups{&add_shell_commands};
    write_content(dir_ / "sotto.bash", run_sotto({"completion", "bash"}, "", false, groups).out);
    std::filesystem::create_directory(dir_ / "a folder");
    write_content(dir_ / "a file", "");
  }

  // What bash answers, one reply a line, when TAB is pressed at the end of these words.
  [[nodiscard]] std::vector<std::string> replies(const std::vector<std::string>& words) const {
    std::string script = "set -u\nsource ./sotto.bash\nCOMP_WORDS=(sotto";
    for (const auto& word : words) script += " '" + word + "'";
    script += ")\nCOMP_CWORD=" + std::to_string(words.size()) +
              "\n_sotto || exit\nfor reply in \"${COMPREPLY[@]+\"${COMPREPLY[@]}\"}\"; do echo \"$reply\"; done\n";
    write_content(dir_ / "ask", script);
    const std::string command = "cd '" + dir_.path().string() + "' && bash --norc ./ask 2>&1";
    FILE* pipe = popen(command.c_str(), "r");  // NOLINT(cert-env33-c): a fixed program, a file of this test
    std::string text;
    std::array<char, 256> buffer{};
    while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
    pclose(pipe);
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  TempDir dir_;
};

TEST_F(BashCompletion, OffersCommands) {
  EXPECT_THAT(replies({""}),
              AllOf(IsSupersetOf({"init", "address", "server", "completion", "man"}), Not(Contains("--version"))));
  EXPECT_THAT(replies({"addr"}), ElementsAre("address"));
  EXPECT_THAT(replies({"address", ""}), UnorderedElementsAre("show", "qr", "handout", "parse"));
  EXPECT_THAT(replies({"nonsense", "x"}), IsEmpty());
}

TEST_F(BashCompletion, OffersTheOptionsOfTheCommand) {
  EXPECT_THAT(replies({"-"}), AllOf(Contains("--version"), Contains("--help"), Not(Contains("--format"))));
  EXPECT_THAT(replies({"address", "qr", "--fo"}), ElementsAre("--format"));
  // A value that is called as a command is none.
  EXPECT_THAT(replies({"address", "qr", "--host", "init", "--fo"}), ElementsAre("--format"));
  EXPECT_THAT(replies({"address", "parse", ""}), IsEmpty());
}

TEST_F(BashCompletion, OffersWhatAnOptionTakes) {
  EXPECT_THAT(replies({"address", "qr", "--format", ""}), ElementsAre("utf8", "ansi", "png", "svg"));
  EXPECT_THAT(replies({"address", "qr", "--format", "p"}), ElementsAre("png"));
  EXPECT_THAT(replies({"address", "qr", "--format", "="}), ElementsAre("utf8", "ansi", "png", "svg"));
  EXPECT_THAT(replies({"address", "qr", "--format", "=", "s"}), ElementsAre("svg"));
  EXPECT_THAT(replies({"address", "qr", "--port", ""}), IsEmpty());
  EXPECT_THAT(replies({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
}

TEST_F(BashCompletion, OffersFilesAndFolders) {
  EXPECT_THAT(replies({"address", "qr", "--out", "a"}), UnorderedElementsAre("a folder", "a file", "ask"));
  EXPECT_THAT(replies({"address", "qr", "--identity-dir", ""}), ElementsAre("a folder"));
}

}  // namespace
}  // namespace sotto::cli
