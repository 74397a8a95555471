#include "tests/process/program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <thread>

#include "tests/support/server/test_identity.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

std::vector<char*> pointers(Texts& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

std::string server_program() {
  return SOTTO_SERVER_PROGRAM;
}
std::string cli_program() {
  return SOTTO_CLI_PROGRAM;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

Program::Program(const std::string& path, Texts arguments, Texts environment, const std::string& input) {
  write_file(directory_.path() / "in", input);
  arguments.insert(arguments.begin(), path);
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "PATH"}) {
    if (const char* value = std::getenv(name); value != nullptr) environment.push_back(std::string(name) + "=" + value);
  }
  start(std::move(arguments), std::move(environment));
}

void Program::start(Texts arguments, Texts environment) {
  auto argv = pointers(arguments);
  auto envp = pointers(environment);
  const auto in = (directory_.path() / "in").string();
  const auto out = (directory_.path() / "out").string();
  const auto err = (directory_.path() / "err").string();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    dup2(open(in.c_str(), O_RDONLY), STDIN_FILENO);
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDOUT_FILENO);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
    execvpe(argv.front(), argv.data(), envp.data());
    _exit(127);
  }
}

Program::~Program() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Program::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

bool Program::running() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) == 0) return pid_ > 0;
  pid_ = -1;
  exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return false;
}

int Program::wait(std::chrono::seconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("it did not end:\n" + errors());
    std::this_thread::sleep_for(2ms);  // waitpid() has no timeout
  }
  return exit_code_;
}

std::string Program::output() const {
  return read_file(directory_.path() / "out");
}
std::string Program::errors() const {
  return read_file(directory_.path() / "err");
}

Outcome run(const std::string& path, Texts arguments, Texts environment, const std::string& input) {
  Program program(path, std::move(arguments), std::move(environment), input);
  const int exit_code = program.wait();
  return {exit_code, program.output(), program.errors()};
}

Server::Server(Texts arguments, Texts environment)
    : Program(server_program(), std::move(arguments), std::move(environment)) {}

void Server::wait_ready() {
  static const std::regex kReady(R"((info +ready )|("message":"ready"))");
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!std::regex_search(errors(), kReady)) {
    if (!running()) throw std::runtime_error("sotto-server ended at start:\n" + errors());
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("it is not ready:\n" + errors());
    std::this_thread::sleep_for(5ms);  // polls the log, the only thing that the process says
  }
}

std::vector<std::uint16_t> Server::ports() const {
  static const std::regex kListening(R"((?:info +listening port=|"message":"listening","port":)([0-9]+))");
  const auto log = errors();
  std::vector<std::uint16_t> ports;
  for (std::sregex_iterator line(log.begin(), log.end(), kListening), end; line != end; ++line) {
    ports.push_back(static_cast<std::uint16_t>(std::stoul((*line)[1])));
  }
  return ports;
}

Home::Home() : fingerprint(write_identity(identity())) {}

Texts Home::flags(const Texts& more) const {
  Texts flags{"--identity-dir=" + identity().string(), "--data-dir=" + data().string()};
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

client::ConnectOptions Home::options(std::uint16_t port, const std::string& ip) const {
  client::ConnectOptions options;
  const bool ipv6 = ip.find(':') != std::string::npos;
  options.hosts = {smp::Host{ipv6 ? smp::HostKind::ipv6 : smp::HostKind::ipv4, ip}};
  options.port = port;
  options.fingerprint = fingerprint;
  return options;
}

std::string Home::address(std::uint16_t port, const std::string& password) const {
  return "smp://" + to_base64url(fingerprint) + (password.empty() ? "" : ":" + password) +
         "@127.0.0.1:" + std::to_string(port);
}

}  // namespace sotto::test
