#include "libs/config/load.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "libs/config/nearest.hpp"
#include "libs/config/toml_file.hpp"

namespace sotto::config {
namespace {

constexpr std::string_view kPrefix = "SOTTO_";
constexpr std::string_view kTestPrefix = "SOTTO_TEST_";
constexpr std::string_view kConfigFlag = "--config";
constexpr std::string_view kConfigVariable = "SOTTO_CONFIG";
constexpr std::size_t kShownValue = 80;  // characters of a wrong value that a message repeats
constexpr std::string_view kBeforeProblem = "\n  ";

// A value on its way to a setting.
struct Given {
  std::string text;
  Origin origin = Origin::fallback;
  std::string origin_text;
  bool names_file = false;  // of a secret: the text is the path of the file that holds it
};

std::string printable(std::string_view text) {
  std::string shown(text.substr(0, kShownValue));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
  if (text.size() > kShownValue) shown += "…";
  return shown;
}

// Kubernetes and Docker describe a neighbour service called "sotto…" in variables that begin like ours.
bool is_service_link(const std::string& name, const std::string& value) {
  static const std::regex kHostOrPort("SOTTO_(.*_)?SERVICE_(HOST|PORT(_.*)?)");
  static const std::regex kLink("SOTTO_(.*_)?PORT_[0-9]+_(TCP|UDP)(_(PROTO|PORT|ADDR))?");
  const bool is_url = value.starts_with("tcp://") || value.starts_with("udp://");
  return std::regex_match(name, kHostOrPort) || std::regex_match(name, kLink) || (is_url && name.ends_with("PORT"));
}

class Loader {
 public:
  Loader(Table& table, const Sources& sources) : table_(table), sources_(sources) {
    for (auto& section : table_.sections()) {
      for (auto& entry : section.entries) index(entry);
    }
    flags_.insert({std::string(kConfigFlag), nullptr});
    variables_.insert({std::string(kConfigVariable), nullptr});
  }

  Result<Loaded> run() {
    for (const auto& argument : sources_.arguments) {
      if (argument == "--help" || argument == "-h") return Loaded{Request::help, {}};
      if (argument == "--version") return Loaded{Request::version, {}};
    }
    // From weak to strong, so that the later one replaces the earlier; but the name of the file is needed first.
    auto from_flags = read_arguments();
    auto from_environment = read_environment();
    read_file();
    give(std::move(from_environment));
    give(std::move(from_flags));
    for (auto& section : table_.sections()) {
      for (auto& entry : section.entries) settle(entry);
    }
    if (problems_.empty()) {
      for (const auto& rule : table_.rules()) {
        if (auto problem = rule()) problems_.push_back(std::move(*problem));
      }
    }
    if (!problems_.empty()) {
      return Error{ErrorCode::configuration, fmt::format("the configuration cannot be used:{}{}", kBeforeProblem,
                                                         fmt::join(problems_, kBeforeProblem))};
    }
    return std::move(loaded_);
  }

 private:
  using Names = std::map<std::string, Entry*, std::less<>>;
  using Values = std::vector<std::pair<Entry*, Given>>;

  void index(Entry& entry) {
    const bool secret = entry.shape == Shape::secret;
    keys_.insert({entry.key, &entry});
    flags_.insert({entry.flag, &entry});
    variables_.insert({entry.environment, &entry});
    if (secret) {
      file_keys_.insert({entry.key + "_file", &entry});
      file_flags_.insert({entry.flag + "-file", &entry});
      file_variables_.insert({entry.environment + "_FILE", &entry});
    }
  }

  void problem(std::string text) { problems_.push_back(std::move(text)); }

  // "did you mean …" of all names of a kind, or where to look.
  static std::string hint(std::string_view name, std::initializer_list<const Names*> known) {
    std::vector<std::string> names;
    for (const auto* part : known) {
      for (const auto& [candidate, entry] : *part) names.push_back(candidate);
    }
    auto nearest = nearest_name(name, names);
    if (nearest.empty()) {
      // A key without its section, or in another one.
      const auto last = name.substr(name.rfind('.') + 1);
      for (const auto& candidate : names) {
        if (candidate.ends_with(fmt::format(".{}", last))) nearest = candidate;
      }
    }
    return nearest.empty() ? "see --help" : fmt::format("did you mean {}?", nearest);
  }

