#include "admin-cli/shell/command_tree.hpp"

#include <string_view>

#include <CLI/CLI.hpp>

namespace sotto::cli {
namespace {

// "{utf8,png}" within "TEXT:{utf8,png}": how CLI11 describes CLI::IsMember.
std::vector<std::string> choices_in(std::string_view type) {
  std::vector<std::string> choices;
  const auto open = type.find('{');
  const auto close = type.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return choices;
  auto list = type.substr(open + 1, close - open - 1);
  while (true) {
    const auto comma = list.find(',');
    choices.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return choices;
    list.remove_prefix(comma + 1);
  }
}

bool is_number(std::string_view type) {
  return type.starts_with("INT") || type.starts_with("UINT") || type.starts_with("FLOAT");
}

// CLI11 knows texts only; what they name follows from how our options are called.
Takes kind_of(std::string_view name, std::string_view type) {
  if (is_number(type)) return Takes::number;
  if (name.ends_with("-file") || name.ends_with("-out")) return Takes::file;
  if (name == "--config" || name == "--out" || name == "FILE") return Takes::file;
  if (name.ends_with("-dir") || name == "DIR") return Takes::directory;
  return Takes::text;
}

std::string value_name(const OptionNode& node) {
  switch (node.takes) {
    case Takes::nothing:
      return {};
    case Takes::number:
      return "NUMBER";
    case Takes::file:
      return "FILE";
    case Takes::directory:
      return "DIR";
    case Takes::choice: {
      std::string all;
      for (const auto& choice : node.choices) all += (all.empty() ? "" : "|") + choice;
      return all;
    }
    case Takes::text:
      break;
  }
  return "TEXT";
}

OptionNode option_node(const CLI::Option& option) {
  OptionNode node;
  for (const auto& name : option.get_snames()) node.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) node.names.push_back("--" + name);
  const auto& last_name = node.names.empty() ? option.get_name(true) : node.names.back();
  if (option.get_items_expected_max() > 0) {
    const auto type = option.get_type_name();
    node.choices = choices_in(type);
    node.takes = node.choices.empty() ? kind_of(last_name, type) : Takes::choice;
  }
  node.value = node.names.empty() ? last_name : value_name(node);
  node.description = option.get_description();
  if (node.takes != Takes::nothing) node.fallback = option.get_default_str();
  node.environment = option.get_envname();
  node.required = option.get_required();
  node.repeated = option.get_items_expected_max() > 1;
  return node;
}

CommandNode command_node(const CLI::App& app, const std::string& above) {
  CommandNode node;
  node.name = app.get_name();
  node.path = above.empty() ? node.name : above + " " + node.name;
  node.description = app.get_description();
  node.footer = app.get_footer();
  for (const auto* option : app.get_options()) {
    (option->nonpositional() ? node.options : node.arguments).push_back(option_node(*option));
  }
  for (const auto* below : app.get_subcommands([](const CLI::App* /*unused*/) { return true; })) {
    node.commands.push_back(command_node(*below, node.path));
  }
  return node;
}

void collect(const CommandNode& node, std::vector<const CommandNode*>& all) {
  all.push_back(&node);
  for (const auto& below : node.commands) collect(below, all);
}

}  // namespace

CommandNode command_tree(const CLI::App& root) {
  return command_node(root, "");
}

std::vector<const CommandNode*> all_commands(const CommandNode& root) {
  std::vector<const CommandNode*> all;
  collect(root, all);
  return all;
}

}  // namespace sotto::cli
