// The children of a process, from /proc. Plain functions, any thread.
#pragma once

#include <sys/types.h>

#include <vector>

namespace sotto::test {

// Those that run now, without zombies and without children of children.
std::vector<pid_t> children_of(pid_t parent);

// False once it has ended, also when nobody has asked for its exit code yet.
bool is_running(pid_t process);

}  // namespace sotto::test
