#include "services/queue/domain/group_commit.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "services/queue/domain/touches.hpp"

namespace sotto::queue {
namespace {

using backend::Batch;
using backend::OperationResult;

std::size_t link_bytes(const LinkBlob& link) {
  return link.fixed.size() + link.user.size();
}

std::size_t body_bytes(const backend::Action& action) {
  if (const auto* append = std::get_if<backend::Append>(&action)) return append->message->body.size();
  if (const auto* set_link = std::get_if<backend::SetLink>(&action)) return link_bytes(set_link->link);
  if (const auto* create = std::get_if<backend::Create>(&action)) return create->link ? link_bytes(*create->link) : 0;
  return 0;
}

// A result is `unavailable` unless somebody says otherwise.
std::vector<OperationResult> unavailable(std::size_t operations) {
  return std::vector<OperationResult>(operations);
}

void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace

GroupCommit::GroupCommit(const GroupCommitSettings& settings, QueueStore& store, SubscriptionDirectory& directory,
                         backend::NotificationBackend& notifications, backend::EventSink& events, const Clock& clock)
    : settings_(settings),
      store_(store),
      directory_(directory),
      notifications_(notifications),
      events_(events),
      clock_(clock),
      engine_(settings.rules, clock),
      next_expiry_(clock.steady_now() + std::chrono::duration_cast<SteadyTime::duration>(settings.expiry_interval)) {
  if (settings_.expire_on_start) begin_expiry({});
  thread_ = std::thread([this] { work(); });
}

GroupCommit::~GroupCommit() {
  stop();
}

GroupCommit::Item GroupCommit::item_of(Batch batch) {
  Item item;
  item.batch = std::move(batch);
  item.load.operations = item.batch.operations.size();
  for (const auto& operation : item.batch.operations) item.load.bytes += body_bytes(operation.action);
  return item;
}

bool GroupCommit::enqueue(Item& item, std::vector<std::vector<backend::Operation>>& refused) {
  if (stopping_) return false;
  if (queued_.operations + item.load.operations > settings_.max_queued_operations ||
      queued_.bytes + item.load.bytes > settings_.max_queued_bytes) {
    item.kind = Item::Kind::refuse;
    item.load.bytes = 0;
    refused.push_back(std::exchange(item.batch.operations, {}));
    count(counters_.overloaded, item.load.operations);
  }
  queued_.operations += item.load.operations;
  queued_.bytes += item.load.bytes;
  incoming_.push_back(std::move(item));
  return true;
}

void GroupCommit::submit_all(std::vector<Batch> batches) {
  std::vector<Item> items;
  items.reserve(batches.size());
  for (auto& batch : batches) items.push_back(item_of(std::move(batch)));

  std::vector<std::vector<backend::Operation>> refused;
  std::size_t taken = 0;
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t before = incoming_.size();
    while (taken < items.size() && enqueue(items[taken], refused)) ++taken;
    const std::size_t enough = std::max<std::size_t>(1, gathering_);
    wakes = before < enough && incoming_.size() >= enough;
  }
  if (wakes) wake_.notify_one();
  for (std::size_t i = taken; i < items.size(); ++i) {
    if (items[i].batch.done) items[i].batch.done(unavailable(items[i].load.operations));
  }
}

void GroupCommit::end_session(SessionRef session) {
  Item item;
  item.kind = Item::Kind::end_session;
  item.batch.session = session;
  std::unique_lock lock(mutex_);
  if (stopping_) return;
  incoming_.push_back(std::move(item));
  const bool wakes = incoming_.size() == std::max<std::size_t>(1, gathering_);
  lock.unlock();
  if (wakes) wake_.notify_one();
}

void GroupCommit::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  std::unique_lock lock(mutex_);
  all_registered_.wait(lock, [this] { return unregistered_ == 0; });
}

std::uint64_t GroupCommit::expire_now() {
  std::future<std::uint64_t> removed;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return 0;
    removed = expiry_requests_.emplace_back().get_future();
  }
  wake_.notify_one();
  return removed.get();
}

void GroupCommit::work() {
  std::span<Item> group;
  while (next_group(group)) {
    run_group(group);
    if (expiry_.active) step_expiry();
  }
  end_expiry();
  const std::lock_guard lock(mutex_);
  for (auto& request : expiry_requests_) request.set_value(0);
}

