#include "bench/load/client_pool.hpp"

#include <stdexcept>

#include "bench/load/wrong.hpp"
#include "libs/smp-client/broken_pipe.hpp"
#include "libs/smp-client/connector.hpp"

namespace sotto::bench {

namespace {

// Attempts to connect that are under way. Whoever ends before they do takes what their handlers refer to along, so none
// of them is called any more.
class Attempts {
 public:
  Attempts() = default;
  ~Attempts() {
    for (const auto& each : attempts_) each->cancel();
  }
  Attempts(const Attempts&) = delete;
  Attempts& operator=(const Attempts&) = delete;
  void add(std::shared_ptr<client::Connector> attempt) { attempts_.push_back(std::move(attempt)); }

 private:
  std::vector<std::shared_ptr<client::Connector>> attempts_;
};

}  // namespace

ClientPool::~ClientPool() {
  shrink(0);
}

void ClientPool::connect(const client::ConnectOptions& options, std::size_t count) {
  client::ignore_broken_pipes();
  auto shared = std::make_shared<client::ConnectOptions>(options);
  auto tls = client::make_tls(options);
  if (!tls) throw std::runtime_error("cannot connect: " + tls.error().message);
  shared->tls = *std::move(tls);
  shared->keep_hello = false;
  shared->timeout = kPatience;
  shared->versions.min = shared->versions.max;
  const auto target = connections_.size() + count;
  std::size_t started = connections_.size();
  std::string failure;
  Progress progress("connections", count);
  Attempts attempts;
  const auto start_one = [&] {
    ++started;
    attempts.add(client::Connector::start(io_.get_executor(), shared, [&](client::ConnectOutcome outcome) {
      progress.add();
      if (auto* failed = std::get_if<client::Failure>(&outcome)) {
        failure = failed->error.message;
        return;
      }
      connections_.push_back(std::get<Connection>(std::move(outcome)));
      connections_.back()->set_listener(this);
    }));
  };
  run_until(
      [&] {
        while (failure.empty() && started < target && started - connections_.size() < kAtOnce) start_one();
        return connections_.size() == target || !failure.empty();
      },
      progress);
  if (!failure.empty()) throw std::runtime_error("cannot connect: " + failure);
}

void ClientPool::shrink(std::size_t size) {
  for (std::size_t i = size; i < connections_.size(); ++i) connections_[i]->close();
  connections_.resize(size);
  io_.restart();
  io_.poll();  // cancelled waits let go of the connections
}

void ClientPool::run_until(const std::function<bool()>& done, Progress& progress) {
  constexpr std::size_t kHandlers = 64;
  progress.show();
  while (!done()) {
    if (io_.stopped()) io_.restart();
    std::size_t ran = 0;
    while (ran < kHandlers && io_.poll_one() != 0) ++ran;
    if (ran == 0) io_.run_one_for(std::chrono::milliseconds(100));
    const auto now = std::chrono::steady_clock::now();
    progress.show(now);
    if (progress.stalled(now) > kPatience) wrong("it does not answer any more");
  }
}

void ClientPool::run(Progress& progress) {
  run_until([&] { return progress.complete(); }, progress);
}

void ClientPool::on_event(client::Received /*event*/) {
  wrong("an event that nobody waits for");
}

void ClientPool::on_closed(const client::Failure& failure) {
  wrong(failure.error.message);
}

}  // namespace sotto::bench
