#include "libs/runtime/process_settings.hpp"

#include <fmt/format.h>

#include "libs/config/document.hpp"
#include "libs/runtime/version.hpp"

namespace sotto::runtime {

using std::chrono::hours;
using std::chrono::milliseconds;

void process_rows(config::Table& table, ProcessSettings& settings) {
  table.section("log", "Log");
  table.choice({"level", "log-level", "info", "The least important lines that are written to standard error."},
               {{"trace", log::Level::trace},
                {"debug", log::Level::debug},
                {"info", log::Level::info},
                {"warning", log::Level::warning},
                {"error", log::Level::error}},
               settings.log_level);
  table.choice({"format", "log-format", "text", "Lines for people, or one JSON object a line."},
               {{"text", log::Format::text}, {"json", log::Format::json}}, settings.log_format);
  table.section("metrics", "Metrics");
  table.endpoint({"listen", "metrics-listen", "",
                  "Where Prometheus finds /metrics, over HTTP without protection. Empty: nowhere."},
                 settings.metrics_listen);
  table.section("shutdown", "Shutdown");
  table.duration(
      {"announce_time", "announce-time", "0",
       "After SIGTERM or SIGINT, first: how long everything goes on, with /readyz saying no, so that balancers "
       "notice. A second signal ends at once."},
      {milliseconds(0), hours(1)}, settings.announce_time);
  table.duration(
      {"drain_time", "drain-time", "10s", "Then: how long requests under way may take. A second signal ends at once."},
      {milliseconds(0), hours(1)}, settings.drain_time);
}

Result<LoadedTable> load_table(config::Table& table, int argc, const char* const* argv,
                               const char* const* environment) {
  auto loaded = config::load(table, config::sources_of(argc, argv, environment));
  if (!loaded) return loaded.error();
  LoadedTable result{loaded->request, std::move(loaded->warnings), {}};
  switch (result.request) {
    case config::Request::help:
      result.text = config::help_text(table);
      break;
    case config::Request::version:
      result.text = fmt::format("{} {}\n", table.program().name, version());
      break;
    case config::Request::check_config:
      result.text = config::effective_settings(table);
      break;
    case config::Request::run:
      break;
  }
  return result;
}

}  // namespace sotto::runtime
