#include "services/queue/settings/queue_config.hpp"

namespace sotto::queue {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr hours kDay{24};
constexpr hours kYear{365 * 24};

}  // namespace

void queue_rows(config::Table& table, QueueConfig& config) {
  table.section("queues", "Queues and messages");
  table.integer(
      {"quota", "quota", "128",
       "Messages that may wait in a queue; then the sender gets QUOTA until the recipient has read them all."},
      {1U, 10'000U}, config.quota);
  table.duration(
      {"message_lifetime", "message-lifetime", "21d", "Messages that nobody fetched for so long are removed."},
      {seconds(1), 10 * kYear}, config.message_lifetime);
  table.duration({"expiry_interval", "expiry-interval", "2h", "How often old messages are looked for."},
                 {milliseconds(10), 30 * kDay}, config.expiry_interval);
  table.boolean({"expire_on_start", "expire-on-start", "true", "Whether old messages are removed at start, too."},
                config.expire_on_start);
  table.boolean({"expire_on_send", "expire-on-send", "false",
                 "Whether old messages of a queue are removed when one is sent to it, too."},
                config.expire_on_send);
}

GroupCommitSettings group_commit_settings(const QueueConfig& config) {
  GroupCommitSettings out;
  out.rules.quota = config.quota;
  out.rules.message_lifetime = std::chrono::duration_cast<seconds>(config.message_lifetime);
  out.rules.expire_on_send = config.expire_on_send;
  out.expiry_interval = config.expiry_interval;
  out.expire_on_start = config.expire_on_start;
  return out;
}

}  // namespace sotto::queue
