// Table: the settings of a program, one row each, bound to the fields of a struct. From the same rows come the flags,
// the environment variables, the keys of the TOML file, all checks, --help and docs/configuration.md.
//
//   struct Settings { std::vector<std::uint16_t> ports; std::chrono::milliseconds idle{}; } settings;
//   Table table({"my-server", "What it is."});
//   table.section("transport", "Where the server listens");
//   table.ports({"ports", "ports", "5223,443", "TCP ports to listen on"}, settings.ports);
//   table.duration({"idle", "idle", "6h", "…"}, {0ms, 24h}, settings.idle);
//   auto loaded = load(table, sources);  // load.hpp; fills the struct
//
// The rows above are `--ports`, `SOTTO_PORTS` and `transport.ports`. A flag goes before the environment, the
// environment before the file, the file before the default.
//
// Owned by whoever fills it; the targets must outlive it. One thread.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"
#include "libs/config/value.hpp"

namespace sotto::config {

struct Program {
  std::string name;
  std::string summary;  // one or two sentences for --help
};

struct Row {
  std::string name;      // within the section: `ports` of `transport.ports`
  std::string flag;      // without dashes; the environment variable is made from it: SOTTO_ and upper case
  std::string fallback;  // the default, as one would write it
  std::string help;      // one line: what it does, what a special value (0, empty) means
};

enum class Origin : std::uint8_t { fallback, file, environment, flag };

// How a value looks in TOML.
enum class Shape : std::uint8_t { text, boolean, number, numbers, texts, secret };

struct Entry {
  std::string key;          // transport.ports
  std::string flag;         // --ports
  std::string environment;  // SOTTO_PORTS
  std::string fallback;
  std::string help;
  std::string expects;  // "a duration from 1s to 7d, for example 90s": the remedy in every message and in the docs
  Shape shape = Shape::text;
  // Reads the text and sets the target, or says what is wrong with it (value.hpp).
  std::function<Status(std::string_view)> assign;

  // Set by load().
  Origin origin = Origin::fallback;
  std::string origin_text;  // "default", "sotto.toml:12", "environment SOTTO_PORTS", "flag --ports"
  std::string given;        // as it was written; empty for secrets
};

struct Section {
  std::string name;
  std::string title;
  std::vector<Entry> entries;
};

// What is wrong with several settings together, for example a range that ends before it begins.
using Rule = std::function<std::optional<std::string>()>;

// As a plain number too large for any use, so that a bound need not be invented.
inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

class Table {
 public:
  explicit Table(Program program) : program_(std::move(program)) {}
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  Table(Table&&) = default;
  Table& operator=(Table&&) = default;
  ~Table() = default;

  // Rows that follow belong to it.
  void section(std::string name, std::string title);

  void text(Row row, std::string expects, std::string& target);
  void path(Row row, std::filesystem::path& target);
  void boolean(Row row, bool& target);
  void duration(Row row, Bounds<std::chrono::milliseconds> bounds, std::chrono::milliseconds& target);
  void size(Row row, Bounds<std::uint64_t> bounds, std::uint64_t& target);
  void ports(Row row, std::vector<std::uint16_t>& target);
  void addresses(Row row, std::vector<std::string>& target);
  void endpoint(Row row, std::optional<Endpoint>& target);
  // At least one, unless the default is none.
  void endpoints(Row row, std::vector<Endpoint>& target);
  void range(Row row, Bounds<std::uint16_t> bounds, Range& target);

  template <std::integral T>
  void integer(const Row& row, Bounds<T> bounds, T& target) {
    const Bounds<std::int64_t> wide{static_cast<std::int64_t>(bounds.min), static_cast<std::int64_t>(bounds.max)};
    add_integer(row, wide, [&target](std::int64_t value) { target = static_cast<T>(value); });
  }

  template <class T>
  void choice(const Row& row, std::initializer_list<std::pair<std::string_view, T>> choices, T& target) {
    std::vector<std::string> names;
    std::vector<T> values;
    for (const auto& [name, value] : choices) {
      names.emplace_back(name);
      values.push_back(value);
    }
    add_choice(row, std::move(names),
               [&target, values = std::move(values)](std::size_t index) { target = values[index]; });
  }

  // A secret has no flag: other users of the machine can read command lines. It comes from the variable, from the file
  // that SOTTO_…_FILE, --…-file or the key …_file names (one line break at its end is cut), or from the TOML file. An
  // empty default means that there is none. `problem` may refuse what was given: it answers what is wrong, or an empty
  // text.
  void secret(Row row, std::string expects, std::string (*problem)(std::string_view),
              std::optional<SecretString>& target);

  // Asked in order when every single setting is right.
  void rule(Rule rule) { rules_.push_back(std::move(rule)); }

  [[nodiscard]] const Program& program() const { return program_; }
  [[nodiscard]] std::span<const Section> sections() const { return sections_; }
  [[nodiscard]] std::span<Section> sections() { return sections_; }
  [[nodiscard]] std::span<const Rule> rules() const { return rules_; }
  // Where the value came from. Precondition: a row has this key.
  [[nodiscard]] Origin origin(std::string_view key) const;

 private:
  Entry& add(Row row, Shape shape, std::string expects);
  void add_integer(Row row, Bounds<std::int64_t> bounds, std::function<void(std::int64_t)> set);
  void add_choice(Row row, std::vector<std::string> names, std::function<void(std::size_t)> set);

  Program program_;
  std::vector<Section> sections_;
  std::vector<Rule> rules_;
};

}  // namespace sotto::config
