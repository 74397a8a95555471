#include "tests/chaos/hostile_test.hpp"

#include <chrono>
#include <iterator>
#include <stdexcept>
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 60s;

std::uint16_t metrics_port(const std::string& log) {
  for (std::size_t at = 0, end = 0; (end = log.find('\n', at)) != std::string::npos; at = end + 1) {
    const auto line = nlohmann::json::parse(log.substr(at, end - at), nullptr, false);
    if (!line.is_discarded() && line.value("message", "") == "metrics") return line.at("port").get<std::uint16_t>();
  }
  throw std::runtime_error("the log names no port for metrics:\n" + log);
}

}  // namespace

void HostileTest::start(std::vector<std::string> flags) {
  dice_.emplace(announced_seed());
  flags.emplace_back("--metrics-listen=127.0.0.1:0");
  server_ = std::make_unique<ServerProcess>(std::move(flags));
  metrics_port_ = metrics_port(server_->log());
  neighbour_ = std::make_unique<Neighbour>(server_->options());
  ASSERT_TRUE(neighbour_->works()) << neighbour_->fault();
}

void HostileTest::TearDown() {
  if (!neighbour_) return;
  EXPECT_TRUE(neighbour_->works());
  EXPECT_EQ(neighbour_->fault(), "");
  neighbour_.reset();
  EXPECT_TRUE(becomes("smp_connections", 0)) << metric("smp_connections") << " connections are left";
  EXPECT_TRUE(becomes("smp_handshakes", 0)) << metric("smp_handshakes") << " handshakes are left";
  EXPECT_EQ(metric("smp_subscriptions"), 0);
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait(kPatience), 0) << server_->log();
  const auto log = server_->log();
  EXPECT_EQ(log.find("runtime error"), std::string::npos) << log;
  EXPECT_EQ(log.find("Sanitizer"), std::string::npos) << log;
}

std::unique_ptr<client::RawConnection> HostileTest::connect() const {
  auto connection = std::make_unique<client::RawConnection>();
  must(connection->connect("127.0.0.1", server_->port()));
  return connection;
}

std::unique_ptr<RawSession> HostileTest::tls() const {
  return std::make_unique<RawSession>(server_->port(), server_->fingerprint());
}

std::unique_ptr<RawSession> HostileTest::session(smp::Version version) const {
  auto made = tls();
  made->hello(version);
  return made;
}

double HostileTest::metric(const std::string& name) const {
  boost::asio::ip::tcp::iostream http("127.0.0.1", std::to_string(metrics_port_));
  http << "GET /metrics HTTP/1.0\r\nConnection: close\r\n\r\n" << std::flush;
  const std::string page{std::istreambuf_iterator<char>(http), {}};
  const auto wanted = "\n" + name + " ";
  const auto at = page.find(wanted);
  if (at == std::string::npos) throw std::runtime_error("no metric " + name + " in\n" + page);
  return std::stod(page.substr(at + wanted.size()));
}

double HostileTest::closed_because(const std::string& reason) const {
  return metric(closed_metric(reason));
}

void HostileTest::expect_closed_for(const std::vector<std::string>& reasons, std::size_t count) const {
  const auto closed = [&] {
    double sum = 0;
    for (const auto& reason : reasons) sum += closed_because(reason);
    return sum;
  };
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (closed() != static_cast<double>(count) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(10ms);  // polls a page
  }
  EXPECT_EQ(closed(), count) << reasons.front();
}

bool HostileTest::becomes(const std::string& name, double value) const {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (metric(name) != value) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(10ms);  // polls a page
  }
  return true;
}

bool HostileTest::reaches(const std::string& name, double value) const {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (metric(name) < value) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(10ms);  // polls a page
  }
  return true;
}

}  // namespace sotto::test
