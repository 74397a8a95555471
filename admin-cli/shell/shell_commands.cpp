#include "admin-cli/shell/shell_commands.hpp"

#include <CLI/CLI.hpp>

#include "admin-cli/shell/command_tree.hpp"
#include "admin-cli/shell/completion.hpp"
#include "admin-cli/shell/man_page.hpp"

namespace sotto::cli {
namespace {

class CompletionCommand final : public Command {
 public:
  CompletionCommand(CLI::App& app, const CLI::App& root) : root_(root) {
    app.add_option("SHELL", shell_, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    app.footer(
        "Examples:\n"
        "  source <(sotto completion bash)\n"
        "  sotto completion bash > /etc/bash_completion.d/sotto\n"
        "  sotto completion zsh > /usr/local/share/zsh/site-functions/_sotto\n"
        "  sotto completion fish > ~/.config/fish/completions/sotto.fish\n"
        "\n"
        "Exit codes: 0 printed, 2 usage.");
  }

  int run(Console& console) override {
    const auto tree = command_tree(root_);
    if (shell_ == "zsh") {
      console.out << zsh_completion(tree);
    } else if (shell_ == "fish") {
      console.out << fish_completion(tree);
    } else {
      console.out << bash_completion(tree);
    }
    return kExitOk;
  }

 private:
  const CLI::App& root_;
  std::string shell_;
};

class ManCommand final : public Command {
 public:
  ManCommand(CLI::App& app, const CLI::App& root) : root_(root) {
    app.footer(
        "Examples:\n"
        "  sotto man | man -l -\n"
        "  sotto man > /usr/local/share/man/man1/sotto.1\n"
        "\n"
        "Exit codes: 0 printed, 2 usage.");
  }

  int run(Console& console) override {
    console.out << man_page(command_tree(root_), root_.version());
    return kExitOk;
  }

 private:
  const CLI::App& root_;
};

}  // namespace

void add_shell_commands(CLI::App& parent, CommandTable& commands) {
  auto* completion = parent.add_subcommand("completion", "Prints a script that completes commands and options");
  commands.add(*completion, std::make_unique<CompletionCommand>(*completion, parent));
  auto* man = parent.add_subcommand("man", "Prints the manual page sotto(1)");
  commands.add(*man, std::make_unique<ManCommand>(*man, parent));
}

}  // namespace sotto::cli
