#include "tests/support/postgres/process_tree.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace sotto::test {
namespace {

struct Status {
  char state = '?';
  pid_t parent = 0;
};

// Nothing when there is no such process.
std::optional<Status> status_of(const std::string& process) {
  std::ifstream in("/proc/" + process + "/stat");
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  // "<pid> (<name>) <state> <parent> …"; the name may hold anything, brackets as well.
  const auto end_of_name = line.rfind(')');
  if (end_of_name == std::string::npos || end_of_name + 4 >= line.size()) return std::nullopt;
  return Status{line[end_of_name + 2], static_cast<pid_t>(std::stol(line.substr(end_of_name + 4)))};
}

}  // namespace

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    const auto status = status_of(name);
    if (status && status->parent == parent && status->state != 'Z') children.push_back(std::stoi(name));
  }
  return children;
}

bool is_running(pid_t process) {
  const auto status = status_of(std::to_string(process));
  return status && status->state != 'Z';
}

}  // namespace sotto::test
