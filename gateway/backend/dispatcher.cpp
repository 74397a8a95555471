#include "gateway/backend/dispatcher.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "libs/contract/operations.hpp"

namespace sotto::gateway {
namespace {

using backend::Operation;
using backend::OperationResult;

// Events of one batch that came too early; more are dropped, and the session resumes.
constexpr std::size_t kMaxHeld = 64;
// Ends of sessions that wait for a link; more are dropped. Nothing breaks: a directory knows sessions that are gone.
constexpr std::size_t kMaxEndsWaiting = 1'000'000;

template <class... Kinds>
bool is_one_of(const backend::Action& action) {
  return (std::holds_alternative<Kinds>(action) || ...);
}

// May be executed twice, and later than it was meant to, without harm.
bool only_reads(const Operation& operation) {
  return is_one_of<backend::Find, backend::Fetch, backend::Subscribe, backend::GetLink, backend::Inspect,
                   backend::SubscribeNotifier>(operation.action);
}

const RecipientId* subscribed_queue(const Operation& operation) {
  if (std::holds_alternative<backend::Subscribe>(operation.action)) return &operation.queue;
  const auto* create = std::get_if<backend::Create>(&operation.action);
  return create != nullptr && create->subscribe ? &create->record.recipient_id : nullptr;
}

}  // namespace

Dispatcher::Dispatcher(const GrpcBackendSettings& settings, std::uint64_t gateway, backend::EventSink& sink,
                       const Clock& clock, GrpcBackendCounters& counters)
    : settings_(settings), gateway_(gateway), sink_(sink), clock_(clock), counters_(counters) {}

Dispatcher::UnderWay Dispatcher::prepare(backend::Batch batch) const {
  UnderWay entry;
  entry.connection = batch.session.connection;
  entry.operations = batch.operations.size();
  entry.reads_only = true;
  for (const auto& operation : batch.operations) {
    entry.bytes += contract::body_bytes(operation);
    entry.reads_only = entry.reads_only && only_reads(operation);
    if (const auto* queue = subscribed_queue(operation)) entry.subscribes.push_back(*queue);
    entry.subscribes_notifier =
        entry.subscribes_notifier || std::holds_alternative<backend::SubscribeNotifier>(operation.action);
  }
  const auto now = clock_.steady_now();
  entry.deadline = now + settings_.batch_deadline;
  if (batch.deadline) entry.deadline = std::min(entry.deadline, *batch.deadline);
  entry.given_up_at = now + settings_.connect_grace;
  entry.done = std::move(batch.done);
  entry.content = std::make_shared<const std::vector<Operation>>(std::move(batch.operations));
  return entry;
}

void Dispatcher::submit_all(std::vector<backend::Batch> batches) {
  std::vector<UnderWay> entries;
  entries.reserve(batches.size());
  for (auto& batch : batches) entries.push_back(prepare(std::move(batch)));
  Aftermath aftermath;
  {
    const std::lock_guard lock(mutex_);
    for (auto& entry : entries) admit(std::move(entry), aftermath);
    counters_.sessions = sessions_.size();
    counters_.operations_in_flight = operations_;
    counters_.bytes_in_flight = bytes_;
  }
  carry_out(std::move(aftermath));
}

void Dispatcher::admit(UnderWay entry, Aftermath& aftermath) {
  ++counters_.batches;
  counters_.operations += entry.operations;
  const bool too_much =
      operations_ + entry.operations > settings_.max_operations || bytes_ + entry.bytes > settings_.max_bytes;
  if (too_much) ++counters_.overloaded;
  if (stopping_ || too_much) {
    aftermath.failed.push_back({.number = 0, .done = std::move(entry.done), .operations = entry.operations});
    return;
  }
  const auto number = next_number_++;
  operations_ += entry.operations;
  bytes_ += entry.bytes;
  auto& session = sessions_[entry.connection];
  session.under_way.push_back(number);
  auto& stored = under_way_.emplace(number, std::move(entry)).first->second;
  place(number, stored, session, aftermath);
}

std::shared_ptr<Link> Dispatcher::best_link() const {
  std::shared_ptr<Link> best;
  for (const auto& link : links_) {
    if (!link->leaving_ && (!best || link->sessions_ < best->sessions_)) best = link;
  }
  return best;
}

void Dispatcher::set_home(Session& session, std::shared_ptr<Link> link) {
  if (session.home) --session.home->sessions_;
  session.home = std::move(link);
  if (session.home) ++session.home->sessions_;
}

std::shared_ptr<Link> Dispatcher::route(Session& session) {
  // What comes later must not overtake what waits already.
  if (session.waiting > 0) return nullptr;
  // The batch itself is in under_way: another one keeps a session at a link that leaves.
  const bool stays = session.home && (!session.home->leaving_ || session.under_way.size() > 1);
  if (!stays) {
    auto link = best_link();
    if (!link) return nullptr;
    set_home(session, std::move(link));
  }
  return session.home;
}

void Dispatcher::place(std::uint64_t number, UnderWay& batch, Session& session, Aftermath& aftermath) {
  batch.at = route(session);
  batch.written = false;
  if (!batch.at) {
    ++session.waiting;
    waiting_.push_back(number);
    return;
  }
  ++batch.at->batches_;
  batch.at->unsent_.push_back({.kind = Link::Outgoing::Kind::batch, .number = number});
  aftermath.woken.push_back(batch.at);
}

void Dispatcher::end_session(backend::SessionRef session) {
  Aftermath aftermath;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(session.connection);
    if (found == sessions_.end()) return;
    const auto home = found->second.home;
    // Batches that wait for a link would register it once more.
    const auto under_way = found->second.under_way;
    for (const auto number : under_way) {
      const auto batch = under_way_.find(number);
      if (batch != under_way_.end() && !batch->second.at && !batch->second.completing) {
        fail(batch, counters_.unreachable, aftermath);
      }
    }
    set_home(found->second, nullptr);
    sessions_.erase(found);
    counters_.sessions = sessions_.size();
    to_resume_.erase(session.connection);
    if (!stopping_ || home) send_end(session.connection, home, aftermath);
  }
  carry_out(std::move(aftermath));
}

