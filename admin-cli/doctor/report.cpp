#include "admin-cli/doctor/report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "admin-cli/commands/console.hpp"
#include "libs/base/error.hpp"

namespace sotto::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

std::string_view word_of(State state) {
  switch (state) {
    case State::skipped:
      return "skipped";
    case State::ok:
      return "ok";
    case State::warning:
      return "warning";
    case State::failed:
      break;
  }
  return "failed";
}

// The worst first; others stay in their order.
Findings by_state(Findings findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.state > b.state; });
  return findings;
}

std::size_t count(const std::vector<Check>& checks, State state) {
  return static_cast<std::size_t>(std::count_if(checks.begin(), checks.end(),
                                                [&](const Check& check) { return state_of(check.findings) == state; }));
}

}  // namespace

std::string to_text(const std::vector<Check>& checks) {
  std::string out;
  for (const auto& check : checks) {
    for (const auto& finding : by_state(check.findings)) {
      out += fmt::format("{:<7}  {:<13}  {}\n", word_of(finding.state), check.name, finding.seen);
      if (!finding.remedy.empty()) out += fmt::format("{:24}-> {}\n", "", finding.remedy);
    }
  }
  return out + fmt::format("{} ok, {} with warnings, {} failed, {} skipped\n", count(checks, State::ok),
                           count(checks, State::warning), count(checks, State::failed), count(checks, State::skipped));
}

std::string to_json(std::string_view program, const std::vector<Check>& checks) {
  Json json{{"schemaVersion", kSchemaVersion},
            {"program", program},
            {"healthy", exit_code_of(checks) == kExitOk},
            {"exitCode", exit_code_of(checks)},
            {"checks", Json::array()}};
  for (const auto& check : checks) {
    Json findings = Json::array();
    for (const auto& finding : by_state(check.findings)) {
      Json one{{"state", word_of(finding.state)}, {"seen", finding.seen}};
      if (!finding.remedy.empty()) one["remedy"] = finding.remedy;
      findings.push_back(std::move(one));
    }
    json["checks"].push_back(
        {{"name", check.name}, {"state", word_of(state_of(check.findings))}, {"findings", std::move(findings)}});
  }
  // Names of files, and what others answered, may be no UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

int exit_code_of(const std::vector<Check>& checks) {
  return count(checks, State::failed) == 0 ? kExitOk : error_row(ErrorCode::check_failed).exit_code;
}

}  // namespace sotto::cli
