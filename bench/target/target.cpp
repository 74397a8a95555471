#include "bench/target/target.hpp"

#include <exception>

namespace sotto::bench {

Target::Part part_of(std::string name, const std::vector<pid_t>& pids) {
  Target::Part part{.name = std::move(name), .processes = 0, .stats = {}};
  for (const auto pid : pids) {
    try {
      add(part.stats, process_stats(pid));
      ++part.processes;
    } catch (const std::exception&) {
      continue;
    }
  }
  return part;
}

}  // namespace sotto::bench