void Dispatcher::send_end(std::uint64_t connection, const std::shared_ptr<Link>& home, Aftermath& aftermath) {
  // Any service can end a session; the home has its batches before.
  auto link = home ? home : best_link();
  if (!link) {
    if (ends_waiting_.size() < kMaxEndsWaiting) ends_waiting_.push_back(connection);
    return;
  }
  link->unsent_.push_back({.kind = Link::Outgoing::Kind::end_session, .number = connection});
  aftermath.woken.push_back(std::move(link));
}

std::optional<Dispatcher::Frame> Dispatcher::take(Link& link) {
  Frame frame;
  std::size_t bytes = 0;
  const std::lock_guard lock(mutex_);
  while (!link.unsent_.empty()) {
    const auto next = link.unsent_.front();
    if (next.kind == Link::Outgoing::Kind::end_session) {
      frame.ended_connections.push_back(next.number);
      link.unsent_.pop_front();
      continue;
    }
    const auto found = under_way_.find(next.number);
    if (found == under_way_.end()) {  // too late
      link.unsent_.pop_front();
      continue;
    }
    auto& batch = found->second;
    const bool full = frame.batches.size() >= settings_.max_frame_batches ||
                      (bytes > 0 && bytes + batch.bytes > settings_.max_frame_bytes);
    if (full) break;
    bytes += batch.bytes;
    frame.batches.push_back({.number = next.number,
                             .connection = batch.connection,
                             .deadline = batch.deadline,
                             .operations = batch.reads_only ? batch.content : std::move(batch.content)});
    batch.written = true;
    link.unsent_.pop_front();
  }
  frame.half_close = link.leaving_ && link.batches_ == 0 && link.unsent_.empty();
  if (frame.batches.empty() && frame.ended_connections.empty() && !frame.half_close) return std::nullopt;
  return frame;
}

void Dispatcher::link_up(std::shared_ptr<Link> link) {
  Aftermath aftermath;
  {
    const std::lock_guard lock(mutex_);
    links_.push_back(link);
    counters_.streams_up = links_.size();
    ++counters_.attached;
    for (const auto number : std::exchange(waiting_, {})) {
      const auto found = under_way_.find(number);
      if (found == under_way_.end() || found->second.at) continue;
      auto& session = sessions_.at(found->second.connection);
      --session.waiting;
      // Those behind it wait no longer than it does: all of them are placed here.
      const auto still_waiting = std::exchange(session.waiting, 0);
      place(number, found->second, session, aftermath);
      session.waiting += still_waiting;
    }
    for (const auto connection : std::exchange(ends_waiting_, {})) send_end(connection, nullptr, aftermath);
    if (!to_resume_.empty()) aftermath.resumed = std::make_shared<Connections>(std::exchange(to_resume_, {}));
    aftermath.woken.push_back(std::move(link));
  }
  carry_out(std::move(aftermath));
}

void Dispatcher::link_leaving(const std::shared_ptr<Link>& link) {
  {
    const std::lock_guard lock(mutex_);
    link->leaving_ = true;
  }
  link->wake();
}

