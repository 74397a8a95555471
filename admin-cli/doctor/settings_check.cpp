#include "admin-cli/doctor/settings_check.hpp"

namespace sotto::cli {

Findings check_settings(const Subject& subject) {
  const std::string program(subject.program);
  Findings findings;
  for (const auto& problem : subject.problems) {
    findings.push_back(failed(problem, "correct it in " + subject.source + ": " + program + " does not start with it"));
  }
  for (const auto& text : subject.warnings) {
    findings.push_back(warning(text, "change it in " + subject.source + ", unless it is meant so"));
  }
  if (findings.empty()) findings.push_back(fine(subject.source + " can be used by " + program));
  return findings;
}

}  // namespace sotto::cli
