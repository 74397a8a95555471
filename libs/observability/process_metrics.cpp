#include "libs/observability/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

namespace sotto::metrics {
namespace {

// Fields of /proc/self/stat (proc(5)) that follow the name of the program, counted from the state as number 0.
struct Stat {
  std::uint64_t user_ticks = 0;      // 11
  std::uint64_t system_ticks = 0;    // 12
  std::uint64_t threads = 0;         // 17
  std::uint64_t start_ticks = 0;     // 19, since the machine started
  std::uint64_t virtual_bytes = 0;   // 20
  std::uint64_t resident_pages = 0;  // 21
};

// All zero when /proc is not mounted.
Stat read_stat() {
  std::ostringstream text;
  text << std::ifstream("/proc/self/stat").rdbuf();
  const auto line = text.str();
  Stat stat;
  const auto name_end = line.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return stat;
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  for (int i = 0; fields >> field; ++i) {
    const auto number = [&field] {
      std::uint64_t value = 0;
      std::istringstream(field) >> value;
      return value;
    };
    if (i == 11) stat.user_ticks = number();
    if (i == 12) stat.system_ticks = number();
    if (i == 17) stat.threads = number();
    if (i == 19) stat.start_ticks = number();
    if (i == 20) stat.virtual_bytes = number();
    if (i == 21) stat.resident_pages = number();
  }
  return stat;
}

double ticks_per_second() {
  return static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  return error ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

double max_files() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

// When the machine started, in seconds since 1970.
double boot_seconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

}  // namespace

void expose_process(Metrics& metrics, const std::string& component, const std::string& version) {
  metrics.gauge("smp_build_info", "1; which program this is.", {{"component", component}, {"version", version}}).set(1);
  const auto start = boot_seconds() + static_cast<double>(read_stat().start_ticks) / ticks_per_second();
  metrics.gauge("process_start_time_seconds", "When the process started, seconds since 1970.").set(start);
  metrics.callback_counter("process_cpu_seconds_total", "CPU time of all threads.", [] {
    const auto stat = read_stat();
    return static_cast<double>(stat.user_ticks + stat.system_ticks) / ticks_per_second();
  });
  metrics.callback_gauge("process_resident_memory_bytes", "Memory in use.", [] {
    return static_cast<double>(read_stat().resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  });
  metrics.callback_gauge("process_virtual_memory_bytes", "Address space in use.",
                         [] { return static_cast<double>(read_stat().virtual_bytes); });
  metrics.callback_gauge("process_threads", "Threads.", [] { return static_cast<double>(read_stat().threads); });
  metrics.callback_gauge("process_open_fds", "Files and sockets that are open.", open_files);
  metrics.callback_gauge("process_max_fds", "Files and sockets that may be open.", max_files);
}

}  // namespace sotto::metrics