void Dispatcher::link_down(const std::shared_ptr<Link>& link, bool clean) {
  Aftermath aftermath;
  {
    const std::lock_guard lock(mutex_);
    if (std::erase(links_, link) == 0) return;
    counters_.streams_up = links_.size();
    ++counters_.lost;
    auto concerned = std::make_shared<Connections>();
    for (auto& [connection, session] : sessions_) {
      const bool lives_here = session.home == link;
      // The service may have had events for sessions of other links, too: it sends them down whichever it has.
      if (lives_here || !clean) concerned->insert(connection);
      if (!lives_here) continue;
      set_home(session, nullptr);
      move_session(session, *link, aftermath);
    }
    // Batches of sessions that have ended.
    std::vector<std::uint64_t> left;
    for (const auto& [number, batch] : under_way_) {
      if (batch.at == link && !batch.completing) left.push_back(number);
    }
    for (const auto number : left) fail(under_way_.find(number), counters_.interrupted, aftermath);
    for (const auto& outgoing : std::exchange(link->unsent_, {})) {
      if (outgoing.kind == Link::Outgoing::Kind::end_session) send_end(outgoing.number, nullptr, aftermath);
    }
    if (stopping_) {
      concerned->clear();
    } else if (!best_link()) {
      to_resume_.merge(*concerned);
      concerned->clear();
    }
    if (!concerned->empty()) aftermath.resumed = std::move(concerned);
  }
  carry_out(std::move(aftermath));
}

void Dispatcher::move_session(Session& session, const Link& from, Aftermath& aftermath) {
  std::vector<std::uint64_t> moved;
  const bool others = best_link() != nullptr;
  bool change_behind = false;
  // Backwards: a batch may be sent again when nothing behind it may have changed anything.
  const auto under_way = session.under_way;
  for (auto number = under_way.rbegin(); number != under_way.rend(); ++number) {
    const auto found = under_way_.find(*number);
    if (found == under_way_.end() || found->second.at.get() != &from || found->second.completing) continue;
    auto& batch = found->second;
    if (!batch.written) {
      moved.push_back(*number);
    } else if (batch.reads_only && !batch.sent_again && !change_behind && others && !stopping_) {
      batch.sent_again = true;
      ++counters_.sent_again;
      moved.push_back(*number);
    } else {
      change_behind = change_behind || !batch.reads_only;
      fail(found, counters_.interrupted, aftermath);
    }
  }
  for (auto number = moved.rbegin(); number != moved.rend(); ++number) {
    auto& batch = under_way_.at(*number);
    batch.given_up_at = clock_.steady_now() + settings_.connect_grace;
    place(*number, batch, session, aftermath);
  }
}

void Dispatcher::forget(Table::iterator batch, Aftermath& aftermath) {
  auto& entry = batch->second;
  operations_ -= entry.operations;
  bytes_ -= entry.bytes;
  counters_.operations_in_flight = operations_;
  counters_.bytes_in_flight = bytes_;
  if (const auto session = sessions_.find(entry.connection); session != sessions_.end()) {
    std::erase(session->second.under_way, batch->first);
    if (!entry.at) --session->second.waiting;
  }
  if (entry.at) {
    --entry.at->batches_;
    if (entry.at->leaving_ && entry.at->batches_ == 0) aftermath.woken.push_back(entry.at);
  }
  under_way_.erase(batch);
  if (under_way_.empty()) idle_.notify_all();
}

void Dispatcher::fail(Table::iterator batch, std::atomic<std::uint64_t>& reason, Aftermath& aftermath) {
  ++reason;
  aftermath.failed.push_back(
      {.number = batch->first, .done = std::move(batch->second.done), .operations = batch->second.operations});
  forget(batch, aftermath);
}

void Dispatcher::answered(std::uint64_t number, std::vector<OperationResult> results) {
  Aftermath aftermath;
  std::function<void(std::vector<OperationResult>)> done;
  bool subscribes = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = under_way_.find(number);
    if (found == under_way_.end() || found->second.completing) return;  // it was answered: too late
    auto& batch = found->second;
    if (results.size() != batch.operations) {
      if (!results.empty()) ++counters_.malformed;
      results.assign(batch.operations, {});
    }
    done = std::move(batch.done);
    subscribes = !batch.subscribes.empty() || batch.subscribes_notifier;
    if (subscribes) {
      batch.completing = true;  // events are held back until the completion was called
    } else {
      forget(found, aftermath);
    }
  }
  if (done) done(std::move(results));
  if (!subscribes) return carry_out(std::move(aftermath));

  UnderWay batch;
  {
    const std::lock_guard lock(mutex_);
    const auto found = under_way_.find(number);
    batch.connection = found->second.connection;
    batch.held = std::move(found->second.held);
    batch.resume_afterwards = found->second.resume_afterwards;
    forget(found, aftermath);
  }
  for (auto& event : batch.held) {
    sink_.deliver({.gateway = gateway_, .connection = batch.connection}, std::move(event));
  }
  if (batch.resume_afterwards) call_resume(std::make_shared<const Connections>(Connections{batch.connection}));
  carry_out(std::move(aftermath));
}