bool GroupCommit::next_group(std::span<Item>& group) {
  const bool all_taken = next_ == taken_.size();
  if (all_taken) {
    taken_.clear();
    next_ = 0;
  }
  std::vector<std::promise<std::uint64_t>> requests;
  {
    std::unique_lock lock(mutex_);
    queued_.operations -= finished_.operations;
    queued_.bytes -= finished_.bytes;
    finished_ = {};
    if (all_taken) {
      const auto something_to_do = [this] { return !incoming_.empty() || !expiry_requests_.empty() || stopping_; };
      if (!expiry_.active && !expiry_due()) {
        if (settings_.expiry_interval.count() > 0) {
          wake_.wait_for(lock, next_expiry_ - clock_.steady_now(), something_to_do);
        } else {
          wake_.wait(lock, something_to_do);
        }
      }
      if (stopping_ && incoming_.empty()) return false;
      if (settings_.gather.count() > 0 && incoming_.size() < company_) {
        gathering_ = company_;
        wake_.wait_for(lock, settings_.gather, [this] { return incoming_.size() >= gathering_ || stopping_; });
        gathering_ = 0;
      }
      taken_.swap(incoming_);
      company_ = std::max(taken_.size(), company_ - (company_ + 3) / 4);
    }
    if (!expiry_.active) requests.swap(expiry_requests_);
  }
  if (!requests.empty() || (!expiry_.active && expiry_due())) begin_expiry(std::move(requests));
  group = cut_group();
  return true;
}

std::span<GroupCommit::Item> GroupCommit::cut_group() {
  const std::size_t first = next_;
  Load load;
  while (next_ < taken_.size() && load.operations < settings_.max_group_operations &&
         load.bytes < settings_.max_group_bytes) {
    const Load& added = taken_[next_++].load;
    // An item without operations counts as well, so that a group of them has an end.
    load.operations += std::max<std::size_t>(added.operations, 1);
    load.bytes += added.bytes;
  }
  return {taken_.data() + first, next_ - first};
}

void GroupCommit::run_group(std::span<Item> group) {
  if (group.empty()) return;
  count(counters_.groups);
  const Attempt attempt = attempt_group(group);
  const auto unfinished = group.subspan(attempt.finished);
  if (unfinished.empty()) return;
  const bool again = attempt.may_succeed_alone && unfinished.size() > 1;
  for (std::size_t i = 0; i < unfinished.size(); ++i) {
    if (again) {
      run_group(unfinished.subspan(i, 1));
    } else {
      fail(unfinished[i]);
    }
  }
}

GroupCommit::Attempt GroupCommit::attempt_group(std::span<Item> group) {
  Attempt attempt;
  std::vector<Touch> touches;
  for (const auto& item : group) {
    for (const auto& operation : item.batch.operations) add_touches(operation, touches);
  }
  const auto started = clock_.steady_now();
  auto begun = store_.begin(touches);
  if (!begun.ok()) {
    count(counters_.store_failures);
    return attempt;
  }
  std::optional<CheckedTransaction> transaction(std::move(begun).value());

  std::vector<BatchOutcome> outcomes;
  const auto finish_executed = [&] {
    finish_all(group.subspan(attempt.finished, outcomes.size()), outcomes);
    attempt.finished += outcomes.size();
    outcomes.clear();
  };
  for (std::size_t i = 0; i < group.size(); ++i) {
    const bool wrote_before = transaction->wrote();
    BatchOutcome outcome = execute(*transaction, group[i]);
    if (transaction->failed()) {
      count(counters_.store_failures);
      if (!wrote_before && !directory_.shared()) finish_executed();
      attempt.may_succeed_alone = true;
      return attempt;
    }
    if (!wrote_before && transaction->wrote() && !directory_.shared()) finish_executed();
    outcomes.push_back(std::move(outcome));
  }
  if (transaction->wrote()) {
    if (const auto committed = transaction->commit(); !committed) {
      count(counters_.store_failures);
      attempt.may_succeed_alone = committed.error().code == ErrorCode::conflict;
      return attempt;
    }
    count(counters_.commits);
    counters_.group_times.add(clock_.steady_now() - started);
  }
  transaction.reset();
  finish_executed();
  return attempt;
}

void GroupCommit::finish_all(std::span<Item> items, std::vector<BatchOutcome>& outcomes) {
  std::vector<Unsettled> unsettled;
  unsettled.reserve(outcomes.size());
  for (std::size_t first = 0; first < outcomes.size();) {
    // The end of a session has its place in the order where that costs nothing. In a shared directory it comes when it
    // comes: there, others look at the same time anyway.
    std::size_t end = first;
    unsettled.clear();
    while (end < outcomes.size()) {
      const bool ends_session = items[end].kind == Item::Kind::end_session;
      unsettled.push_back({items[end].batch.session, &outcomes[end]});
      ++end;
      if (ends_session && !directory_.shared()) break;
    }
    if (!settle(unsettled, directory_, store_)) count(counters_.unsettled);
    const backend::Together together(events_);
    for (; first < end; ++first) finish(items[first], std::move(outcomes[first]));
  }
}

BatchOutcome GroupCommit::execute(CheckedTransaction& transaction, const Item& item) {
  BatchOutcome outcome;
  switch (item.kind) {
    case Item::Kind::execute:
      if (!item.batch.deadline || *item.batch.deadline > clock_.steady_now()) {
        return engine_.execute(transaction, item.batch);
      }
      count(counters_.late, item.load.operations);
      outcome.results = unavailable(item.load.operations);
      break;
    case Item::Kind::refuse:
      outcome.results = unavailable(item.load.operations);
      break;
    case Item::Kind::end_session:
      break;
  }
  return outcome;
}

