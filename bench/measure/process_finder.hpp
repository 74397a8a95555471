// Which processes run a program, by its name. Looks at /proc; any thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace sotto::bench {

// Ids of the processes of program `name`, in order: those whose name the kernel knows as such (15 characters of it), or
// whose command line starts with that program; and all their descendants (sessions of PostgreSQL have names of their
// own). Not this process. Of other users' processes, too. `proc`: for tests.
std::vector<pid_t> find_processes(const std::string& name, const std::filesystem::path& proc = "/proc");

}  // namespace sotto::bench
