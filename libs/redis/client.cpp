#include "libs/redis/client.hpp"

#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "libs/redis/call.hpp"
#include "libs/redis/client_state.hpp"
#include "libs/redis/router.hpp"
#include "libs/redis/subscriptions.hpp"
#include "libs/redis/tls.hpp"

namespace sotto::redis {

namespace asio = boost::asio;

class Client::Impl final : private RouterOwner {
 public:
  Impl(Options options, Callbacks callbacks, std::unique_ptr<asio::ssl::context> tls)
      : options_(std::move(options)),
        callbacks_(std::move(callbacks)),
        tls_(std::move(tls)),
        surroundings_{io_, options_, tls_.get()},
        router_(surroundings_, counters_, state_, subscriptions_, *this) {
    // Before anybody can send: the router must have begun when the first command comes.
    asio::post(io_, [this] { router_.start(); });
    thread_ = std::thread([this] { run(); });
  }
  ~Impl() override { stop(); }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(stopping_, true)) return;
    }
    asio::post(io_, [this] {
      take_incoming();
      router_.stop();
      state_.set_stopped();
      io_.stop();
    });
    thread_.join();
  }

  void submit(std::shared_ptr<Call> call) {
    auto refused = admit(*call);
    if (!refused) {
      const std::lock_guard lock(mutex_);
      if (!stopping_) {
        incoming_.push_back(std::move(call));
        // What comes before the I/O thread looks goes with it: one write for all.
        if (incoming_.size() == 1) asio::post(io_, [this] { take_incoming(); });
        return;
      }
      refused = Error{ErrorCode::unavailable, "the connections to Redis were closed"};
      release(*call);
    }
    counters_.failures += call->commands().size();
    for (std::size_t i = 0; i < call->commands().size(); ++i) call->answer(i, *refused);
  }

  void subscribe(std::string channel, Subscription subscription) {
    subscriptions_.add(channel, std::move(subscription));
    asio::post(io_, [this, channel = std::move(channel)] { router_.subscription_added(channel); });
  }
  void unsubscribe(const std::string& channel) {
    if (!subscriptions_.remove(channel, io_.get_executor().running_in_this_thread())) return;
    asio::post(io_, [this, channel] { router_.subscription_removed(channel); });
  }

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const ClientState& state() const { return state_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_commands_; }
  [[nodiscard]] Counters& counters() { return counters_; }

 private:
  void run() {
    const auto work = asio::make_work_guard(io_);
    io_.run();
  }

  static std::size_t bytes_of(const Call& call) {
    std::size_t out = 0;
    for (const auto& command : call.commands()) out += command.size();
    return out;
  }

  // Counts the commands as waiting, or says why not.
  std::optional<Error> admit(const Call& call) {
    const auto commands = call.commands().size();
    const auto bytes = bytes_of(call);
    counters_.commands += commands;
    const bool few = waiting_commands_.fetch_add(commands) + commands <= options_.max_waiting_commands;
    const bool small = waiting_bytes_.fetch_add(bytes) + bytes <= options_.max_waiting_bytes;
    if (few && small) return std::nullopt;
    release(call);
    counters_.refused += commands;
    return Error{ErrorCode::unavailable, "too many commands wait for Redis: it is too slow, or away"};
  }
  void release(const Call& call) {
    waiting_commands_ -= call.commands().size();
    waiting_bytes_ -= bytes_of(call);
  }

  void take_incoming() {
    {
      const std::lock_guard lock(mutex_);
      taken_.swap(incoming_);
    }
    router_.run(taken_);
    taken_.clear();
  }

  void on_answered(const Item& item, Result<Reply> reply) override {
    if (item.call->counts()) {
      if (!reply) ++counters_.failures;
      --waiting_commands_;
      waiting_bytes_ -= item.command().size();
    }
    item.call->answer(item.index, std::move(reply));
  }
  void on_connected(std::uint64_t generation) override {
    if (callbacks_.on_connected) callbacks_.on_connected(generation);
  }
  void on_lost() override {
    if (callbacks_.on_lost) callbacks_.on_lost();
  }

  const Options options_;
  const Callbacks callbacks_;
  const std::unique_ptr<asio::ssl::context> tls_;
  Counters counters_;
  ClientState state_;
  Subscriptions subscriptions_;
  std::atomic<std::size_t> waiting_commands_{0};
  std::atomic<std::size_t> waiting_bytes_{0};

  std::mutex mutex_;
  std::vector<std::shared_ptr<Call>> incoming_;  // guarded by mutex_
  bool stopping_ = false;                        // guarded by mutex_
  std::vector<std::shared_ptr<Call>> taken_;     // of the I/O thread

  asio::io_context io_{1};
  const Surroundings surroundings_;
  Router router_;
  std::thread thread_;  // uses all of the above
};

Result<std::unique_ptr<Client>> Client::start(Options options, Callbacks callbacks) {
  if (options.servers.empty()) {
    return Error{ErrorCode::configuration, "no Redis server is named: give a URL like redis://host:6379"};
  }
  std::unique_ptr<asio::ssl::context> tls;
  if (options.tls) {
    auto made = make_tls(*options.tls);
    if (!made) return made.error();
    tls = *std::move(made);
  }
  return std::unique_ptr<Client>(
      new Client(std::make_unique<Impl>(std::move(options), std::move(callbacks), std::move(tls))));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

void Client::stop() {
  impl_->stop();
}

void Client::send(Command command, Done done) {
  std::vector<Command> commands;
  commands.push_back(std::move(command));
  impl_->submit(std::make_shared<CallbackCall>(
      std::move(commands), std::chrono::steady_clock::now() + impl_->options().command_timeout, std::move(done)));
}

void Client::send(Command command) {
  send(std::move(command), nullptr);
}

std::vector<Result<Reply>> Client::execute(std::vector<Command> commands, SteadyTime deadline) {
  if (commands.empty()) return {};
  const auto call = std::make_shared<BlockingCall>(std::move(commands), deadline);
  impl_->submit(call);
  return call->wait();
}

void Client::subscribe(std::string channel, std::function<void(ByteView message)> handler,
                       std::function<void()> active) {
  impl_->subscribe(std::move(channel), {std::move(handler), std::move(active)});
}

void Client::unsubscribe(const std::string& channel) {
  impl_->unsubscribe(channel);
}

Status Client::state() const {
  return impl_->state().status();
}

bool Client::connected() const {
  return state().ok();
}

std::uint64_t Client::generation() const {
  return impl_->state().generation();
}

Status Client::wait_connected(SteadyTime deadline) const {
  return impl_->state().wait(deadline);
}

bool Client::cluster() const {
  return impl_->state().cluster();
}

std::size_t Client::waiting() const {
  return impl_->waiting();
}

const Counters& Client::counters() const {
  return impl_->counters();
}

}  // namespace sotto::redis
