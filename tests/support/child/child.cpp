#include "tests/support/child/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Child::Child(Options options) : options_(std::move(options)) {
  // Everything that allocates happens before fork(): the test may have threads.
  auto arguments = options_.arguments;
  auto variables = options_.environment;
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "PATH"}) {
    if (const char* value = std::getenv(name); value != nullptr) variables.push_back(std::string(name) + "=" + value);
  }
  const auto argv = pointers(arguments);
  const auto envp = pointers(variables);
  const passwd* user = nullptr;
  if (!options_.user.empty() && geteuid() == 0) {
    user = getpwnam(options_.user.c_str());
    if (user == nullptr) throw std::runtime_error("there is no user " + options_.user);
  }
  const auto log_path = options_.log.string();
  const auto directory = options_.working_directory.string();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;
  // A test that is killed takes its processes with it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int out = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  if (!directory.empty() && chdir(directory.c_str()) != 0) _exit(126);
  if (user != nullptr) {
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) {
      _exit(126);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // cleared by the change of user
  }
  execvpe(argv.front(), argv.data(), envp.data());
  _exit(127);
}

Child::Child(Child&& other) noexcept
    : options_(std::move(other.options_)), pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_) {}

Child::~Child() {
  kill();
}

void Child::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

bool Child::running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  exit_code_ = exit_code_of(status);
  return false;
}

int Child::wait(std::chrono::seconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(options_.arguments.front() + " did not end:\n" + log());
    }
    std::this_thread::sleep_for(5ms);  // waitpid() has no timeout
  }
  return exit_code_;
}

void Child::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  exit_code_ = exit_code_of(status);
  pid_ = -1;
}

std::string Child::log() const {
  std::ifstream in(options_.log, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void wait_until(const std::string& what, const std::function<bool()>& condition, std::chrono::seconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("waited in vain for " + what);
    std::this_thread::sleep_for(5ms);  // what is waited for happens in another process
  }
}

}  // namespace sotto::test
