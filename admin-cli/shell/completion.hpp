// Completion scripts of shells, made from the command tree. Pure functions; any thread.
#pragma once

#include <string>

#include "admin-cli/shell/command_tree.hpp"

namespace sotto::cli {

// For `source <(sotto completion bash)` or a file in bash-completion's folder. Needs bash 4, and nothing else.
std::string bash_completion(const CommandNode& root);
// For a file `_sotto` in a folder of $fpath, or `source <(…)` after compinit.
std::string zsh_completion(const CommandNode& root);
// For ~/.config/fish/completions/sotto.fish.
std::string fish_completion(const CommandNode& root);

}  // namespace sotto::cli
