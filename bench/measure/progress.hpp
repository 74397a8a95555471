// Progress: how far a scenario has come: a line on a terminal, written over and over, and gone at the end. Also what
// tells that a server has stopped answering: nothing is done any more. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace sotto::bench {

class Progress {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `what`: for people, such as "messages, 16 pairs". Writes to standard error, when that is a terminal.
  Progress(std::string what, std::uint64_t total);
  // To `out`, whatever it is; null: nowhere.
  Progress(std::string what, std::uint64_t total, std::FILE* out);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(std::uint64_t count = 1) { done_ += count; }
  [[nodiscard]] std::uint64_t done() const { return done_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] bool complete() const { return done_ >= total_; }

  // Writes the line, at most five times a second.
  void show(Time now = std::chrono::steady_clock::now());
  // Since when nothing more was done, as far as show() was called.
  [[nodiscard]] std::chrono::steady_clock::duration stalled(Time now) const { return now - moved_; }

 private:
  void clear();

  const std::string what_;
  const std::uint64_t total_;
  std::FILE* const out_;
  const Time begin_;
  std::uint64_t done_ = 0;
  std::uint64_t seen_ = 0;
  Time moved_;
  Time shown_;
  std::size_t width_ = 0;  // of the line that stands there
};

}  // namespace sotto::bench
