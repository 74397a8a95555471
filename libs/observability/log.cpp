#include "libs/observability/log.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "libs/observability/log_line.hpp"

namespace sotto::log {
namespace {

// Where lines go when a test listens.
class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> function) : function_(std::move(function)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    function_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

  std::function<void(std::string_view)> function_;
};

// Constant after construction except the atomics; the logger's sink synchronises itself.
class State {
 public:
  State() : standard_error_(std::make_shared<spdlog::sinks::stderr_sink_mt>()) { use(standard_error_); }

  void configure(Level least, Format format) {
    least_.store(least, std::memory_order_relaxed);
    format_.store(format, std::memory_order_relaxed);
  }

  void set_sink(std::function<void(std::string_view)> sink) {
    if (sink) {
      use(std::make_shared<FunctionSink>(std::move(sink)));
    } else {
      use(standard_error_);
    }
  }

  [[nodiscard]] bool enabled(Level level) const { return level >= least_.load(std::memory_order_relaxed); }

  void write(Level level, std::string_view message, Fields fields) {
    const auto now = std::chrono::system_clock::now();
    const auto line = format_.load(std::memory_order_relaxed) == Format::json ? json_line(now, level, message, fields)
                                                                              : text_line(now, level, message, fields);
    const std::shared_ptr<spdlog::logger> logger = std::atomic_load(&logger_);
    // The line is complete: spdlog only serialises and writes it, so its own levels and patterns are out of the way.
    logger->log(spdlog::level::critical, spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  void use(const spdlog::sink_ptr& sink) {
    auto logger = std::make_shared<spdlog::logger>("sotto", sink);
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    logger->flush_on(spdlog::level::trace);
    std::atomic_store(&logger_, std::move(logger));
  }

  std::atomic<Level> least_{Level::info};
  std::atomic<Format> format_{Format::text};
  const spdlog::sink_ptr standard_error_;
  std::shared_ptr<spdlog::logger> logger_;
};

State& state() {
  // Never destroyed: threads may log while the process ends.
  static auto* const instance = new State;  // NOLINT(cppcoreguidelines-owning-memory)
  return *instance;
}

}  // namespace

void configure(Level least, Format format) {
  state().configure(least, format);
}

void set_sink(std::function<void(std::string_view line)> sink) {
  state().set_sink(std::move(sink));
}

bool enabled(Level level) {
  return state().enabled(level);
}

void write(Level level, std::string_view message, Fields fields) {
  if (enabled(level)) state().write(level, message, fields);
}

void error(std::string_view message, const Error& cause) {
  write(Level::error, message, {{"error", error_row(cause.code).name}, {"cause", cause.message}});
}

}  // namespace sotto::log
