#include "tests/support/redis/redis_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "tests/support/child/free_port.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kPatience{30};
constexpr int kAttempts = 5;  // free ports that were taken by others before the server came to them

// As a string of redis.conf.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// So that the client that looks closer does not complain to the log while the server starts.
bool listens(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool out = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return out;
}

}  // namespace

RedisServer::RedisServer() : RedisServer(Options{}) {}

RedisServer::RedisServer(Options options) : options_(std::move(options)) {
  if (options_.tls) certificate_ = std::make_unique<const RedisCertificate>();
  std::filesystem::create_directory(directory_.path() / "data");
  start();
}

redis::Options RedisServer::client_options() const {
  redis::Options out;
  out.servers = {address()};
  out.password = SecretString(options_.password);
  if (options_.tls) {
    out.tls.emplace();
    out.tls->ca_file = certificate_->certificate();
    if (options_.ask_certificate) {
      out.tls->certificate_file = certificate_->certificate();
      out.tls->key_file = certificate_->key();
    }
  }
  out.backoff_min = 10ms;
  out.backoff_max = 100ms;
  return out;
}

std::string RedisServer::url() const {
  return (options_.tls ? "rediss://" : "redis://") + redis::to_text(address());
}

redis::Reply RedisServer::execute(redis::Command command) const {
  auto options = client_options();
  options.mode = redis::Mode::single;
  const auto client = redis::Client::start(std::move(options));
  if (!client) throw std::runtime_error(client.error().message);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  if (const auto up = (*client)->wait_connected(deadline); !up) throw std::runtime_error(up.error().message);
  std::vector<redis::Command> commands;
  commands.push_back(std::move(command));
  auto replies = (*client)->execute(std::move(commands), deadline);
  if (!replies.front()) throw std::runtime_error(replies.front().error().message);
  return *std::move(replies.front());
}

void RedisServer::write_configuration() const {
  std::ofstream out(directory_.path() / "redis.conf");
  out << "bind 127.0.0.1\n"
      << (options_.tls ? "port 0\ntls-port " : "port ") << port_ << "\n"
      << "dir \"" << (directory_.path() / "data").string() << "\"\n"
      << "save \"\"\n"
      << "appendonly " << (options_.append_only ? "yes" : "no") << "\n"
      << "appendfsync no\n";  // what the kernel has survives SIGKILL
  if (!options_.password.empty()) out << "requirepass " << in_quotes(options_.password) << "\n";
  if (options_.tls) {
    out << "tls-cert-file \"" << certificate_->certificate().string() << "\"\n"
        << "tls-key-file \"" << certificate_->key().string() << "\"\n"
        << "tls-ca-cert-file \"" << certificate_->certificate().string() << "\"\n"
        << "tls-auth-clients " << (options_.ask_certificate ? "yes" : "no") << "\n";
  }
  if (options_.cluster) {
    out << "cluster-enabled yes\n"
        << "cluster-port " << bus_port_ << "\n"
        << "cluster-node-timeout 3000\n";
    if (options_.tls) out << "tls-cluster yes\n";
  }
  for (const auto& line : options_.settings) out << line << "\n";
}

bool RedisServer::accepts() const {
  if (!listens(port_)) return false;
  auto options = client_options();
  options.mode = redis::Mode::single;
  const auto client = redis::Client::start(std::move(options));
  if (!client) throw std::runtime_error(client.error().message);
  if (!(*client)->wait_connected(std::chrono::steady_clock::now() + 500ms)) return false;
  std::vector<redis::Command> commands;
  commands.push_back(redis::Command("CONFIG").arg("GET").arg("dir"));
  const auto replies = (*client)->execute(std::move(commands), std::chrono::steady_clock::now() + 5s);
  return replies.front() && (*replies.front())[1].text() == (directory_.path() / "data").string();
}

void RedisServer::start() {
  if (child_ && child_->running()) return;
  const bool first = port_ == 0;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    if (first) {
      port_ = free_port();
      if (options_.cluster) bus_port_ = free_port();
      write_configuration();
    }
    Child::Options command;
    command.arguments = {"redis-server", (directory_.path() / "redis.conf").string()};
    command.environment = {"LC_ALL=C", "TZ=UTC"};
    command.log = directory_.path() / "log";
    command.working_directory = directory_.path();
    child_.emplace(std::move(command));
    bool up = false;
    wait_until(
        "Redis to accept connections", [&] { return (up = accepts()) || !child_->running(); }, kPatience);
    if (up && child_->running()) return;
    child_->kill();
  }
  throw std::runtime_error("Redis does not start:\n" + log());
}

void RedisServer::stop() {
  if (!child_ || !child_->running()) return;
  child_->signal(SIGTERM);
  child_->wait(kPatience);
}

void RedisServer::kill() {
  if (child_) child_->kill();
}

void RedisServer::restart() {
  kill();
  start();
}

void RedisServer::restart_flushed() {
  kill();
  // What makes a node of a cluster stays: nodes.conf.
  std::filesystem::remove_all(directory_.path() / "data" / "appendonlydir");
  start();
}

void RedisServer::pause() const {
  child_->signal(SIGSTOP);
}

void RedisServer::resume() const {
  child_->signal(SIGCONT);
}

pid_t RedisServer::pid() const {
  return child_ && child_->pid() > 0 ? child_->pid() : 0;
}

std::string RedisServer::log() const {
  return child_ ? child_->log() : "";
}

}  // namespace sotto::test
