// GroupCommit: the QueueBackend over a store of this process. One thread of its own takes the batches that any thread
// submits, executes as many as a group may hold over one transaction, commits once, and then answers them all: the
// price of a durable write is paid once a group.
//
// Order. Batches are executed in the order of submit(), whoever sent them. Each is finished in that order, too: the
// directory is asked (settle.hpp), then comes the completion of a batch (that of a batch which subscribes to notifiers
// as soon as the notification service knows it, so that who is answered is the subscriber for everybody), then its
// effects (events, notifications), then the completion of the next one. So a session learns that it subscribed before
// anything of that subscription reaches it, and that it lost a queue before it learns that it took it back.
// end_session() has its place in the same order.
//
// What a commit covers. Batches before the first write of their group depend on nothing that is not durable, and are
// finished before the group goes on (with a shared directory they wait, too: asking it is a round trip); a group
// without writes commits nothing. All others wait for the commit. Until then their effects are values: when the store
// fails, transaction and effects are dropped, and nothing has happened.
//  - When the commit fails (or no transaction can begin), every operation of the unfinished batches is answered
//    `unavailable`, those that only read as well: they may have read what the group wrote.
//  - When a call fails during execution, the unfinished batches are executed once more, each in a transaction of its
//    own, so that a queue that cannot be read does not fail its neighbours.
//  - The end of a session takes place in any case.
//
// Expiry runs on the same thread, in transactions of expiry_batch messages between the groups of clients, so that
// neither waits for the other longer than one commit.
//
// Deadlines: a batch whose deadline has passed when its turn comes is answered `unavailable` without being executed.
//
// Bounds: what waits is limited by max_queued_operations and max_queued_bytes. Beyond that, a batch keeps its place in
// the order, but is answered `unavailable` without being executed.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "libs/backend/notification_backend.hpp"
#include "libs/backend/queue_backend.hpp"
#include "libs/base/clock.hpp"
#include "libs/base/time_histogram.hpp"
#include "services/queue/domain/queue_engine.hpp"
#include "services/queue/domain/queue_store.hpp"
#include "services/queue/domain/settle.hpp"
#include "services/queue/domain/subscription_directory.hpp"

namespace sotto::queue {

struct GroupCommitSettings {
  QueueRules rules;
  // A group takes batches until one of these is reached; a batch is never split, so one batch may go beyond. Bytes are
  // those of message bodies and link data.
  std::size_t max_group_operations = 1024;
  std::size_t max_group_bytes = std::size_t{4} << 20;
  // How long a group waits for as many batches as the largest one lately had: that one, or three quarters of what the
  // one before waited for. For stores whose commit costs much and grows little with what it holds (a database): without
  // it, the first batch that comes after a commit has the next one for itself. Whoever is alone soon waits no more. 0:
  // no group waits.
  std::chrono::microseconds gather{0};
  // Of all that is submitted and not finished: about 120 MiB of operations, and the bodies of 16 000 messages.
  std::size_t max_queued_operations = std::size_t{256} << 10;
  std::size_t max_queued_bytes = std::size_t{256} << 20;

  // From the end of an expiry run to the next one; zero: only expire_now().
  std::chrono::nanoseconds expiry_interval = std::chrono::hours(1);
  bool expire_on_start = true;
  // Messages in one transaction of an expiry run.
  std::size_t expiry_batch = 1000;
};

// For metrics; each only grows. Any thread may read.
struct GroupCommitCounters {
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> operations{0};
  std::atomic<std::uint64_t> groups{0};
  std::atomic<std::uint64_t> commits{0};         // of groups and of expiry
  std::atomic<std::uint64_t> store_failures{0};  // transactions that were dropped because the store failed
  std::atomic<std::uint64_t> overloaded{0};      // operations answered unavailable because too much waited
  std::atomic<std::uint64_t> late{0};            // operations answered unavailable because their deadline had passed
  std::atomic<std::uint64_t> unsettled{0};       // groups for which the directory could not be asked
  std::atomic<std::uint64_t> expired{0};         // messages
  std::atomic<std::uint64_t> blocked{0};         // queues that became blocked
  std::atomic<std::uint64_t> unblocked{0};       // queues that ceased to be
  TimeHistogram group_times;                     // from the begin of a transaction to its durable commit
};

class GroupCommit final : public backend::QueueBackend {
 public:
  // Starts the thread. All references must outlive this; the directory is used by the thread only.
  GroupCommit(const GroupCommitSettings& settings, QueueStore& store, SubscriptionDirectory& directory,
              backend::NotificationBackend& notifications, backend::EventSink& events, const Clock& clock);
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;
  // Stops.
  ~GroupCommit() override;

