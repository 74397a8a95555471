#include "libs/config/document.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sotto::config {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::string_view kIndent = "      ";

// Breaks words into lines of kColumns, each behind `before`.
std::string wrapped(std::string_view text, std::string_view before) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const auto word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (column != 0 && column + 1 + word.size() > kColumns) {
      out += '\n';
      column = 0;
    }
    if (column == 0) {
      out += before;
      column = before.size();
    } else {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

std::string default_text(const Entry& entry) {
  return entry.fallback.empty() ? "none" : entry.fallback;
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string toml_value(const Entry& entry) {
  switch (entry.shape) {
    case Shape::boolean: {
      const auto value = parse_boolean(entry.given);
      return value.ok() && *value ? "true" : "false";
    }
    case Shape::number:
      return entry.given;
    case Shape::numbers:
      return fmt::format("[{}]", fmt::join(split_list(entry.given), ", "));
    case Shape::texts: {
      std::vector<std::string> parts;
      for (const auto part : split_list(entry.given)) parts.push_back(toml_string(part));
      return fmt::format("[{}]", fmt::join(parts, ", "));
    }
    case Shape::text:
    case Shape::secret:
      break;
  }
  return toml_string(entry.given);
}

std::string name_of(const Section& section, const Entry& entry) {
  return entry.key.substr(section.name.size() + 1);
}

std::string flags_of(const Entry& entry) {
  return entry.shape == Shape::secret ? entry.flag + "-file" : entry.flag;
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string help_text(const Table& table) {
  const auto& program = table.program();
  std::string out = fmt::format("Usage: {} [--setting=value ...]\n\n", program.name);
  out += wrapped(program.summary, "");
  out +=
      "\nEach setting has a flag, an environment variable and a key in the TOML file; the flag goes before the\n"
      "variable, the variable before the file, the file before the default.\n"
      "\n  --config PATH, SOTTO_CONFIG\n      The TOML file. Without it none is read.\n"
      "  --check-config\n      Checks the configuration, prints the settings in force and ends.\n"
      "  --version\n  --help\n";
  for (const auto& section : table.sections()) {
    out += fmt::format("\n{} [{}]\n", section.title, section.name);
    for (const auto& entry : section.entries) {
      if (entry.shape == Shape::secret) {
        out += fmt::format("  {} PATH, {}_FILE, {}_file; {}\n", flags_of(entry), entry.environment, entry.key,
                           entry.environment);
      } else {
        out += fmt::format("  {}, {}, {}\n", entry.flag, entry.environment, entry.key);
      }
      out += wrapped(entry.help, kIndent);
      out += wrapped(fmt::format("Value: {}. Default: {}.", entry.expects, default_text(entry)), kIndent);
    }
  }
  return out;
}

std::string markdown(const Table& table) {
  const auto& program = table.program();
  std::string out = fmt::format(
      "# Configuration of {0}\n\n"
      "<!-- Made from the table of settings (scripts/generate-docs); a test fails when they differ. -->\n\n"
      "Every setting has a flag, an environment variable and a key in a TOML file. A flag goes before the environment, "
      "the environment\nbefore the file, the file before the default. An empty environment variable counts as not set. "
      "Unknown flags, keys and `SOTTO_…`\nvariables are errors, and all errors are reported at once.\n\n"
      "| Option | What it does |\n| --- | --- |\n"
      "| `--config PATH`, `SOTTO_CONFIG` | The TOML file. Without it none is read. |\n"
      "| `--check-config` | Checks the configuration, prints the settings in force with their origin and without "
      "secrets, and ends: 0 when it can be used, 3 when not. |\n"
      "| `--version`, `--help` | Print and end. |\n",
      program.name);
  for (const auto& section : table.sections()) {
    out +=
        fmt::format("\n## {}\n\n| Key, flag, variable | Value | Default | What it does |\n| --- | --- | --- | --- |\n",
                    section.title);
    for (const auto& entry : section.entries) {
      const auto names = entry.shape == Shape::secret
                             ? fmt::format("`{0}`, `{0}_file`<br>`{1}-file`<br>`{2}`, `{2}_FILE`", entry.key,
                                           entry.flag, entry.environment)
                             : fmt::format("`{}`<br>`{}`<br>`{}`", entry.key, entry.flag, entry.environment);
      const auto fallback = entry.fallback.empty() ? "none" : fmt::format("`{}`", entry.fallback);
      out += fmt::format("| {} | {} | {} | {} |\n", names, cell(entry.expects), fallback, cell(entry.help));
    }
  }
  out += fmt::format("\n## The defaults as a file\n\n```toml\n");
  for (const auto& section : table.sections()) {
    out += fmt::format("[{}]\n", section.name);
    for (auto entry : section.entries) {
      const auto name = name_of(section, entry);
      if (entry.shape == Shape::secret) {
        out += fmt::format("# {}_file = \"/path\"\n", name);
        continue;
      }
      entry.given = entry.fallback;
      out += fmt::format("{} = {}\n", name, toml_value(entry));
    }
    out += "\n";
  }
  out.pop_back();
  return out + "```\n";
}

std::string effective_settings(const Table& table) {
  std::string out;
  for (const auto& section : table.sections()) {
    if (!out.empty()) out += "\n";
    out += fmt::format("[{}]\n", section.name);
    for (const auto& entry : section.entries) {
      const auto name = name_of(section, entry);
      if (entry.shape == Shape::secret) {
        out += entry.origin == Origin::fallback ? fmt::format("# {} is not set\n", name)
                                                : fmt::format("# {} is set: {}\n", name, entry.origin_text);
      } else {
        out += fmt::format("{} = {}  # {}\n", name, toml_value(entry), entry.origin_text);
      }
    }
  }
  return out;
}

std::string commented_defaults(const Table& table) {
  std::string out = fmt::format("# Configuration of {}: every setting with its default.\n", table.program().name);
  for (const auto& section : table.sections()) {
    out += fmt::format("\n# {}\n[{}]\n", section.title, section.name);
    for (auto entry : section.entries) {
      out += "\n" + wrapped(entry.help, "# ") + wrapped(fmt::format("Value: {}.", entry.expects), "# ");
      const auto name = name_of(section, entry);
      if (entry.shape == Shape::secret) {
        out += fmt::format("# Or {} or {}_FILE in the environment.\n# {}_file = \"/path\"\n", entry.environment,
                           entry.environment, name);
        continue;
      }
      entry.given = entry.fallback;
      out += fmt::format("{} = {}\n", name, toml_value(entry));
    }
  }
  return out;
}

std::string settings_file(const Table& table, std::span<const FileSetting> settings) {
  std::string out;
  for (const auto& section : table.sections()) {
    std::string lines;
    for (auto entry : section.entries) {
      const auto given =
          std::find_if(settings.begin(), settings.end(), [&](const auto& setting) { return setting.key == entry.key; });
      if (given == settings.end()) continue;
      entry.given = given->text;
      lines += fmt::format("{}{} = {}", name_of(section, entry), entry.shape == Shape::secret ? "_file" : "",
                           toml_value(entry));
      lines += given->comment.empty() ? "\n" : fmt::format("  # {}\n", given->comment);
    }
    if (lines.empty()) continue;
    if (!out.empty()) out += "\n";
    out += fmt::format("[{}]\n{}", section.name, lines);
  }
  return out;
}

}  // namespace sotto::config
