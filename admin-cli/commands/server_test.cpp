#include "admin-cli/commands/server_test.hpp"

#include <array>

#include "libs/crypto/random.hpp"
#include "libs/smp-client/sync_client.hpp"

namespace sotto::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

std::string random_text() {
  std::array<std::uint8_t, 16> bytes{};
  crypto::random_bytes(bytes);
  return to_hex(bytes);
}

class ServerTest {
 public:
  ServerTest(const smp::ServerAddress& address, const TestOptions& options,
             const std::function<void(const TestRow&)>& on_row)
      : address_(address), options_(options), on_row_(on_row) {}

  TestReport run() {
    if (connect(client_, "connect")) {
      const auto leaf = crypto::parse_certificate(client_.connection().peer_chain().front());
      if (leaf) report_.certificate_ends = leaf->not_after;
      if (create()) {
        use_queue();
        // Also after a failure: the server should not be left with a queue that nobody reads.
        if (client_.connected()) {
          step("deleteQueue", "delete", [&] { return client_.remove(*queue_, options_.answer_timeout); });
        }
      }
      if (client_.connected()) {
        step("disconnect", "disconnect", [&] {
          client_.close();
          return ok_status();
        });
      }
    }
    return std::move(report_);
  }

 private:
  void add_row(TestRow row) {
    if (on_row_) on_row_(row);
    report_.rows.push_back(std::move(row));
  }

  bool connect(client::SyncClient& client, const std::string& step) {
    auto options = client::options_for(address_);
    options.family = options_.family;
    options.timeout = options_.connect_timeout;
    // Failed hosts and addresses wait here, with what came in between, until one works or none has.
    std::vector<TestRow> undecided;
    const auto decide = [&](bool overcome) {
      for (auto& row : undecided) {
        if (overcome && row.status == RowStatus::failed) row.status = RowStatus::overcome;
        add_row(std::move(row));
      }
      undecided.clear();
    };
    options.observer = [&](const client::Step& passed) {
      TestRow row{step, std::string(to_string(passed.layer)), passed.passed ? RowStatus::ok : RowStatus::failed,
                  passed.took, passed.detail};
      const bool works = passed.passed && passed.layer == client::Layer::tcp;
      if (!works && (!passed.passed || !undecided.empty())) {
        undecided.push_back(std::move(row));
        return;
      }
      decide(true);
      add_row(std::move(row));
    };
    const auto first_row = report_.rows.size();
    const auto start = steady_clock::now();
    const auto status = client.connect(std::move(options));
    decide(false);
    if (status) return true;
    const auto failure = client.failure().value_or(
        client::Failure{client::Layer::session, client::Reason::timeout, status.error(), std::nullopt});
    const std::string layer(to_string(failure.layer));
    // Addresses that failed have rows already; a layer that failed as a whole gets its row here.
    const bool has_row = report_.rows.size() > first_row && report_.rows.back().status == RowStatus::failed &&
                         report_.rows.back().layer == layer;
    if (!has_row) add_row({step, layer, RowStatus::failed, since(start) - took(first_row), failure.error.message});
    if (!report_.problem) {
      report_.problem =
          TestProblem{step, layer, failure.error.message, diagnose(failure, address_), failure.seen_fingerprint};
    }
    return false;
  }

  // What the rows from `first` on took together.
  [[nodiscard]] milliseconds took(std::size_t first) const {
    milliseconds sum{0};
    for (auto i = first; i < report_.rows.size(); ++i) sum += report_.rows[i].took;
    return sum;
  }

  template <class Action>
  bool step(const std::string& name, const std::string& layer, Action action) {
    const auto start = steady_clock::now();
    const Status status = action();
    const auto detail = status ? std::string() : status.error().message;
    add_row({name, layer, status ? RowStatus::ok : RowStatus::failed, since(start), detail});
    if (!status && !report_.problem) {
      report_.problem =
          TestProblem{name, layer, detail, diagnose_command(layer, status.error(), address_), std::nullopt};
    }
    return status.ok();
  }

  bool create() {
    return step("createQueue", "create", [&]() -> Status {
      auto queue = client_.create_queue({.password = address_.password}, options_.answer_timeout);
      if (!queue) return queue.error();
      queue_ = *std::move(queue);
      return ok_status();
    });
  }

  bool secure() {
    return step("secureQueue", "secure", [&] {
      return queue_->mode == smp::QueueMode::messaging ? client_.secure_as_sender(*queue_, options_.answer_timeout)
                                                       : client_.secure_as_recipient(*queue_, options_.answer_timeout);
    });
  }

  bool add_notifier() {
    return step("createNotifier", "notification",
                [&] { return client_.add_notifier(*queue_, options_.answer_timeout); }) &&
           connect(notifier_, "connectNotifier") && step("subscribeNotifier", "notification", [&] {
             return notifier_.subscribe_notifications(*queue_, options_.answer_timeout);
           });
  }

  // Stops at the first step that fails.
  void use_queue() {
    if (!secure()) return;
    if (options_.extended && !add_notifier()) return;
    const auto text = random_text();
    if (!step("sendMessage", "send",
              [&] { return client_.send(*queue_, text, options_.extended ? "T" : "F", options_.answer_timeout); })) {
      return;
    }
    std::optional<MessageId> id;
    if (!step("receiveMessage", "receive", [&]() -> Status {
          const auto message = client_.next_message(*queue_, options_.answer_timeout);
          if (!message) return message.error();
          id = message->id;
          if (message->text() == text) return ok_status();
          return Error{ErrorCode::check_failed, "the message that came is not the one that was sent"};
        })) {
      return;
    }
    if (options_.extended) {
      step("receiveNotification", "notification", [&]() -> Status {
        const auto notification = notifier_.next_notification(*queue_, options_.answer_timeout);
        if (!notification) return notification.error();
        if (equal(notification->message_id, id->view())) return ok_status();
        return Error{ErrorCode::check_failed, "the notification is for another message"};
      });
    }
    step("acknowledgeMessage", "acknowledge", [&] { return client_.ack(*queue_, *id, options_.answer_timeout); });
  }

  const smp::ServerAddress& address_;
  const TestOptions& options_;
  const std::function<void(const TestRow&)>& on_row_;
  client::SyncClient client_;
  client::SyncClient notifier_;
  const std::stop_callback<std::function<void()>> on_cut_{options_.cut, [this] {
                                                            client_.interrupt();
                                                            notifier_.interrupt();
                                                          }};
  std::optional<client::QueueHandle> queue_;
  TestReport report_;
};

}  // namespace

TestReport test_server(const smp::ServerAddress& address, const TestOptions& options,
                       const std::function<void(const TestRow&)>& on_row) {
  return ServerTest(address, options, on_row).run();
}

}  // namespace sotto::cli
