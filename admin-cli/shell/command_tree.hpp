// The command tree of `sotto` as plain values, read from the parser itself: what completion scripts and the man page
// are made of, so that no command and no option can be missing there. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sotto::cli {

// What may follow an option, or stand for an argument.
enum class Takes : std::uint8_t { nothing, text, number, file, directory, choice };

struct OptionNode {
  std::vector<std::string> names;  // "-h", "--help"; empty for an argument that is known by its place
  Takes takes = Takes::nothing;
  std::vector<std::string> choices;  // of Takes::choice
  std::string value;                 // how the value is called: FILE, TEXT, "utf8|png"; empty for Takes::nothing
  std::string description;
  std::string fallback;     // the default; empty: none
  std::string environment;  // a variable that may stand for it; empty: none
  bool required = false;
  bool repeated = false;  // may be given several times
};

struct CommandNode {
  std::string name;  // "qr"
  std::string path;  // "sotto address qr"
  std::string description;
  std::string footer;  // examples, exit codes: lines as they are to be shown
  std::vector<OptionNode> options;
  std::vector<OptionNode> arguments;  // in their order
  std::vector<CommandNode> commands;  // below this one
};

// `root` is the whole parser, every group declared.
CommandNode command_tree(const CLI::App& root);

// The tree as a list, each node before those below it. Points into `root`.
std::vector<const CommandNode*> all_commands(const CommandNode& root);

}  // namespace sotto::cli
