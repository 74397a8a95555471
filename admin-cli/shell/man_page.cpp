#include "admin-cli/shell/man_page.hpp"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin-cli/commands/exit_codes.hpp"

namespace sotto::cli {
namespace {

// Text of a line: a backslash begins an escape, and "-" would become a hyphen that cannot be copied.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

// A line of its own: at its beginning, "." and "'" are requests.
std::string line(std::string_view text) {
  auto out = escaped(text);
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out + "\n";
}

std::string sentence(std::string_view text) {
  return line(text.empty() || text.ends_with('.') ? std::string(text) : std::string(text) + ".");
}

// Lines as they are.
std::string verbatim(std::string_view text) {
  std::string out = ".EX\n";
  while (true) {
    const auto end = text.find('\n');
    out += line(text.substr(0, end));
    if (end == std::string_view::npos) return out + ".EE\n";
    text.remove_prefix(end + 1);
  }
}

std::string synopsis(const CommandNode& command) {
  std::string out = fmt::format("\\fB{}\\fR", escaped(command.path));
  if (!command.options.empty()) out += " [\\fIoptions\\fR]";
  for (const auto& argument : command.arguments) {
    const auto value = fmt::format("\\fI{}\\fR", escaped(argument.value));
    out += argument.required ? " " + value : " [" + value + "]";
  }
  return out + "\n";
}

std::string option(const OptionNode& node) {
  std::string out = ".TP\n";
  if (node.names.empty()) {
    out += fmt::format("\\fI{}\\fR", escaped(node.value));
  } else {
    std::vector<std::string> names;
    for (const auto& name : node.names) names.push_back(fmt::format("\\fB{}\\fR", escaped(name)));
    out += fmt::format("{}", fmt::join(names, ", "));
    if (!node.value.empty()) out += fmt::format(" \\fI{}\\fR", escaped(node.value));
  }
  out += "\n" + sentence(node.description);
  if (node.takes == Takes::choice && node.names.empty()) {
    out += sentence(fmt::format("One of {}", fmt::join(node.choices, ", ")));
  }
  if (!node.fallback.empty()) out += sentence("Default: " + node.fallback);
  if (!node.environment.empty()) out += sentence("Or the environment variable " + node.environment);
  if (node.required && !node.names.empty()) out += "Required.\n";
  if (node.repeated) out += "May be given several times.\n";
  return out;
}

std::string section(const CommandNode& command) {
  auto out = fmt::format(".SS \"{}\"\n", escaped(command.path)) + sentence(command.description) + ".PP\n";
  if (command.commands.empty()) out += synopsis(command);
  for (const auto& argument : command.arguments) out += option(argument);
  for (const auto& each : command.options) out += option(each);
  if (!command.footer.empty()) out += ".PP\n" + verbatim(command.footer);
  return out;
}

std::string environment(const std::vector<const CommandNode*>& commands) {
  std::map<std::string, std::string> variables;
  for (const auto* command : commands) {
    for (const auto& each : command->options) {
      if (!each.environment.empty()) variables[each.environment] = each.names.back();
    }
  }
  variables["NO_COLOR"] = "--color never";
  std::string out = ".SH ENVIRONMENT\n";
  for (const auto& [variable, stands_for] : variables) {
    out += fmt::format(".TP\n\\fB{}\\fR\nStands for \\fB{}\\fR.\n", variable, escaped(stands_for));
  }
  return out;
}

}  // namespace

std::string man_page(const CommandNode& root, std::string_view version) {
  const auto commands = all_commands(root);
  auto out = fmt::format(".\\\" Made by `sotto man`.\n.TH SOTTO 1 \"\" \"{}\" \"Sotto\"\n", escaped(version));
  out += ".SH NAME\nsotto \\- the program for admins of SMP servers\n.SH SYNOPSIS\n.nf\n";
  for (const auto* command : commands) {
    if (command->commands.empty()) out += synopsis(*command);
  }
  out += ".fi\n.SH DESCRIPTION\n" + line(root.description);
  out +=
      "Data goes to standard output, everything else to standard error. A password is printed only when it is asked "
      "for.\n"
      ".SH OPTIONS\n";
  for (const auto& each : root.options) out += option(each);
  out += ".SH COMMANDS\n";
  for (const auto* command : commands) {
    if (command != &root) out += section(*command);
  }
  out += ".SH \"EXIT STATUS\"\n";
  for (const auto& row : kExitCodes) out += fmt::format(".TP\n\\fB{}\\fR\n{}", row.code, sentence(row.means));
  out += environment(commands);
  if (!root.footer.empty()) out += ".SH EXAMPLES\n" + verbatim(root.footer);
  return out;
}

}  // namespace sotto::cli
