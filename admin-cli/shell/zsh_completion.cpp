#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin-cli/shell/completion.hpp"

namespace sotto::cli {
namespace {

// Text of a description within a single-quoted specification of _arguments or _describe.
std::string described(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '`') {
      out += '"';
    } else {
      if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

// ":what:action" of _arguments.
std::string value_action(const OptionNode& option) {
  const auto name = option.takes == Takes::choice ? "VALUE" : option.value;
  switch (option.takes) {
    case Takes::nothing:
      return {};
    case Takes::file:
      return fmt::format(":{}:_files", name);
    case Takes::directory:
      return fmt::format(":{}:_files -/", name);
    case Takes::choice:
      return fmt::format(":{}:({})", name, fmt::join(option.choices, " "));
    case Takes::text:
    case Takes::number:
      break;
  }
  return fmt::format(":{}: ", name);
}

std::vector<std::string> option_lines(const OptionNode& option) {
  std::vector<std::string> lines;
  const auto before = option.repeated ? std::string("*") : fmt::format("({})", fmt::join(option.names, " "));
  for (const auto& name : option.names) {
    const bool equals = option.takes != Takes::nothing && name.starts_with("--");
    lines.push_back(fmt::format("'{}{}{}[{}]{}'", before, name, equals ? "=" : "", described(option.description),
                                value_action(option)));
  }
  return lines;
}

std::string function_name(const CommandNode& command) {
  std::string name = "_" + command.path;
  for (auto& c : name) {
    if (c == ' ' || c == '-') c = '_';
  }
  return name;
}

std::string function_of(const CommandNode& command) {
  std::string arguments;
  for (const auto& option : command.options) {
    for (const auto& line : option_lines(option)) arguments += " \\\n    " + line;
  }
  const auto name = function_name(command);
  if (command.commands.empty()) {
    for (const auto& argument : command.arguments) arguments += fmt::format(" \\\n    '{}'", value_action(argument));
    return fmt::format("{}() {{\n  _arguments{}\n}}\n", name, arguments);
  }
  std::string names;
  std::string branches;
  for (const auto& below : command.commands) {
    names += fmt::format("        '{}:{}'\n", below.name, described(below.description));
    branches += fmt::format("        {}) {} ;;\n", below.name, function_name(below));
  }
  return fmt::format(
      "{}() {{\n"
      "  local context state state_descr line\n"
      "  typeset -A opt_args\n"
      "  _arguments -C{} \\\n    '1:command:->command' \\\n    '*::argument:->argument' && return\n"
      "  case $state in\n"
      "    command)\n"
      "      local -a commands=(\n{}      )\n"
      "      _describe -t commands command commands ;;\n"
      "    argument)\n"
      "      case $words[1] in\n{}      esac ;;\n"
      "  esac\n}}\n",
      name, arguments, names, branches);
}

}  // namespace

std::string zsh_completion(const CommandNode& root) {
  std::string out = "#compdef sotto\n# zsh completion of sotto, made by `sotto completion zsh`.\n";
  for (const auto* command : all_commands(root)) out += function_of(*command);
  return out +
         "if [[ ${funcstack[1]} == _sotto ]]; then\n"
         "  _sotto \"$@\"\n"
         "else\n"
         "  compdef _sotto sotto\n"
         "fi\n";
}

}  // namespace sotto::cli
