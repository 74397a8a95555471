#include "bench/measure/process_finder.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

namespace sotto::bench {
namespace {

constexpr std::size_t kKernelName = 15;  // characters that /proc/…/comm keeps

struct Seen {
  pid_t pid = 0;
  pid_t parent = 0;
  bool named = false;
};

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has_name(const std::filesystem::path& directory, const std::string& stat_name, const std::string& name) {
  if (stat_name == name.substr(0, kKernelName) && name.size() <= kKernelName) return true;
  // "program\0argument\0…"; a program may also write over it, as "postgres: writer".
  const auto line = content(directory / "cmdline");
  const auto program = line.substr(0, line.find('\0'));
  return std::filesystem::path(program).filename() == name;
}

// Nothing of a process that has ended meanwhile.
bool look(const std::filesystem::path& directory, pid_t pid, const std::string& name, Seen& seen) {
  const auto stat = content(directory / "stat");
  const auto open = stat.find('(');
  const auto close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return false;
  std::istringstream rest(stat.substr(close + 1));
  std::string state;
  seen.pid = pid;
  rest >> state >> seen.parent;
  seen.named = has_name(directory, stat.substr(open + 1, close - open - 1), name);
  return static_cast<bool>(rest);
}

}  // namespace

std::vector<pid_t> find_processes(const std::string& name, const std::filesystem::path& proc) {
  std::multimap<pid_t, pid_t> children;
  std::vector<pid_t> open;
  std::error_code ended;
  for (const auto& entry : std::filesystem::directory_iterator(proc, ended)) {
    const auto text = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc() || end != text.data() + text.size() || pid == getpid()) continue;
    Seen seen;
    if (!look(entry.path(), pid, name, seen)) continue;
    children.emplace(seen.parent, pid);
    if (seen.named) open.push_back(pid);
  }
  std::set<pid_t> found;
  while (!open.empty()) {
    const auto pid = open.back();
    open.pop_back();
    if (!found.insert(pid).second) continue;
    const auto [first, last] = children.equal_range(pid);
    for (auto child = first; child != last; ++child) open.push_back(child->second);
  }
  return {found.begin(), found.end()};
}

}  // namespace sotto::bench
