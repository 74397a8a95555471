#include <map>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin-cli/shell/completion.hpp"

namespace sotto::cli {
namespace {

// What the script does for the value of an option: a line of bash.
std::string value_action(const OptionNode& option) {
  switch (option.takes) {
    case Takes::file:
      return "_sotto_files -f";
    case Takes::directory:
      return "_sotto_files -d";
    case Takes::choice:
      return fmt::format("_sotto_words '{}'", fmt::join(option.choices, " "));
    case Takes::nothing:
    case Takes::text:
    case Takes::number:
      break;
  }
  return ":";  // anything: nothing is offered, and no file either
}

// 'sotto address qr --format'|'sotto …'
using Patterns = std::map<std::string, std::vector<std::string>>;  // by what is done

std::string cases(const Patterns& patterns, std::string_view after) {
  std::string out;
  for (const auto& [action, names] : patterns) {
    out += fmt::format("    {})\n      {}{} ;;\n", fmt::join(names, " | "), action, after);
  }
  return out;
}

// The first argument only: no command has two that can be completed.
std::string word_actions(const CommandNode& command) {
  std::vector<std::string> options;
  for (const auto& option : command.options) options.insert(options.end(), option.names.begin(), option.names.end());
  std::string plain = ":";
  if (!command.commands.empty()) {
    std::vector<std::string> names;
    for (const auto& below : command.commands) names.push_back(below.name);
    plain = fmt::format("_sotto_words '{}'", fmt::join(names, " "));
  } else if (!command.arguments.empty()) {
    plain = value_action(command.arguments.front());
  }
  return fmt::format(
      "    '{}')\n      if [[ $current == -* ]]; then\n        _sotto_words '{}'\n      else\n        {}\n      fi "
      ";;\n",
      command.path, fmt::join(options, " "), plain);
}

}  // namespace

std::string bash_completion(const CommandNode& root) {
  const auto commands = all_commands(root);
  std::vector<std::string> paths;
  Patterns values;
  std::string words;
  for (const auto* command : commands) {
    if (command != &root) paths.push_back(fmt::format("'{}'", command->path));
    words += word_actions(*command);
    for (const auto& option : command->options) {
      if (option.takes == Takes::nothing) continue;
      for (const auto& name : option.names) {
        values[value_action(option)].push_back(fmt::format("'{} {}'", command->path, name));
      }
    }
  }
  std::string out =
      "# bash completion of sotto, made by `sotto completion bash`.\n"
      "_sotto_words() {\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\")\n"
      "}\n"
      "_sotto_files() {\n"
      "  # compopt works only while the shell completes.\n"
      "  compopt -o filenames 2>/dev/null\n"
      "  mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$current\")\n"
      "}\n"
      "_sotto() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous='' command=sotto index\n"
      "  ((COMP_CWORD > 0)) && previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
      "  # bash takes --option=value for three words.\n"
      "  if [[ $current == = ]]; then\n"
      "    current=''\n"
      "  elif [[ $previous == = ]] && ((COMP_CWORD > 1)); then\n"
      "    previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
      "  fi\n"
      "  for ((index = 1; index < COMP_CWORD; ++index)); do\n"
      "    case \"$command ${COMP_WORDS[index]}\" in\n";
  out += fmt::format("      {})\n        command+=\" ${{COMP_WORDS[index]}}\" ;;\n", fmt::join(paths, " | "));
  out +=
      "    esac\n"
      "  done\n"
      "  COMPREPLY=()\n"
      "  case \"$command $previous\" in\n";
  out += cases(values, "\n      return");
  out +=
      "  esac\n"
      "  case $command in\n";
  out += words;
  return out + "  esac\n}\ncomplete -F _sotto sotto\n";
}

}  // namespace sotto::cli
