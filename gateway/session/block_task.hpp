// BlockTask: what happens to one block of commands, from bytes to responses (docs/architecture.md, "Life of a
// message"). Records of the queues are looked up, every command is verified against its record, operations go to the
// backend with the record's version, and results become responses in the order of the commands.
//
// Commands of one block that name the same queue are done one after the other ("waves"), as if they had come in blocks
// of their own; all others go to the backend together. Blocks that only send and acknowledge messages are worked on
// beside each other (goes_beside()); any other one is alone.
//
// block_task.cpp is the way of a block through its steps; each step is a file of its own.
//
// Owned by itself (shared_ptr) while the backend works on it. I/O thread of its connection only.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/session/forwarded.hpp"
#include "gateway/session/new_queue.hpp"
#include "gateway/session/queues_at_work.hpp"
#include "gateway/session/task_owner.hpp"
#include "libs/smp/transmission.hpp"
#include "libs/transport/block_buffer.hpp"

namespace sotto::gateway {

class BlockTask : public std::enable_shared_from_this<BlockTask> {
 public:
  // `content` views `buffer`. The owner must outlive the task or have no session() any more.
  BlockTask(std::shared_ptr<TaskOwner> owner, transport::BlockBuffer buffer, ByteView content,
            std::chrono::steady_clock::time_point since);

  void start();
  // May finish at once (then finished() is called before it returns).
  void begin();
  // Whether other blocks may be worked on meanwhile: it holds few commands, all of which concern one queue each and
  // nothing else of the session, and never waits for anything but the backend. From parsed() on.
  [[nodiscard]] bool goes_beside() const { return goes_beside_; }
  // Of a block that goes beside others: whether its queues allow it, and what it does with them.
  [[nodiscard]] bool may_begin(const QueuesAtWork& queues) const;
  void take_queues(QueuesAtWork& queues);
  void leave_queues(QueuesAtWork& queues) const;
  // When its block had come.
  [[nodiscard]] std::chrono::steady_clock::time_point since() const { return since_; }
  void continue_with(std::vector<backend::OperationResult> results);
  // What it waited for (room for its responses, what passwords are worth) is there.
  void go_on();
  // What the password of an item is worth.
  void admitted(std::size_t item, backend::Admission admission);
  // What stands behind the name of an item.
  void named(std::size_t item, const NameAnswer& resolved);

 private:
  struct Item {
    smp::Transmission transmission;
    std::optional<smp::Command> command;
    backend::RecordPtr record;
    // The record may be older than the last change that the client knows of: before AUTH it is looked up again.
    bool record_may_be_old = false;
    // SKEY without a record: the service is asked to secure the queue by its sender id, without a look at it. When it
    // cannot, the record is looked up after all.
    enum class Unseen : std::uint8_t { no, secures, looks_up } unseen = Unseen::no;
    bool done = false;
    // NEW and PRXY: what the password is worth, once it is known.
    std::optional<backend::Admission> admission;
    // What this connection refuses by itself (the queue is fetched from, nothing was delivered). Said when the backend
    // was asked: a blocked queue answers that it is.
    std::optional<smp::ProtocolError> refusal;
    // RFWD: what was forwarded, whose transmission and command these are.
    std::unique_ptr<ForwardedCommand> forwarded;
    std::unique_ptr<NewQueue> new_queue;
    std::unique_ptr<NewNotifierCredentials> new_notifier;
    Bytes response;
  };

  // parsing.cpp
  void parse(ByteView content);
  void parse_command(Item& item);

  // verification.cpp
  std::optional<smp::ProtocolError> check_service(const Item& item);
  [[nodiscard]] bool new_queue_authorized(const Item& item, const smp::New& command);
  bool authorized(Item& item);

  // beside.cpp
  [[nodiscard]] bool may_go_beside() const;
  // Of a command that goes beside others; nothing: it has to be alone with its queue.
  [[nodiscard]] std::optional<std::uint64_t> joining_version(const Item& item) const;

  // admission.cpp. Which passwords may create queues or use the proxy; then go_on(). Asks when it is not known here.
  void settle_access();
  // Of the answers of a block that holds a wrong password.
  std::chrono::milliseconds delay_for_guesses();
  void take_admission(Item& item, backend::Admission admission);

