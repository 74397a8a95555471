#include "admin-cli/config/ini_file.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sotto::cli {
namespace {

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

class Parser {
 public:
  void take(std::string_view line) {
    ++line_;
    line = stripped(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') return;
    if (line.front() == '[' && line.back() == ']') {
      section_ = stripped(line.substr(1, line.size() - 2));
      return;
    }
    const auto separator = line.find_first_of("=:");
    const auto key = stripped(line.substr(0, separator));
    if (separator == std::string_view::npos || key.empty()) return complain("is no setting: key = value");
    if (section_.empty()) return complain("stands before the first [SECTION]");
    IniValue value{section_, std::string(key), std::string(stripped(line.substr(separator + 1))), line_};
    const auto same = [&](const auto& each) { return each.section == value.section && each.key == value.key; };
    if (std::any_of(values_.begin(), values_.end(), same)) return complain(value.name() + " is there twice");
    values_.push_back(std::move(value));
  }

  Result<std::vector<IniValue>> finish() {
    if (values_.empty() && problems_.empty()) problems_.emplace_back("there is no setting in it");
    if (problems_.empty()) return std::move(values_);
    return Error{ErrorCode::configuration, fmt::format("{}", fmt::join(problems_, "\n"))};
  }

 private:
  void complain(const std::string& what) { problems_.push_back(fmt::format("line {}: {}", line_, what)); }

  int line_ = 0;
  std::string section_;
  std::vector<IniValue> values_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<std::vector<IniValue>> parse_ini(std::string_view text) {
  Parser parser;
  while (!text.empty()) {
    const auto end = text.find('\n');
    parser.take(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parser.finish();
}

}  // namespace sotto::cli