  Values read_arguments() {
    Values values;
    const auto& arguments = sources_.arguments;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string_view argument = arguments[i];
      const auto equals = argument.find('=');
      const std::string flag(argument.substr(0, equals));
      std::optional<std::string> value;
      if (equals != std::string_view::npos) value = std::string(argument.substr(equals + 1));
      if (!flag.starts_with("--")) {
        problem(fmt::format("the argument \"{}\" is no flag: write --name=value; see --help", printable(flag)));
        continue;
      }
      if (flag == "--check-config") {
        loaded_.request = Request::check_config;
        continue;
      }
      const auto known = flags_.find(flag);
      const auto file = file_flags_.find(flag);
      if (known == flags_.end() && file == file_flags_.end()) {
        problem(fmt::format("the flag {} is unknown: {}", printable(flag), hint(flag, {&flags_, &file_flags_})));
        // Its value is not another mistake.
        if (!value && i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) ++i;
        continue;
      }
      Entry* entry = known == flags_.end() ? file->second : known->second;
      const bool is_switch = entry != nullptr && entry->shape == Shape::boolean;
      if (!value && is_switch) value = "true";
      if (!value && i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) value = arguments[++i];
      if (entry != nullptr && entry->shape == Shape::secret && known != flags_.end()) {
        problem(
            fmt::format("{} is a secret and no flag: every user of the machine can read command lines; set {}_FILE "
                        "to the path of a file that holds it, or {}",
                        entry->key, entry->environment, entry->environment));
        continue;
      }
      if (!value) {
        problem(fmt::format("the flag {} has no value: write {}=value", flag, flag));
        continue;
      }
      if (!seen_flags_.insert({flag, entry}).second) {
        problem(fmt::format("the flag {} is given twice: give it once", flag));
        continue;
      }
      if (entry == nullptr) {
        config_path_ = *value;
        config_origin_ = "flag --config";
      } else {
        values.push_back({entry, {*value, Origin::flag, "flag " + flag, file != file_flags_.end()}});
      }
    }
    return values;
  }

  Values read_environment() {
    Values values;
    std::map<const Entry*, std::string> seen;
    for (const auto& [name, value] : sources_.environment) {
      if (!name.starts_with(kPrefix) || name.starts_with(kTestPrefix) || value.empty()) continue;
      if (is_service_link(name, value)) continue;
      if (name == kConfigVariable) {
        if (config_path_.empty()) {
          config_path_ = value;
          config_origin_ = "environment SOTTO_CONFIG";
        }
        continue;
      }
      const auto known = variables_.find(name);
      const auto file = file_variables_.find(name);
      if (known == variables_.end() && file == file_variables_.end()) {
        problem(fmt::format("the environment variable {} is unknown: {}", printable(name),
                            hint(name, {&variables_, &file_variables_})));
        continue;
      }
      Entry* entry = known == variables_.end() ? file->second : known->second;
      if (const auto [other, first] = seen.insert({entry, name}); !first) {
        problem(fmt::format("{} is set by both {} and {}: unset one of them", entry->key, other->second, name));
        continue;
      }
      values.push_back({entry, {value, Origin::environment, "environment " + name, file != file_variables_.end()}});
    }
    return values;
  }

  void read_file() {
    if (config_path_.empty()) return;
    const std::filesystem::path path(config_path_);
    auto values = read_toml_file(path);
    if (!values) {
      problem(fmt::format("the configuration file ({}) {}; give the path of a readable TOML file", config_origin_,
                          values.error().message));
      return;
    }
    std::map<const Entry*, std::string> seen;
    for (auto& value : *values) {
      const auto known = keys_.find(value.key);
      const auto file = file_keys_.find(value.key);
      if (known == keys_.end() && file == file_keys_.end()) {
        problem(fmt::format("{} ({}) is unknown: {}", printable(value.key), value.origin,
                            hint(value.key, {&keys_, &file_keys_})));
        continue;
      }
      Entry* entry = known == keys_.end() ? file->second : known->second;
      if (!value.usable) {
        problem(fmt::format("{} ({}) is neither text, number, true, false nor a list of them; give {}", value.key,
                            value.origin, entry->expects));
        continue;
      }
      if (const auto [other, first] = seen.insert({entry, value.key}); !first) {
        problem(fmt::format("{} is set by both {} and {} ({}): remove one of them", entry->key, other->second,
                            value.key, value.origin));
        continue;
      }
      const bool names_file = file != file_keys_.end();
      if (entry->shape == Shape::secret && !names_file) warn_when_public(path, *entry, value.origin);
      given_[entry] = {std::move(value.text), Origin::file, std::move(value.origin), names_file};
    }
  }

