// Program: one of our programs (or any other) as a process whose output is kept, for tests of what only a process
// shows. Server: sotto-server with nothing set but what the test says. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "libs/smp-client/connect_options.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::test {

using Texts = std::vector<std::string>;

// Paths of the programs that were built.
std::string server_program();
std::string cli_program();

class Program {
 public:
  // `arguments` without the name of the program, which is looked for in PATH when it has no slash. `environment`: all
  // variables, but PATH and what sanitizers read. `input`: what it reads from standard input.
  Program(const std::string& path, Texts arguments, Texts environment = {}, const std::string& input = {});
  // Kills it when it still runs.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const;
  // Waits for its end and returns the exit code (128 + number when a signal ended it). Throws when it does not end.
  int wait(std::chrono::seconds timeout = std::chrono::seconds(60));
  [[nodiscard]] bool running();
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;

 private:
  void start(Texts arguments, Texts environment);

  TempDir directory_;
  pid_t pid_ = -1;
  int exit_code_ = -1;
};

// A program that ended.
struct Outcome {
  int exit_code = -1;
  std::string output;
  std::string errors;
};
Outcome run(const std::string& path, Texts arguments, Texts environment = {}, const std::string& input = {});

class Server : public Program {
 public:
  explicit Server(Texts arguments, Texts environment = {});
  // Waits until it is ready. Throws with its log when it ends instead.
  void wait_ready();
  // As its log names them.
  [[nodiscard]] std::vector<std::uint16_t> ports() const;
};

// A new identity in `directory` and the flags that every server needs: this identity, data beside it.
struct Home {
  Home();
  [[nodiscard]] std::filesystem::path identity() const { return directory.path() / "identity"; }
  [[nodiscard]] std::filesystem::path data() const { return directory.path() / "data"; }
  [[nodiscard]] Texts flags(const Texts& more = {}) const;
  // To a server of this identity.
  [[nodiscard]] client::ConnectOptions options(std::uint16_t port, const std::string& ip = "127.0.0.1") const;
  // Its address, on 127.0.0.1.
  [[nodiscard]] std::string address(std::uint16_t port, const std::string& password = {}) const;

  TempDir directory;
  crypto::Fingerprint fingerprint;
};

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace sotto::test
