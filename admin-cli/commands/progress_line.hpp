// ProgressLine: what a command is doing and for how long, on the last line of a terminal, renewed every second. Nothing
// is shown where standard error is none. Part of a command, made, used and destroyed by its thread; while it shows
// something only it may write to the console.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "admin-cli/commands/console.hpp"

namespace sotto::cli {

class ProgressLine {
 public:
  explicit ProgressLine(Console& console, std::chrono::milliseconds interval = std::chrono::seconds(1));
  // Clears.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // From now on, instead of what was shown.
  void show(std::string what);
  // The line is empty, and the console the caller's again.
  void clear();

 private:
  void run();
  void write();  // with mutex_ held

  Console& console_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  std::string what_;  // empty: nothing is shown
  std::chrono::steady_clock::time_point since_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sotto::cli