  // record_lookup.cpp
  void find_records();
  // The record, of which nothing is known or which may be old.
  static backend::Find look_up(const Item& item);
  // Whether a command without a record can do without: SKEY, whose authorization needs no more than the key in it.
  [[nodiscard]] bool may_secure_unseen(const Item& item) const;
  void take_record(Item& item, backend::OperationResult result);
  void record_changed(const backend::RecordPtr& record);

  // block_task.cpp
  void run();
  bool starts_new_wave(const Item& item);
  // Hands over what is answered when it is much. False: the owner is closed, or the task waits for room.
  bool hand_over_answers();
  void answer(Item& item, const smp::Response& response);
  void fail(Item& item, smp::ProtocolError error) { answer(item, smp::Err{std::move(error)}); }
  std::vector<Bytes> take_answers(std::size_t end);

  // operations.cpp. The operation for a command whose record is there, or nothing when it was answered without one.
  std::optional<backend::Action> prepare(Item& item);
  std::optional<backend::Action> secure_unseen(Item& item);
  std::optional<backend::Action> create_action(Item& item, const smp::New& command);
  std::optional<backend::Action> action_for(Item& item);
  std::optional<backend::Action> append_action(Item& item, const smp::Send& command);
  std::optional<backend::Action> ack_action(Item& item, const smp::Ack& command);
  // Looks whether the queue is blocked; take_success() refuses otherwise.
  backend::Action refuse_unless_blocked(Item& item, smp::ProtocolError refusal);

  // results.cpp
  void take_result(Item& item, const backend::Action& action, backend::OperationResult result);
  // The queue that the session becomes the subscriber of by this action; a null pointer for others.
  static const RecipientId* subscribed_queue(const Item& item, const backend::Action& action);
  // There may be a message for the subscriber that the session is.
  void announced(const RecipientId& queue);
  // `looks_again`: something was heard of a new subscription before its answer came.
  void take_success(Item& item, backend::OperationResult result, bool looks_again);
  void answer_message(Item& item, const backend::MessagePtr& message);
  void answer_info(Item& item, const backend::OperationResult& result);

  // names.cpp. Asks for the names of the wave. False: there are none; go_on() is called otherwise.
  bool ask_names();

  // relaying.cpp. Which version the client speaks.
  [[nodiscard]] smp::Version version_of(const Item& item) const;
  // The command inside RFWD takes its place.
  void open_forwarded(Item& item);
  // Puts the layers around the response to it.
  void seal_response(Item& item);
  // PFWD, to a relay that the client has asked for.
  void forward(Item& item);
  // PRXY, by what its password is worth.
  void connect_relay(Item& item, backend::AccessDecision decision);

  // service_commands.cpp. SUBS, NSUBS: of a service itself.
  static bool is_of_service(const Item& item);
  // Which the session acts for.
  [[nodiscard]] std::optional<ServiceId> service_id() const;
  // Whether the session becomes the subscriber of its service by this action.
  [[nodiscard]] bool subscribes_service(const backend::Action& action) const;
  // One more queue or notifier of the session's service.
  void serve(ByteView id, bool is_new);
  void answer_subscribed(Item& item);
  std::optional<backend::Action> subscribe_service_action(Item& item);
  void answer_service(Item& item, const backend::OperationResult& result);

  std::shared_ptr<TaskOwner> owner_;
  transport::BlockBuffer buffer_;
  ByteView content_;
  const std::chrono::steady_clock::time_point since_;
  bool goes_beside_ = false;
  bool only_sends_ = false;
  std::vector<QueuesAtWork::EntityId> queues_;  // that it works on, while it goes beside others
  std::vector<Item> items_;
  std::size_t asked_ = 0;  // items whose passwords, or names, are being asked about
  bool looked_up_ = false;
  std::size_t wave_begin_ = 0;
  std::size_t wave_end_ = 0;
  std::size_t handed_over_ = 0;    // items whose responses the owner has
  std::size_t answer_bytes_ = 0;   // of responses that it does not have yet
  std::size_t wave_messages_ = 0;  // commands of the wave that may be answered with a message or link data
  struct Wave {
    RecipientId queue;
    bool only_sends = true;
  };
  std::vector<Wave> wave_queues_;
  // Which item each submitted operation belongs to, and what it was.
  std::vector<std::size_t> submitted_items_;
  std::vector<backend::Action> submitted_;
};

}  // namespace sotto::gateway
