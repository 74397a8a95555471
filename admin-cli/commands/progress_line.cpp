#include "admin-cli/commands/progress_line.hpp"

#include <utility>

namespace sotto::cli {
namespace {

constexpr const char* kEmptyLine = "\r\033[K";

}  // namespace

ProgressLine::ProgressLine(Console& console, std::chrono::milliseconds interval)
    : console_(console), interval_(interval) {
  if (console_.error_terminal) thread_ = std::thread([this] { run(); });
}

ProgressLine::~ProgressLine() {
  clear();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ProgressLine::show(std::string what) {
  if (!console_.error_terminal) return;
  const std::lock_guard lock(mutex_);
  what_ = std::move(what);
  since_ = std::chrono::steady_clock::now();
  write();
}

void ProgressLine::clear() {
  const std::lock_guard lock(mutex_);
  if (what_.empty()) return;
  what_.clear();
  console_.err << kEmptyLine;
  console_.err.flush();
}

void ProgressLine::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval_, [this] { return stopping_; })) {
    if (!what_.empty()) write();
  }
}

void ProgressLine::write() {
  const auto passed = std::chrono::steady_clock::now() - since_;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(passed).count();
  console_.err << kEmptyLine << what_;
  if (seconds > 0) console_.err << ", " << seconds << " s";
  console_.err.flush();
}

}  // namespace sotto::cli
