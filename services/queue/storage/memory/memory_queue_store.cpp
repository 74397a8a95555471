#include "services/queue/storage/memory/memory_queue_store.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include "services/queue/domain/service_changes.hpp"

namespace sotto::queue {
namespace {

Error no_such_queue() {
  return {ErrorCode::internal, "the queue that a store was asked to change is not there"};
}

template <class IdType>
std::optional<RecipientId> look_up(const std::unordered_map<IdType, RecipientId>& map, ByteView id) {
  const auto key = IdType::from(id);
  if (!key) return std::nullopt;
  const auto found = map.find(*key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

}  // namespace

// Writes go to the maps at once, and each leaves behind how to take it back. Nobody else looks at the maps while a
// transaction is open, so that is as good as a copy and costs nothing to read.
class MemoryQueueStore::Transaction final : public QueueTransaction {
 public:
  explicit Transaction(MemoryQueueStore& store) : store_(store) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() override {
    for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) (*undo)();
  }

  Result<RecordPtr> find(const RecipientId& id) override {
    const Queue* queue = queue_of(id);
    return queue != nullptr ? queue->record : nullptr;
  }

  Result<std::optional<RecipientId>> resolve(Role role, ByteView id) override {
    switch (role) {
      case Role::sender:
        return look_up(store_.senders_, id);
      case Role::notifier:
        return look_up(store_.notifiers_, id);
      case Role::link:
        return look_up(store_.links_, id);
      case Role::recipient:
        break;
    }
    auto key = RecipientId::from(id);
    if (key && queue_of(*key) == nullptr) key.reset();
    return key;
  }

  Status insert(const QueueRecord& record) override {
    Queue queue;
    queue.record = std::make_shared<const QueueRecord>(record);
    put_queue(std::move(queue));
    undo_.emplace_back([this, id = record.recipient_id] { take_queue(id); });
    return ok_status();
  }

  Status update(const QueueRecord& before, const QueueRecord& after) override {
    Queue* queue = queue_of(before.recipient_id);
    if (queue == nullptr) return no_such_queue();
    RecordPtr former = queue->record;
    replace_record(*queue, std::make_shared<const QueueRecord>(after));
    undo_.emplace_back([this, former = std::move(former)] { replace_record(*queue_of(former->recipient_id), former); });
    return ok_status();
  }

  Status erase(const QueueRecord& record) override {
    if (queue_of(record.recipient_id) == nullptr) return no_such_queue();
    // Shared because std::function can only hold what can be copied.
    auto former = std::make_shared<Queue>(take_queue(record.recipient_id));
    undo_.emplace_back([this, former] { put_queue(std::move(*former)); });
    return ok_status();
  }

  Status put_link(const RecipientId& id, const LinkBlob& link) override { return set_link(id, link); }
  Status erase_link(const RecipientId& id) override { return set_link(id, std::nullopt); }
  Result<std::optional<LinkBlob>> link(const RecipientId& id) override {
    const Queue* queue = queue_of(id);
    return queue != nullptr ? queue->link : std::nullopt;
  }

  Result<QueueState> state(const RecipientId& id) override {
    const Queue* queue = queue_of(id);
    if (queue == nullptr) return QueueState{};
    return QueueState{.messages = static_cast<std::uint32_t>(queue->messages.size()), .full = queue->full};
  }

  Status append(const RecipientId& id, const MessagePtr& message, bool marks_full) override {
    Queue* queue = queue_of(id);
    if (queue == nullptr) return no_such_queue();
    put_message(*queue, queue->messages.size(), message);
    const bool was_full = std::exchange(queue->full, queue->full || marks_full);
    undo_.emplace_back([this, id, was_full] {
      Queue& changed = *queue_of(id);
      take_message(changed, changed.messages.size() - 1);
      changed.full = was_full;
    });
    return ok_status();
  }

  Result<MessagePtr> head(const RecipientId& id) override {
    const Queue* queue = queue_of(id);
    if (queue == nullptr || queue->messages.empty()) return MessagePtr{};
    return queue->messages.front();
  }

  Result<std::optional<MessageId>> head_id(const RecipientId& id) override {
    const Queue* queue = queue_of(id);
    if (queue == nullptr || queue->messages.empty()) return std::optional<MessageId>();
    return std::optional(queue->messages.front()->id);
  }

  Status pop(const RecipientId& id) override {
    Queue* queue = queue_of(id);
    if (queue == nullptr || queue->messages.empty()) return no_such_queue();
    remove_message(*queue, 0);
    return ok_status();
  }

  Result<Service> know_service(const Service& service) override {
    const auto [known, added] = store_.services_.try_emplace(service.certificate_hash, service);
    if (added) undo_.emplace_back([this, hash = service.certificate_hash] { store_.services_.erase(hash); });
    return known->second;
  }

  Result<IdSet> service_ids(const ServiceId& service) override {
    const auto found = store_.service_queues_.find(service);
    return found == store_.service_queues_.end() ? IdSet{} : found->second.ids;
  }

  Result<ServicePage> list_service(const ServiceId& service, const RecipientId& after, std::size_t limit) override {
    ServicePage page;
    const auto found = store_.service_queues_.find(service);
    if (found == store_.service_queues_.end()) return page;
    const auto& queues = found->second.queues;
    for (auto queue = queues.upper_bound(after); queue != queues.end(); ++queue) {
      if (limit-- == 0) {
        page.more = true;
        break;
      }
      page.last = *queue;
      if (!queue_of(*queue)->messages.empty()) page.with_messages.push_back(*queue);
    }
    return page;
  }

  Result<Expired> expire(std::int64_t cutoff, std::size_t limit) override {
    Expired out;
    auto& index = store_.by_second_;
    while (!index.empty() && index.begin()->first.first < cutoff) {
      if (out.messages == limit) {
        out.more = true;
        break;
      }
      const auto& [second, id] = index.begin()->first;
      Queue& queue = *queue_of(id);
      const auto oldest = std::find_if(queue.messages.begin(), queue.messages.end(),
                                       [at = second](const MessagePtr& message) { return message->seconds == at; });
      remove_message(queue, static_cast<std::size_t>(oldest - queue.messages.begin()));
      ++out.messages;
    }
    return out;
  }

  Status commit() override {
    undo_.clear();
    // Unsigned sums wrap, so a negative change adds up as it should.
    store_.total_queues_.fetch_add(queues_change_, std::memory_order_relaxed);
    store_.total_messages_.fetch_add(messages_change_, std::memory_order_relaxed);
    queues_change_ = 0;
    messages_change_ = 0;
    return ok_status();
  }

 private:
  Queue* queue_of(const RecipientId& id) {
    const auto found = store_.queues_.find(id);
    return found != store_.queues_.end() ? &found->second : nullptr;
  }

  // Adds what the records that came and went mean for services.
  void note_services(const ServiceChanges& changes) {
    for (const auto& [service, ids] : changes.ids()) store_.service_queues_[service].ids.add(ids);
    for (const auto& [key, belongs] : changes.queues()) {
      auto& queues = store_.service_queues_[key.first].queues;
      if (belongs) {
        queues.insert(key.second);
      } else {
        queues.erase(key.second);
      }
    }
  }

  void put_ids(const QueueRecord& record) {
    ServiceChanges changes;
    changes.inserted(record);
    note_services(changes);
    if (record.notifier) store_.notifiers_.insert_or_assign(record.notifier->id, record.recipient_id);
    if (record.link_id) store_.links_.insert_or_assign(*record.link_id, record.recipient_id);
  }
  void take_ids(const QueueRecord& record) {
    ServiceChanges changes;
    changes.erased(record);
    note_services(changes);
    if (record.notifier) store_.notifiers_.erase(record.notifier->id);
    if (record.link_id) store_.links_.erase(*record.link_id);
  }

  void put_queue(Queue queue) {
    const QueueRecord& record = *queue.record;
    store_.senders_.insert_or_assign(record.sender_id, record.recipient_id);
    put_ids(record);
    for (const auto& message : queue.messages) ++store_.by_second_[{message->seconds, record.recipient_id}];
    messages_change_ += queue.messages.size();
    ++queues_change_;
    const RecipientId id = record.recipient_id;
    store_.queues_.insert_or_assign(id, std::move(queue));
  }
  Queue take_queue(const RecipientId& id) {
    auto node = store_.queues_.extract(id);
    Queue& queue = node.mapped();
    store_.senders_.erase(queue.record->sender_id);
    take_ids(*queue.record);
    for (const auto& message : queue.messages) forget_second(*message, id);
    messages_change_ -= queue.messages.size();
    --queues_change_;
    return std::move(queue);
  }

  void replace_record(Queue& queue, RecordPtr record) {
    take_ids(*queue.record);
    put_ids(*record);
    queue.record = std::move(record);
  }

  Status set_link(const RecipientId& id, std::optional<LinkBlob> link) {
    Queue* queue = queue_of(id);
    if (queue == nullptr) return no_such_queue();
    auto former = std::exchange(queue->link, std::move(link));
    undo_.emplace_back([this, id, former = std::move(former)] { queue_of(id)->link = former; });
    return ok_status();
  }

  void forget_second(const backend::StoredMessage& message, const RecipientId& id) {
    const auto bucket = store_.by_second_.find({message.seconds, id});
    if (--bucket->second == 0) store_.by_second_.erase(bucket);
  }
  void put_message(Queue& queue, std::size_t position, MessagePtr message) {
    ++store_.by_second_[{message->seconds, queue.record->recipient_id}];
    queue.messages.insert(queue.messages.begin() + static_cast<std::ptrdiff_t>(position), std::move(message));
    ++messages_change_;
  }
  MessagePtr take_message(Queue& queue, std::size_t position) {
    const auto at = queue.messages.begin() + static_cast<std::ptrdiff_t>(position);
    MessagePtr message = std::move(*at);
    queue.messages.erase(at);
    if (queue.messages.empty()) queue.messages.shrink_to_fit();
    forget_second(*message, queue.record->recipient_id);
    --messages_change_;
    return message;
  }
  void remove_message(Queue& queue, std::size_t position) {
    const bool was_full = queue.full;
    MessagePtr message = take_message(queue, position);
    if (queue.messages.empty()) queue.full = false;
    undo_.emplace_back([this, id = queue.record->recipient_id, position, was_full, message = std::move(message)] {
      Queue& changed = *queue_of(id);
      put_message(changed, position, message);
      changed.full = was_full;
    });
  }

  MemoryQueueStore& store_;
  std::vector<std::function<void()>> undo_;
  std::uint64_t queues_change_ = 0;
  std::uint64_t messages_change_ = 0;
};

Result<std::unique_ptr<QueueTransaction>> MemoryQueueStore::begin(std::span<const Touch> /*touched*/) {
  return std::unique_ptr<QueueTransaction>(std::make_unique<Transaction>(*this));
}

Result<std::vector<RecipientId>> MemoryQueueStore::with_messages(std::span<const RecipientId> queues) {
  std::vector<RecipientId> out;
  for (const auto& id : queues) {
    const auto found = queues_.find(id);
    if (found != queues_.end() && !found->second.messages.empty()) out.push_back(id);
  }
  return out;
}

StoreTotals MemoryQueueStore::totals() const {
  return {.queues = total_queues_.load(std::memory_order_relaxed),
          .messages = total_messages_.load(std::memory_order_relaxed)};
}

}  // namespace sotto::queue
