// Child: a process that a test starts, watches and ends. What it writes to standard output and standard error goes to a
// log file. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace sotto::test {

class Child {
 public:
  struct Options {
    std::vector<std::string> arguments;       // the program first: a path, or a name that is looked up in PATH
    std::vector<std::string> environment;     // "NAME=value"; besides, PATH and the sanitizers' options are inherited
    std::filesystem::path log;                // appended to
    std::string user;                         // when we are root: runs as this user (with its own group); empty: as we
    std::filesystem::path working_directory;  // empty: ours
  };

  // Starts it. Throws when it cannot fork; a program that does not exist ends with exit code 127.
  explicit Child(Options options);
  // SIGKILL, when it still runs.
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // SIGTERM, SIGSTOP, SIGCONT …
  void signal(int number) const;
  // Whether it still runs. Once it does not, its exit code is what wait() returns.
  [[nodiscard]] bool running();
  // Waits for its end and returns the exit code (128 + number when a signal ended it). Throws when it does not end.
  int wait(std::chrono::seconds timeout = std::chrono::seconds(30));
  // SIGKILL, and waits. Nothing when it has ended.
  void kill();
  // All that was written to the log so far, of this start and of those before.
  [[nodiscard]] std::string log() const;

 private:
  Options options_;
  pid_t pid_ = -1;
  int exit_code_ = 0;
};

// Waits until `condition` holds, looking a few hundred times a second. Throws, naming `what`, after the timeout.
void wait_until(const std::string& what, const std::function<bool()>& condition,
                std::chrono::seconds timeout = std::chrono::seconds(30));

}  // namespace sotto::test
