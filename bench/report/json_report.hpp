// The report as JSON (schemaVersion 2), written and read. bench/README.md says what its members are. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/report/run_record.hpp"

namespace sotto::bench {

std::string to_json(const std::vector<RunRecord>& runs);
// Throws std::runtime_error, with a sentence, for text that is no report of this version.
std::vector<RunRecord> from_json(const std::string& text);

// Files. Both throw std::runtime_error when they cannot.
void write_report(const std::filesystem::path& file, const std::vector<RunRecord>& runs);
std::vector<RunRecord> read_report(const std::filesystem::path& file);

}  // namespace sotto::bench