void GroupCommit::finish(Item& item, BatchOutcome outcome) {
  // Freed here, and with it the bodies, rather than when all that was taken is finished.
  Batch batch = std::exchange(item.batch, {});
  finished_.operations += item.load.operations;
  finished_.bytes += item.load.bytes;
  if (item.kind == Item::Kind::end_session) {
    directory_.end_session(batch.session);
    notifications_.end_session(batch.session);
    return;
  }
  count(counters_.batches);
  count(counters_.operations, item.load.operations);
  if (outcome.expired > 0) count(counters_.expired, outcome.expired);
  if (outcome.blocked > 0) count(counters_.blocked, outcome.blocked);
  if (outcome.unblocked > 0) count(counters_.unblocked, outcome.unblocked);
  std::vector<Effect> subscriptions;
  for (auto& effect : outcome.effects) {
    const bool subscribes =
        std::holds_alternative<SubscribeToNotifier>(effect) || std::holds_alternative<SubscribeToService>(effect);
    if (subscribes) subscriptions.push_back(effect);
  }
  if (!subscriptions.empty()) {
    complete_registered(std::move(batch), std::move(outcome.results), subscriptions);
  } else if (batch.done) {
    batch.done(std::move(outcome.results));
  }
  for (auto& effect : outcome.effects) take_place(std::move(effect));
}

void GroupCommit::complete_registered(Batch batch, std::vector<OperationResult> results,
                                      const std::vector<Effect>& subscriptions) {
  {
    const std::lock_guard lock(mutex_);
    ++unregistered_;
  }
  struct Waiting {
    Batch batch;
    std::vector<OperationResult> results;
    std::atomic<std::size_t> left{0};
  };
  auto waiting = std::make_shared<Waiting>();
  waiting->batch = std::move(batch);
  waiting->results = std::move(results);
  waiting->left = subscriptions.size();
  const auto registered = [this, waiting] {
    if (--waiting->left > 0) return;
    if (waiting->batch.done) waiting->batch.done(std::move(waiting->results));
    const std::lock_guard lock(mutex_);
    --unregistered_;
    all_registered_.notify_all();
  };
  for (const auto& effect : subscriptions) {
    if (const auto* one = std::get_if<SubscribeToNotifier>(&effect)) {
      notifications_.subscribe(one->notifier, one->former, one->session, one->resume, registered);
    } else if (const auto* all = std::get_if<SubscribeToService>(&effect)) {
      notifications_.subscribe_service(all->service, all->session, all->resume, registered);
    }
  }
}

void GroupCommit::fail(Item& item) {
  BatchOutcome outcome;
  if (item.kind != Item::Kind::end_session) outcome.results = unavailable(item.load.operations);
  finish(item, std::move(outcome));
}

void GroupCommit::take_place(Effect effect) {
  std::visit(
      [this](auto&& what) {
        using Kind = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<Kind, AskDirectory> || std::is_same_v<Kind, SubscribeToNotifier> ||
                      std::is_same_v<Kind, SubscribeToService>) {
          // Settled, or registered, before.
        } else if constexpr (std::is_same_v<Kind, SendEvent>) {
          events_.deliver(what.to, std::move(what.event));
        } else if constexpr (std::is_same_v<Kind, PushNotification>) {
          notifications_.push(what.notifier, std::move(what.notification));
        } else {
          static_assert(std::is_same_v<Kind, RemoveNotifier>);
          notifications_.remove(what.notifier, what.by);
        }
      },
      std::move(effect));
}

bool GroupCommit::expiry_due() const {
  return settings_.expiry_interval.count() > 0 && clock_.steady_now() >= next_expiry_;
}

void GroupCommit::begin_expiry(std::vector<std::promise<std::uint64_t>> waiting) {
  expiry_.active = true;
  expiry_.cutoff = expiry_cutoff(settings_.rules, clock_);
  expiry_.removed = 0;
  expiry_.waiting = std::move(waiting);
}

void GroupCommit::step_expiry() {
  bool more = false;
  auto begun = store_.begin({});
  if (begun.ok()) {
    CheckedTransaction transaction(std::move(begun).value());
    const Expired expired = transaction.expire(expiry_.cutoff, settings_.expiry_batch);
    // Also when no message was removed: the store may have tidied its index.
    if (transaction.commit()) {
      count(counters_.commits);
      count(counters_.expired, expired.messages);
      expiry_.removed += expired.messages;
      more = expired.more;
    } else {
      count(counters_.store_failures);
    }
  } else {
    count(counters_.store_failures);
  }
  // After a failure the run is over, too: the next one goes on with what is left.
  if (!more) end_expiry();
}

void GroupCommit::end_expiry() {
  expiry_.active = false;
  next_expiry_ = clock_.steady_now() + std::chrono::duration_cast<SteadyTime::duration>(settings_.expiry_interval);
  for (auto& waiting : expiry_.waiting) waiting.set_value(expiry_.removed);
  expiry_.waiting.clear();
}

}  // namespace sotto::queue
