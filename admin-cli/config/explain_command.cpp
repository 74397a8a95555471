#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "admin-cli/config/config_commands.hpp"
#include "admin-cli/config/programs.hpp"
#include "libs/config/nearest.hpp"

namespace sotto::cli {
namespace {

constexpr int kSchemaVersion = 1;

// A setting as people read it, and the programs that have it so.
struct Explanation {
  std::string key;
  std::string meaning;
  std::string value;
  std::string fallback;
  std::vector<std::string> keys;  // in a file
  std::vector<std::string> flags;
  std::vector<std::string> variables;
  std::vector<std::string> programs;

  [[nodiscard]] bool same_as(const Explanation& other) const {
    return key == other.key && meaning == other.meaning && value == other.value && fallback == other.fallback &&
           flags == other.flags;
  }
};

Explanation explanation_of(const config::Entry& entry) {
  Explanation out{entry.key,   entry.help,   entry.expects,       entry.fallback,
                  {entry.key}, {entry.flag}, {entry.environment}, {}};
  if (entry.shape == config::Shape::secret) {
    out.keys.push_back(entry.key + "_file");
    out.flags = {entry.flag + "-file"};  // a secret itself is no flag
    out.variables.push_back(entry.environment + "_FILE");
  }
  return out;
}

bool names(const std::vector<std::string>& all, const std::string& word) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

bool names(const Explanation& explanation, const std::string& word) {
  // The parser would take a word with dashes for an option of its own.
  return names(explanation.keys, word) || names(explanation.flags, word) || names(explanation.flags, "--" + word) ||
         names(explanation.variables, word);
}

void print(const Explanation& explanation, std::ostream& out) {
  const auto row = [&](const char* what, const std::string& text) { out << fmt::format("  {:<11}  {}\n", what, text); };
  out << explanation.key << '\n';
  row("means", explanation.meaning);
  row("value", explanation.value);
  row("default", explanation.fallback.empty() ? "none" : explanation.fallback);
  row("file", fmt::format("{}", fmt::join(explanation.keys, ", ")));
  row("flag", fmt::format("{}", fmt::join(explanation.flags, ", ")));
  row("environment", fmt::format("{}", fmt::join(explanation.variables, ", ")));
  row("programs", fmt::format("{}", fmt::join(explanation.programs, ", ")));
}

nlohmann::ordered_json to_json(const Explanation& explanation) {
  return {{"key", explanation.key},
          {"meaning", explanation.meaning},
          {"value", explanation.value},
          {"default", explanation.fallback},
          {"file", explanation.keys},
          {"flags", explanation.flags},
          {"environment", explanation.variables},
          {"programs", explanation.programs}};
}

class ExplainCommand final : public Command {
 public:
  explicit ExplainCommand(CLI::App& app) {
    app.add_option("KEY", key_, "A key, flag or variable: queues.quota, SOTTO_QUOTA, or quota for either")->required();
    app.add_option("--program", program_, "Only of this one: server, gateway or queue")
        ->check(CLI::IsMember(program_words()));
    app.add_flag("--json", json_, "One JSON document");
    app.footer(
        "Examples:\n"
        "  sotto config explain queues.quota\n"
        "  sotto config explain SOTTO_IDLE_TIMEOUT\n"
        "  sotto config explain idle-timeout\n"
        "\n"
        "Exit codes: 0 explained, 2 usage, 6 there is no such setting.");
  }

  int run(Console& console) override {
    read_tables();
    std::vector<Explanation> found;
    // A name without its section only when it is nothing else.
    std::copy_if(all_.begin(), all_.end(), std::back_inserter(found),
                 [&](const auto& each) { return names(each, key_); });
    if (found.empty()) {
      std::copy_if(all_.begin(), all_.end(), std::back_inserter(found),
                   [&](const auto& each) { return each.key.ends_with("." + key_); });
    }
    if (found.empty()) return report({ErrorCode::not_found, complaint()}, console);
    if (json_) {
      nlohmann::ordered_json json{{"schemaVersion", kSchemaVersion}, {"settings", nlohmann::ordered_json::array()}};
      for (const auto& each : found) json["settings"].push_back(to_json(each));
      console.out << json.dump(2) << '\n';
      return kExitOk;
    }
    for (const auto& each : found) {
      if (&each != &found.front()) console.out << '\n';
      print(each, console.out);
    }
    return kExitOk;
  }

 private:
  // Rows that several programs have in common become one.
  void read_tables() {
    for (const auto& each : programs()) {
      if (!program_.empty() && each.word != program_) continue;
      each.with_table([&](const config::Table& table) {
        for (const auto& section : table.sections()) {
          for (const auto& entry : section.entries) add(explanation_of(entry), std::string(each.name));
        }
      });
    }
  }

  void add(Explanation explanation, std::string program_name) {
    auto same = std::find_if(all_.begin(), all_.end(), [&](const auto& each) { return each.same_as(explanation); });
    if (same == all_.end()) same = all_.insert(all_.end(), std::move(explanation));
    same->programs.push_back(std::move(program_name));
  }

  [[nodiscard]] std::string complaint() const {
    std::vector<std::string> known;
    for (const auto& each : all_) {
      for (const auto* list : {&each.keys, &each.flags, &each.variables}) {
        known.insert(known.end(), list->begin(), list->end());
      }
    }
    auto nearest = config::nearest_name(key_, known);
    if (nearest.empty()) {
      // A slip in a name without its section.
      std::vector<std::string> last;
      for (const auto& each : all_) last.push_back(each.key.substr(each.key.find('.') + 1));
      nearest = config::nearest_name(key_, last);
    }
    return nearest.empty() ? "there is no such setting; `sotto config defaults` lists all of them"
                           : "there is no such setting; did you mean " + nearest + "?";
  }

  std::string key_;
  std::string program_;
  bool json_ = false;
  std::vector<Explanation> all_;
};

}  // namespace

std::unique_ptr<Command> make_explain_command(CLI::App& app) {
  return std::make_unique<ExplainCommand>(app);
}

}  // namespace sotto::cli
