#include "admin-cli/doctor/metrics_check.hpp"

#include <cstdlib>
#include <sstream>

namespace sotto::cli {
namespace {

constexpr int kOk = 200;
constexpr int kUnavailable = 503;

Finding no_answer(const std::string& url, const Result<HttpAnswer>& answer) {
  const auto why = answer ? "status " + std::to_string(answer->status) : answer.error().message;
  return failed(url + ": " + why,
                answer ? "see what listens there: it is not the server"
                       : "start the server; when it runs and does not answer, see its log and restart it");
}

bool is_asked(const std::optional<config::Endpoint>& listen) {
  return listen && listen->port != 0;
}

}  // namespace

Findings judge_health(const Result<HttpAnswer>& live, const Result<HttpAnswer>& ready, const std::string& endpoint) {
  const auto url = [&](const char* path) { return "http://" + endpoint + path; };
  if (!live || live->status != kOk) return {no_answer(url("/livez"), live)};
  if (!ready || (ready->status != kOk && ready->status != kUnavailable)) return {no_answer(url("/readyz"), ready)};
  if (ready->status == kOk) return {fine("the server says at " + endpoint + " that it is live and ready")};
  Findings findings;
  std::istringstream lines(ready->body);
  constexpr std::string_view kFailed = "failed ";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kFailed)) continue;
    findings.push_back(failed("the server is not ready: " + line.substr(kFailed.size()),
                              "mend what it names; the server becomes ready by itself"));
  }
  if (findings.empty()) findings.push_back(failed("the server is not ready", "see what it logs"));
  return findings;
}

Findings check_metrics(const std::optional<config::Endpoint>& listen) {
  if (!listen) return {skipped("metrics.listen is not set: the server tells nobody how it is")};
  if (!is_asked(listen)) return {skipped("the system chooses the port of metrics.listen")};
  const auto at = reached_at(*listen);
  const auto live = http_get(at, "/livez");
  // Who does not answer the one does not answer the other: it is not waited for again.
  return judge_health(live, live ? http_get(at, "/readyz") : live, config::format_endpoint(at));
}

std::optional<std::uint64_t> max_files(const std::optional<config::Endpoint>& listen) {
  if (!is_asked(listen)) return std::nullopt;
  const auto answer = http_get(reached_at(*listen), "/metrics");
  constexpr std::string_view kName = "\nprocess_max_fds ";
  if (!answer || answer->status != kOk) return std::nullopt;
  const auto at = answer->body.find(kName);
  if (at == std::string::npos) return std::nullopt;
  // Prometheus writes large numbers with an exponent.
  const double value = std::strtod(answer->body.c_str() + at + kName.size(), nullptr);
  if (!(value > 0 && value < 1e15)) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

}  // namespace sotto::cli