void Dispatcher::event(const Link& link, std::uint64_t connection, bool relayed, backend::Event event) {
  ++counters_.events;
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(connection);
    if (found == sessions_.end()) return;
    const bool in_order = !relayed && found->second.home.get() == &link;
    if (!in_order && hold_back(found->second, event)) return;
  }
  sink_.deliver({.gateway = gateway_, .connection = connection}, std::move(event));
}

bool Dispatcher::hold_back(const Session& session, backend::Event& event) {
  using backend::Role;
  const RecipientId* queue = nullptr;
  RecipientId named;
  if (const auto* ready = std::get_if<backend::MessageReady>(&event)) queue = &ready->queue;
  if (const auto* blocked = std::get_if<backend::Blocked>(&event)) queue = &blocked->queue;
  const auto* ended = std::get_if<backend::Ended>(&event);
  const auto* deleted = std::get_if<backend::Deleted>(&event);
  if ((ended != nullptr && ended->role == Role::recipient) ||
      (deleted != nullptr && deleted->role == Role::recipient)) {
    named.bytes = ended != nullptr ? ended->id : deleted->id;
    queue = &named;
  }
  for (auto number = session.under_way.rbegin(); number != session.under_way.rend(); ++number) {
    const auto found = under_way_.find(*number);
    if (found == under_way_.end()) continue;
    auto& batch = found->second;
    // A notifier is not named by the operation: any of them may be it.
    const bool of_this =
        queue != nullptr ? std::find(batch.subscribes.begin(), batch.subscribes.end(), *queue) != batch.subscribes.end()
                         : batch.subscribes_notifier;
    if (!of_this) continue;
    if (ended != nullptr || batch.held.size() >= kMaxHeld) {
      // Of the former subscription or of the new one? The service is asked.
      batch.resume_afterwards = true;
    } else {
      batch.held.push_back(std::move(event));
    }
    return true;
  }
  return false;
}

void Dispatcher::resume(const Link& link, Scope scope, const std::vector<std::uint64_t>& listed) {
  auto concerned = std::make_shared<Connections>();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (scope == Scope::listed) {
      for (const auto connection : listed) {
        if (sessions_.contains(connection)) concerned->insert(connection);
      }
    } else {
      for (const auto& [connection, session] : sessions_) {
        if (scope == Scope::gateway || session.home.get() == &link) concerned->insert(connection);
      }
    }
  }
  if (!concerned->empty()) call_resume(std::move(concerned));
}

void Dispatcher::call_resume(std::shared_ptr<const Connections> connections) {
  counters_.resumed_sessions += connections->size();
  sink_.resume([gateway = gateway_, connections = std::move(connections)](backend::SessionRef session) {
    return session.gateway == gateway && connections->contains(session.connection);
  });
}

void Dispatcher::look_at_deadlines() {
  Aftermath aftermath;
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.steady_now();
    std::vector<std::uint64_t> late;
    for (const auto& [number, batch] : under_way_) {
      if (!batch.completing && (batch.deadline <= now || (!batch.at && batch.given_up_at <= now)))
        late.push_back(number);
    }
    for (const auto number : late) {
      const auto found = under_way_.find(number);
      fail(found, found->second.at ? counters_.timeouts : counters_.unreachable, aftermath);
    }
  }
  carry_out(std::move(aftermath));
}

void Dispatcher::carry_out(Aftermath aftermath) {
  // A session hears of its batches in their order.
  std::stable_sort(aftermath.failed.begin(), aftermath.failed.end(),
                   [](const auto& a, const auto& b) { return a.number < b.number; });
  for (auto& failed : aftermath.failed) {
    if (failed.done) failed.done(std::vector<OperationResult>(failed.operations));
  }
  if (aftermath.resumed) call_resume(std::move(aftermath.resumed));
  std::sort(aftermath.woken.begin(), aftermath.woken.end());
  aftermath.woken.erase(std::unique(aftermath.woken.begin(), aftermath.woken.end()), aftermath.woken.end());
  for (const auto& link : aftermath.woken) link->wake();
}

void Dispatcher::finish(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  idle_.wait_for(lock, limit, [this] { return under_way_.empty(); });
}

void Dispatcher::abandon() {
  Aftermath aftermath;
  {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> left;
    for (const auto& [number, batch] : under_way_) left.push_back(number);
    for (const auto number : left) fail(under_way_.find(number), counters_.interrupted, aftermath);
    sessions_.clear();
    waiting_.clear();
    counters_.sessions = 0;
  }
  carry_out(std::move(aftermath));
}

}  // namespace sotto::gateway
