#include "tests/operations/programs.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <utility>

#include "libs/crypto/key_ring.hpp"
#include "libs/crypto/random.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/platform/http_get.hpp"

namespace sotto::test {
namespace {

std::string local(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

std::vector<std::string> with_program(const std::string& program, std::vector<std::string> arguments,
                                      std::uint16_t metrics_port) {
  arguments.insert(arguments.begin(), program);
  arguments.push_back("--metrics-listen=" + local(metrics_port));
  return arguments;
}

std::unique_ptr<TempDir> directory_with_identity(const std::string& algorithm) {
  auto directory = std::make_unique<TempDir>();
  Child init({{SOTTO_CLI_PROGRAM, "init", "--no-password", "--host=127.0.0.1", "--sign-algorithm=" + algorithm,
               "--identity-dir=" + (directory->path() / "identity").string()},
              {},
              directory->path() / "init.log",
              {},
              {}});
  if (init.wait() != 0) throw std::runtime_error("sotto init failed:\n" + init.log());
  return directory;
}

}  // namespace

ServerProgram::ServerProgram(const std::string& program, std::vector<std::string> arguments,
                             std::unique_ptr<TempDir> directory, std::uint16_t grpc_port)
    : directory_(std::move(directory)),
      metrics_port_(free_port()),
      grpc_port_(grpc_port),
      options_{with_program(program, std::move(arguments), metrics_port_), {}, directory_->path() / "log", {}, {}} {
  child_.emplace(options_);
}

ServerProgram ServerProgram::standalone(const std::vector<std::string>& flags, const Algorithm& algorithm) {
  auto directory = directory_with_identity(algorithm);
  std::vector<std::string> arguments{"--ports=0", "--listen=127.0.0.1", "--ephemeral",
                                     "--identity-dir=" + (directory->path() / "identity").string()};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return {SOTTO_SERVER_PROGRAM, std::move(arguments), std::move(directory), 0};
}

ServerProgram ServerProgram::durable(const std::vector<std::string>& flags) {
  auto directory = directory_with_identity(kDefault);
  std::vector<std::string> arguments{"--ports=0", "--listen=127.0.0.1",
                                     "--data-dir=" + (directory->path() / "data").string(),
                                     "--identity-dir=" + (directory->path() / "identity").string()};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return {SOTTO_SERVER_PROGRAM, std::move(arguments), std::move(directory), 0};
}

void ServerProgram::restart() {
  child_->kill();
  log_before_ = child_->log().size();
  child_.emplace(options_);
}

ServerProgram ServerProgram::gateway(const std::string& targets, const std::vector<std::string>& flags,
                                     const Algorithm& algorithm) {
  auto directory = directory_with_identity(algorithm);
  std::vector<std::string> arguments{"--ports=0", "--listen=127.0.0.1", "--queue-service-targets=" + targets,
                                     "--identity-dir=" + (directory->path() / "identity").string()};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return {SOTTO_GATEWAY_PROGRAM, std::move(arguments), std::move(directory), 0};
}

ServerProgram ServerProgram::service(const std::string& program, const std::string& database_url,
                                     const std::string& redis_url, const std::vector<std::string>& flags) {
  crypto::initialise();
  auto directory = std::make_unique<TempDir>();
  const auto key = directory->path() / "platform.key";
  std::ofstream(key) << crypto::KeyRing::generate_line(1) << '\n';
  const auto port = free_port();
  std::vector<std::string> arguments{"--listen=" + local(port), "--database-url=" + database_url,
                                     "--redis-url=" + redis_url};
  const auto is_key = [](const auto& flag) { return flag.starts_with("--platform-key-file="); };
  if (std::none_of(flags.begin(), flags.end(), is_key)) arguments.push_back("--platform-key-file=" + key.string());
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return {program, std::move(arguments), std::move(directory), port};
}

ServerProgram ServerProgram::queue(const std::string& database_url, const std::string& redis_url,
                                   const std::vector<std::string>& flags) {
  return service(SOTTO_QUEUE_PROGRAM, database_url, redis_url, flags);
}

ServerProgram ServerProgram::notification(const std::string& redis_url, const std::vector<std::string>& flags) {
  const auto port = free_port();
  std::vector<std::string> arguments{"--listen=" + local(port), "--redis-url=" + redis_url};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return {SOTTO_NOTIFICATION_PROGRAM, std::move(arguments), std::make_unique<TempDir>(), port};
}

ServerProgram ServerProgram::auth(const std::string& database_url, const std::string& redis_url,
                                  const std::vector<std::string>& flags) {
  return service(SOTTO_AUTH_PROGRAM, database_url, redis_url, flags);
}

int ServerProgram::probe(const std::string& path, std::string* body) const {
  auto answer = http_get(metrics_port_, path);
  if (!answer) return 0;
  if (body != nullptr) *body = std::move(answer->body);
  return answer->status;
}

void ServerProgram::wait_live() {
  wait_until("/livez", [this] {
    if (!child_->running()) throw std::runtime_error("it ended at start:\n" + child_->log());
    return probe("/livez") == 200;
  });
}

void ServerProgram::wait_ready(bool ready) {
  wait_live();
  wait_until(ready ? "/readyz to be 200" : "/readyz to be 503",
             [this, ready] { return probe("/readyz") == (ready ? 200 : 503); });
}

std::uint16_t ServerProgram::port() const {
  static const std::regex kListening(R"(info +listening port=([0-9]+))");
  std::smatch found;
  std::string log;
  wait_until("the port in the log", [&] {
    log = child_->log().substr(log_before_);
    return std::regex_search(log, found, kListening);
  });
  return static_cast<std::uint16_t>(std::stoul(found[1]));
}

int ServerProgram::sotto(std::vector<std::string> arguments, std::string* output) const {
  arguments.insert(arguments.begin(), SOTTO_CLI_PROGRAM);
  const TempDir scratch;
  Child program({std::move(arguments), {}, scratch.path() / "log", {}, {}});
  const int exit_code = program.wait();
  if (output != nullptr) *output = program.log();
  return exit_code;
}

void migrate(const std::string& database_url) {
  const TempDir directory;
  Child program(
      {{SOTTO_CLI_PROGRAM, "db", "migrate", "--database-url", database_url}, {}, directory.path() / "log", {}, {}});
  if (program.wait() != 0) throw std::runtime_error("sotto db migrate failed:\n" + program.log());
}

}  // namespace sotto::test
