// What a process has used so far, as the kernel counts it, with those of its children that have ended. Any thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace sotto::bench {

struct ProcessStats {
  std::chrono::microseconds user{0};    // CPU time in the program, 10 ms steps
  std::chrono::microseconds kernel{0};  // CPU time in the kernel for it
  std::uint64_t resident_bytes = 0;
  [[nodiscard]] std::chrono::microseconds cpu() const { return user + kernel; }
};

// Throws when there is no such process.
ProcessStats process_stats(pid_t pid);
// Adds up.
void add(ProcessStats& to, const ProcessStats& more);
// CPU time of this thread.
std::chrono::nanoseconds thread_cpu();

}  // namespace sotto::bench