  void warn_when_public(const std::filesystem::path& path, const Entry& entry, const std::string& origin) {
    std::error_code failed;  // the file was just read; when it cannot be asked about now there is nothing to warn of
    const auto permissions = std::filesystem::status(path, failed).permissions();
    if (failed || (permissions & std::filesystem::perms::others_read) == std::filesystem::perms::none) return;
    loaded_.warnings.push_back(
        fmt::format("{} ({}) is in a file that every user of the machine can read: take that right away (chmod o= {}), "
                    "or use {}_file",
                    entry.key, origin, path.string(), entry.key));
  }

  void give(Values&& values) {
    for (auto& [entry, given] : values) given_[entry] = std::move(given);
  }

  // Decides on one setting.
  void settle(Entry& entry) {
    Given given{entry.fallback, Origin::fallback, "default", false};
    if (const auto found = given_.find(&entry); found != given_.end()) given = std::move(found->second);
    entry.origin = given.origin;
    entry.origin_text = given.origin_text;
    const bool secret = entry.shape == Shape::secret;
    if (!secret) entry.given = given.text;
    if (given.names_file && !read_secret(entry, given)) return;
    const auto assigned = entry.assign(given.text);
    if (!assigned) {
      problem(fmt::format("{}{} ({}) {}; give {}", entry.key,
                          secret ? "" : fmt::format(" = \"{}\"", printable(given.text)), given.origin_text,
                          assigned.error().message, entry.expects));
    }
    if (secret) wipe({reinterpret_cast<std::uint8_t*>(given.text.data()), given.text.size()});
  }

  // Replaces the path in `given` by what the file holds.
  bool read_secret(const Entry& entry, Given& given) {
    auto content = read_text_file(given.text);
    if (!content) {
      problem(fmt::format("{} ({}): {}; give the path of a readable file that holds it", entry.key, given.origin_text,
                          content.error().message));
      return false;
    }
    if (content->ends_with('\n')) content->pop_back();
    if (content->ends_with('\r')) content->pop_back();
    if (content->empty()) {
      problem(fmt::format("{} ({}): {} is empty; write the secret to it", entry.key, given.origin_text, given.text));
      return false;
    }
    given.text = std::move(*content);
    return true;
  }

  Table& table_;
  const Sources& sources_;
  Loaded loaded_;
  std::vector<std::string> problems_;
  std::string config_path_;
  std::string config_origin_;
  Names keys_;
  Names flags_;
  Names variables_;
  // The names that give the path of a file with a secret.
  Names file_keys_;
  Names file_flags_;
  Names file_variables_;
  Names seen_flags_;
  std::map<const Entry*, Given> given_;
};

}  // namespace

Sources sources_of(int argc, const char* const* argv, const char* const* environment) {
  Sources sources;
  for (int i = 1; i < argc; ++i) sources.arguments.emplace_back(argv[i]);
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view variable = *environment;
    const auto equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    sources.environment.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return sources;
}

Result<Loaded> load(Table& table, const Sources& sources) {
  return Loader(table, sources).run();
}

std::vector<std::string> problems_of(const Error& failure) {
  std::vector<std::string> problems;
  std::string_view rest = failure.message;
  auto start = rest.find(kBeforeProblem);
  while (start != std::string_view::npos) {
    rest.remove_prefix(start + kBeforeProblem.size());
    start = rest.find(kBeforeProblem);
    problems.emplace_back(rest.substr(0, start));
  }
  return problems;
}

}  // namespace sotto::config
