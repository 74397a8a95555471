// The check `metrics`: what the server says of itself over HTTP. One thread.
#pragma once

#include <cstdint>
#include <optional>

#include "admin-cli/doctor/endpoint_connection.hpp"
#include "admin-cli/doctor/finding.hpp"

namespace sotto::cli {

// What to say of the answers of /livez and /readyz. Pure.
Findings judge_health(const Result<HttpAnswer>& live, const Result<HttpAnswer>& ready, const std::string& endpoint);

// Asks both. `listen`: metrics.listen; absent: skipped.
Findings check_metrics(const std::optional<config::Endpoint>& listen);

// How many files the server may open, as its metrics say; nothing when it does not.
std::optional<std::uint64_t> max_files(const std::optional<config::Endpoint>& listen);

}  // namespace sotto::cli
