// QueueBackend: what the gateway asks of the queue service, whether it is in this process (standalone) or behind gRPC.
// The gateway looks a queue up (Find), verifies the command against the record itself, and sends the operation with the
// record's version; the service refuses a stale version with the fresh record, and the gateway verifies again.
//
// Threads: submit() and end_session() may be called from any thread. Completions and events are called on a thread of
// the backend's own, must not block and must not throw.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "libs/backend/id_set.hpp"
#include "libs/backend/record.hpp"
#include "libs/base/clock.hpp"

namespace sotto::backend {

// A connection of a gateway. `gateway` tells gateways apart (a random number of each process; 0 in standalone).
// `connection` is never reused, and tells which of two connections is the newer one, on whichever gateways they are: it
// is the time when it was accepted (microseconds since 1970) in its upper 56 bits.
struct SessionRef {
  std::uint64_t gateway = 0;
  std::uint64_t connection = 0;
  friend auto operator<=>(const SessionRef&, const SessionRef&) = default;
};

// The record by one of its ids. ok with the record; gone when there is none.
struct Find {
  Role role = Role::recipient;
  std::array<std::uint8_t, kIdSize> id{};
};
// A new queue, ids included (made by the gateway). conflict when one of its ids is taken. `subscribe`: the session is
// its subscriber at once.
struct Create {
  QueueRecord record;
  std::optional<LinkBlob> link;  // present exactly when record.link_id is
  bool subscribe = false;
};
// KEY, SKEY, LKEY: sets the sender key once. The same key again is ok; another one is refused. `by_sender`: refused
// unless the mode is messaging. `with_link` (LKEY): the result holds the link data.
struct Secure {
  crypto::PublicKey key;
  bool by_sender = false;
  bool with_link = false;
};
// SKEY for a queue of which the gateway has no record: the authorization was verified with the key that the command
// brings, so nothing of the record is needed for it. As Secure with `by_sender`; gone when no queue has this sender id.
// Result: the record, also when it stays as it was or the key is refused. A service of a version before this one
// answers `unavailable`.
struct SecureBySender {
  SenderId sender_id;
  crypto::PublicKey key;
};
// RKEY: refused unless the mode is contact. Precondition: at least one key.
struct SetRecipientKeys {
  std::vector<crypto::PublicKey> keys;
};
// LSET: refused when the link id or the fixed part differ from what is set, when the link id is another queue's, or for
// a secured messaging queue. A queue without mode counts as messaging once it is secured.
struct SetLink {
  LinkId link_id;
  LinkBlob link;
};
// LDEL: ok also when there is none.
struct DeleteLink {};
// LGET: the result holds the link data. Refused unless the mode is contact, or none without a sender key.
struct GetLink {};
// NKEY: replaces the former notifier, whose subscriber is told that it is deleted. conflict when the id is taken.
struct SetNotifier {
  Notifier notifier;
};
// NDEL: ok also when there is none.
struct DeleteNotifier {};
// OFF: idempotent.
struct Suspend {};
// DEL: the queue, its ids, link and messages; subscribers of other sessions (and its notifier's) are told.
struct Delete {};
// SUB: the session becomes the subscriber; another session that was gets Ended. Result: `messages`.
// `resume`: the gateway says again what it knows already, because the directory may have lost it. Whatever the version
// of the record; refused when the subscriber is a newer connection. A blocked queue keeps its subscriber, so resuming
// does its work there, too, and is answered blocked when it would have been ok.
// `service`: the service that the session acts for; the queue belongs to it afterwards, and to none without. What
// subscribes to a queue of a service is the service (SubscribeService), so its session becomes the service's.
struct Subscribe {
  bool resume = false;  // the service of the queue stays as it is; refused when it is another one
  std::optional<ServiceId> service = std::nullopt;
};
// The oldest message, or none; nothing changes. `if_subscribed`: the session was the subscriber when it was last heard
// of; refused when another one is now. When none is, the directory has lost it, and the session is from now on.
struct Fetch {
  bool if_subscribed = false;
};
// ACK: removes the oldest message when it has this id (another id, for example of an expired one, removes nothing).
// `then_next`: the result holds the message that is the oldest afterwards.
struct Ack {
  MessageId message_id;
  bool then_next = false;
};
// SEND. ok; quota (and a marker was written, or is there already); refused when the queue is off; blocked. When the
// queue was empty, its subscriber gets MessageReady. The first Append to a secured messaging queue deletes its link
// data. `notification` is handed to the notifier named in the record, after commit.
struct Append {
  MessagePtr message;
  std::optional<Notification> notification;
};
// QUE. Result: `messages`, `message` (the oldest), `subscribed`.
struct Inspect {};
// NSUB: the session becomes the notifier's subscriber; another session that was gets Ended. `resume`: as in Subscribe,
// and refused when `notifier`, which is not looked at otherwise, is not the queue's notifier any more.
struct SubscribeNotifier {
  bool resume = false;
  NotifierId notifier;
  std::optional<ServiceId> service = std::nullopt;  // as in Subscribe
};

// Services. These are about no queue.

// The service is known from now on. refused: its certificate is that of a service with another role.
struct RegisterService {
  Service service;
};
// SUBS, NSUBS: the session becomes the subscriber of all queues (M) or notifiers (N) of the service; another session
// that was gets ServiceEnded. Result: `service` says how many there are. Pending notifications follow; messages are
// asked for with ListService. `resume`: as in Subscribe.
struct SubscribeService {
  Service service;
  bool resume = false;
};
// Which queues of the service have messages, page by page: at most `limit` queues behind `after` (in the order of their
// ids) are looked at. Result: `service`.
struct ListService {
  ServiceId id;
  RecipientId after;  // all zero: from the first
  std::uint32_t limit = 1000;
};

// What administrators do (services/queue/domain/queue_administration.hpp). Done to a blocked queue, too. Gateways have
// no use for these, and libs/contract has no words for them.

// Messages, subscriptions and all else stay as they are. The subscriber gets Blocked. Blocking a blocked queue replaces
// reason and notice; the same ones again change nothing.
struct Block {
  Blocking blocking;
};
// The queue is active, even if it was off before it was blocked; ok, and nothing changes, when it is not blocked. When
// there are messages, the subscriber gets MessageReady.
struct Unblock {};
// As Delete.
struct Remove {};

using Action = std::variant<Find, Create, Secure, SecureBySender, SetRecipientKeys, SetLink, DeleteLink, GetLink,
                            SetNotifier, DeleteNotifier, Suspend, Delete, Subscribe, Fetch, Ack, Append, Inspect,
                            SubscribeNotifier, RegisterService, SubscribeService, ListService, Block, Unblock, Remove>;

template <class Kind>
inline constexpr bool kOfAdministrators =
    std::is_same_v<Kind, Block> || std::is_same_v<Kind, Unblock> || std::is_same_v<Kind, Remove>;

// Actions that find no queue by Operation::queue.
template <class Kind>
inline constexpr bool kOfNoQueue = std::is_same_v<Kind, Find> || std::is_same_v<Kind, Create> ||
                                   std::is_same_v<Kind, SecureBySender> || std::is_same_v<Kind, RegisterService> ||
                                   std::is_same_v<Kind, SubscribeService> || std::is_same_v<Kind, ListService>;

struct Operation {
  RecipientId queue;          // ignored by actions of no queue
  std::uint64_t version = 0;  // of the record that was verified; likewise
  Action action;
};

enum class Outcome : std::uint8_t {
  ok,
  stale,        // the version has moved on; `record` is the fresh one; nothing was done
  gone,         // no such queue
  refused,      // the rules say no (AUTH on the wire)
  blocked,      // the queue is blocked; `record` says why. Given for every operation but Find and administrators'
  quota,        // Append only
  conflict,     // an id is taken
  unavailable,  // the store could not answer or could not commit; nothing was done
};

// What services are told.
struct ServiceResult {
  IdSet ids;  // SubscribeService: of all its queues or notifiers
  // ListService:
  std::vector<RecipientId> with_messages;  // of the queues that were looked at
  RecipientId last;                        // the last of them: the next page is behind it
  bool more = false;                       // there may be queues behind it
};

struct OperationResult {
  Outcome outcome = Outcome::unavailable;
  RecordPtr record;  // Find, SecureBySender, every operation that changed the record (the new one), stale, blocked
  MessagePtr message;
  std::optional<LinkBlob> link;
  std::uint32_t messages = 0;
  bool subscribed = false;
  std::shared_ptr<const ServiceResult> service = nullptr;
};

struct Batch {
  SessionRef session;
  // When the client has given up: work that has not begun by then is not begun, and answered `unavailable`. Absent:
  // none.
  std::optional<SteadyTime> deadline = std::nullopt;
  // Executed in order; batches of one session, too, in the order of submit().
  std::vector<Operation> operations;
  // One result per operation, in order. Called exactly once, after what the operations changed is durable.
  std::function<void(std::vector<OperationResult>)> done;
};

class QueueBackend {
 public:
  virtual ~QueueBackend() = default;
  // Takes them in this order. What is handed over together goes on together: under one lock, in one frame.
  virtual void submit_all(std::vector<Batch> batches) = 0;
  void submit(Batch batch) {
    std::vector<Batch> one;
    one.push_back(std::move(batch));
    submit_all(std::move(one));
  }
  // The connection is gone: it subscribes to nothing any more.
  virtual void end_session(SessionRef session) = 0;
};

// Events for a session.
struct MessageReady {  // an Append to a queue that was empty, or its queue was unblocked
  RecipientId queue;
  MessagePtr message;  // a null pointer: it is to be fetched
};
struct Ended {  // another session subscribed
  Role role = Role::recipient;
  std::array<std::uint8_t, kIdSize> id{};
};
struct Deleted {  // the queue, or the notifier's credentials
  Role role = Role::recipient;
  std::array<std::uint8_t, kIdSize> id{};
};
struct Notified {
  NotifierId notifier_id;
  std::vector<Notification> notifications;
};
// The queue was blocked, or reason or notice changed. The session stays its subscriber.
struct Blocked {
  RecipientId queue;
  Blocking blocking;
};
// Another session of the service took over all that it subscribes to.
struct ServiceEnded {
  ServiceId service;
};
using Event = std::variant<MessageReady, Ended, Deleted, Notified, Blocked, ServiceEnded>;

class EventSink {
 public:
  virtual ~EventSink() = default;
  // Events of one session arrive in the order in which they happened, and after the completion of the operation that
  // made the session subscribe; in a platform those of one replica do, and what another one says may come before.
  virtual void deliver(SessionRef session, Event event) = 0;
  // Between these two the calling thread delivers events and completes batches that belong together (those of a
  // group, of a frame): they may go on together at the end, rather than wake somebody for each. Any threads, each for
  // itself; not nested.
  virtual void hold() {}
  virtual void release() {}
  // Subscriptions may have been lost, or events of them: every session for which `concerned` holds says again what it
  // subscribes to (Subscribe with `resume`), paced, and looks at what waits in those queues. `concerned` may be called
  // from any thread, for a while.
  virtual void resume(std::function<bool(SessionRef)> concerned) = 0;
};

// hold() and release() of a sink, which must outlive it. Of one thread.
class Together {
 public:
  explicit Together(EventSink& sink) : sink_(sink) { sink_.hold(); }
  ~Together() { sink_.release(); }
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

 private:
  EventSink& sink_;
};

}  // namespace sotto::backend
