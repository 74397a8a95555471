#include "bench/measure/process_stats.hpp"

#include <unistd.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace sotto::bench {

ProcessStats process_stats(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  const std::string line{std::istreambuf_iterator<char>(in), {}};
  const auto name_end = line.rfind(')');  // the name may hold spaces
  if (name_end == std::string::npos) throw std::runtime_error("no such process");
  std::istringstream rest(line.substr(name_end + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  // proc(5): utime, stime, cutime, cstime and rss are fields 14 to 17 and 24; what follows the name starts with
  // field 3.
  const auto tick = std::chrono::microseconds(1'000'000 / sysconf(_SC_CLK_TCK));
  ProcessStats stats;
  stats.user = tick * (std::stoll(fields.at(11)) + std::stoll(fields.at(13)));
  stats.kernel = tick * (std::stoll(fields.at(12)) + std::stoll(fields.at(14)));
  stats.resident_bytes = std::stoull(fields.at(21)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return stats;
}

void add(ProcessStats& to, const ProcessStats& more) {
  to.user += more.user;
  to.kernel += more.kernel;
  to.resident_bytes += more.resident_bytes;
}

std::chrono::nanoseconds thread_cpu() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace sotto::bench