  // Any thread, completions included. After stop() the batch is answered `unavailable` at once, on the calling thread.
  void submit_all(std::vector<backend::Batch> batches) override;
  void end_session(SessionRef session) override;

  // Takes nothing more, finishes what was submitted, and joins the thread; an expiry run that is under way is left.
  // Again: harmless. By one thread at a time, and never from a completion or an event.
  void stop();

  // An expiry run that begins now; returns the messages that it removed when it is over, or 0 after stop(). Any thread,
  // but never from a completion or an event.
  std::uint64_t expire_now();

  [[nodiscard]] const GroupCommitCounters& counters() const { return counters_; }

 private:
  struct Load {
    std::size_t operations = 0;
    std::size_t bytes = 0;
  };
  struct Item {
    enum class Kind : std::uint8_t { execute, refuse, end_session };
    Kind kind = Kind::execute;
    Load load;
    backend::Batch batch;  // of end_session: the session only; of refuse: without operations
  };
  struct ExpiryRun {
    bool active = false;
    std::int64_t cutoff = 0;
    std::uint64_t removed = 0;
    std::vector<std::promise<std::uint64_t>> waiting;
  };

  static Item item_of(backend::Batch batch);
  // Locked. False: stopped, and the item is as it was. `refused` takes what is to be freed without the lock.
  bool enqueue(Item& item, std::vector<std::vector<backend::Operation>>& refused);
  void work();
  // The next items of taken_, up to the bounds of a group; empties what was taken and takes what was submitted since,
  // waiting while there is nothing to do. False: stopped, and everything is finished.
  bool next_group(std::span<Item>& group);
  std::span<Item> cut_group();

  void run_group(std::span<Item> group);
  struct Attempt {
    std::size_t finished = 0;        // items from the front
    bool may_succeed_alone = false;  // for the others: execution failed, not the commit
  };
  Attempt attempt_group(std::span<Item> group);
  BatchOutcome execute(CheckedTransaction& transaction, const Item& item);
  // Settles and finishes the first items, as many as there are outcomes.
  void finish_all(std::span<Item> items, std::vector<BatchOutcome>& outcomes);
  void finish(Item& item, BatchOutcome outcome);
  // Completes the batch when all of the notifiers that it subscribes to are registered.
  void complete_registered(backend::Batch batch, std::vector<backend::OperationResult> results,
                           const std::vector<Effect>& subscriptions);
  void fail(Item& item);
  void take_place(Effect effect);

  [[nodiscard]] bool expiry_due() const;
  void begin_expiry(std::vector<std::promise<std::uint64_t>> waiting);
  void step_expiry();
  void end_expiry();

  const GroupCommitSettings settings_;
  QueueStore& store_;
  SubscriptionDirectory& directory_;
  backend::NotificationBackend& notifications_;
  backend::EventSink& events_;
  const Clock& clock_;
  const QueueEngine engine_;
  GroupCommitCounters counters_;

  // Of the thread.
  std::vector<Item> taken_;
  std::size_t company_ = 0;  // what a group waits for, at most: items of the last one, or nearly those of one before
  std::size_t next_ = 0;     // in taken_
  Load finished_;            // not yet subtracted from queued_
  ExpiryRun expiry_;
  SteadyTime next_expiry_;

  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> incoming_;
  std::size_t gathering_ = 0;  // the thread is to be woken when there are so many incoming_; 0: with the first
  Load queued_;
  std::vector<std::promise<std::uint64_t>> expiry_requests_;
  std::size_t unregistered_ = 0;  // batches that wait for that
  std::condition_variable all_registered_;
  bool stopping_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace sotto::queue
