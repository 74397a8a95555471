#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin-cli/shell/completion.hpp"

namespace sotto::cli {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string value_action(const OptionNode& option) {
  switch (option.takes) {
    case Takes::nothing:
      return {};
    case Takes::file:
      return " -r -F";
    case Takes::directory:
      return " -x -a '(__fish_complete_directories)'";
    case Takes::choice:
      return fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
    case Takes::text:
    case Takes::number:
      break;
  }
  return " -x";
}

std::string lines_of(const CommandNode& command) {
  const auto start = fmt::format("complete -c sotto -n {}", quoted("__sotto_at " + quoted(command.path)));
  std::string out;
  for (const auto& below : command.commands) {
    out += fmt::format("{} -a {} -d {}\n", start, below.name, quoted(below.description));
  }
  for (const auto& argument : command.arguments) {
    // Files are offered beside the options; what an option takes is not asked for here.
    if (argument.takes == Takes::file) out += start + " -F\n";
    if (argument.takes == Takes::choice) {
      out += fmt::format("{} -a '{}' -d {}\n", start, fmt::join(argument.choices, " "), quoted(argument.description));
    }
  }
  for (const auto& option : command.options) {
    out += start;
    for (const auto& name : option.names) {
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    out += fmt::format("{} -d {}\n", value_action(option), quoted(option.description));
  }
  return out;
}

}  // namespace

std::string fish_completion(const CommandNode& root) {
  std::vector<std::string> paths;
  std::string lines;
  for (const auto* command : all_commands(root)) {
    paths.push_back(quoted(command->path));
    lines += lines_of(*command);
  }
  return fmt::format(
      "# fish completion of sotto, made by `sotto completion fish`.\n"
      "# Whether this command was written so far.\n"
      "function __sotto_at\n"
      "    set -l known {}\n"
      "    set -l path sotto\n"
      "    set -l words (commandline -opc)\n"
      "    for word in $words[2..-1]\n"
      "        if contains -- \"$path $word\" $known\n"
      "            set path \"$path $word\"\n"
      "        end\n"
      "    end\n"
      "    test \"$path\" = \"$argv[1]\"\n"
      "end\n"
      "complete -c sotto -f\n"
      "{}",
      fmt::join(paths, " "), lines);
}

}  // namespace sotto::cli
