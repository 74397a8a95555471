#include "gateway/session/block_task.hpp"

#include <algorithm>
#include <utility>

#include "gateway/session/responses.hpp"
#include "libs/smp/message_body.hpp"

namespace sotto::gateway {
namespace {

using backend::AccessDecision;
using backend::Outcome;
using backend::Role;
using smp::CommandError;
using smp::SimpleError;

std::optional<Role> role_of(const smp::Command& command) {
  switch (smp::party(command)) {
    case smp::Party::recipient:
      return Role::recipient;
    case smp::Party::sender:
      return Role::sender;
    case smp::Party::link:
      return Role::link;
    case smp::Party::notifier:
      return Role::notifier;
    default:
      return std::nullopt;
  }
}

// Which role a service must have to give a command; 0: any.
char service_role(const smp::Command& command) {
  switch (smp::party(command)) {
    case smp::Party::none:
      return 0;
    case smp::Party::notifier:
    case smp::Party::notifier_service:
      return 'N';
    case smp::Party::proxy:
      return std::holds_alternative<smp::Rfwd>(command) ? 'P' : 'M';
    default:
      return 'M';
  }
}

bool carries_service_signature(const smp::Command& command) {
  return std::holds_alternative<smp::New>(command) || std::holds_alternative<smp::Sub>(command) ||
         std::holds_alternative<smp::Nsub>(command);
}

// Who sends wrong passwords on a connection waits longer for each answer: the first three cost nothing, so that a
// typing error goes unnoticed.
constexpr std::uint32_t kFreeGuesses = 3;
constexpr std::chrono::milliseconds kFirstDelay{100};
constexpr std::uint32_t kDoublings = 5;  // then it stays as it is: 3.2 s

std::chrono::milliseconds guess_delay(std::uint32_t wrong_passwords) {
  if (wrong_passwords <= kFreeGuesses) return std::chrono::milliseconds(0);
  return kFirstDelay * (1U << std::min(wrong_passwords - kFreeGuesses - 1, kDoublings));
}

// Commands of one wave that may be answered with up to a block each, and how many bytes of responses are kept before
// they are handed over: together they bound what a block of many small commands makes the server hold.
constexpr std::size_t kWaveMessages = 8;
constexpr std::size_t kAnswersKept = std::size_t{64} * 1024;

// A transmission that cannot be read, or is of another session, is answered without an entity: what it names means
// nothing here.
bool names_no_entity(const smp::Response& response) {
  const auto* error = std::get_if<smp::Err>(&response);
  if (error == nullptr) return false;
  const auto* simple = std::get_if<SimpleError>(&error->error);
  return simple != nullptr && (*simple == SimpleError::block || *simple == SimpleError::session);
}

bool answer_may_be_large(const smp::Command& command) {
  return std::holds_alternative<smp::Get>(command) || std::holds_alternative<smp::Ack>(command) ||
         std::holds_alternative<smp::Lget>(command) || std::holds_alternative<smp::Lkey>(command) ||
         std::holds_alternative<smp::Rslv>(command);
}

// A sender (SKEY) or link client (LKEY) may secure a messaging queue, once; the same key again is fine. A blocked queue
// answers that it is, whatever its mode.
bool may_secure(const backend::QueueRecord& record, const crypto::PublicKey& key) {
  const bool has_answer =
      record.mode == backend::QueueMode::messaging || record.status == backend::QueueStatus::blocked;
  return has_answer && (!record.sender_key || *record.sender_key == key);
}

}  // namespace

BlockTask::BlockTask(std::shared_ptr<TaskOwner> owner, transport::BlockBuffer buffer, ByteView content,
                     std::chrono::steady_clock::time_point since)
    : owner_(std::move(owner)), buffer_(std::move(buffer)), content_(content), since_(since) {}

void BlockTask::start() {
  parse(content_);
  goes_beside_ = may_go_beside();
  only_sends_ = goes_beside_ && std::all_of(items_.begin(), items_.end(), [](const Item& item) {
                  return item.done || std::holds_alternative<smp::Send>(*item.command);
                });
  owner_->parsed(shared_from_this());
}

void BlockTask::begin() {
  settle_access();
}

void BlockTask::go_on() {
  if (looked_up_) return run();
  looked_up_ = true;
  find_records();
}

void BlockTask::parse(ByteView content) {
  auto parsed = smp::parse_block(content, owner_->session()->version());
  if (!parsed) {
    owner_->context().counters.unparsable_blocks.add();
    items_.resize(1);
    fail(items_.front(), SimpleError::block);
    return;
  }
  items_.resize(parsed->transmissions.size());
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (!parsed->transmissions[i]) {
      fail(items_[i], SimpleError::block);
      continue;
    }
    items_[i].transmission = *parsed->transmissions[i];
    parse_command(items_[i]);
  }
}

void BlockTask::parse_command(Item& item) {
  const auto& transmission = item.transmission;
  const auto& session = *owner_->session();
  if (session.version() < smp::kVersionAuthenticators &&
      !equal(transmission.session_id, session.authorizer.session_id())) {
    return fail(item, SimpleError::session);
  }
  // An authorization of a size that none has is as unreadable as a length that lies, but its corrId is known.
  if (!smp::authorization_kind(transmission.authorization)) return fail(item, SimpleError::block);
  auto parsed = smp::parse_command(transmission.command, version_of(item));
  if (const auto* error = std::get_if<CommandError>(&parsed)) return fail(item, *error);
  item.command = std::get<smp::Command>(std::move(parsed));
  owner_->context().counters.commands[item.command->index()].add();
  if (const auto error =
          smp::check_credentials(*item.command, !transmission.authorization.empty(), !transmission.entity_id.empty())) {
    return fail(item, *error);
  }
  if (auto error = check_service(item)) return fail(item, std::move(*error));

  // Commands that need no queue.
  if (std::holds_alternative<smp::Ping>(*item.command)) return answer(item, smp::Pong{});
  if (std::holds_alternative<smp::Pfwd>(*item.command)) return forward(item);
  if (std::holds_alternative<smp::Rfwd>(*item.command)) return open_forwarded(item);
  if (std::holds_alternative<smp::Prxy>(*item.command)) return;  // when it is known what its password is worth
  if (std::holds_alternative<smp::Rslv>(*item.command) && owner_->context().names != nullptr) return;  // ask_names()
  if (auto response = answer_unconfigured(*item.command)) answer(item, *response);
}

std::optional<smp::ProtocolError> BlockTask::check_service(const Item& item) {
  auto& session = *owner_->session();
  const bool has_signature = !item.transmission.service_signature.empty();
  if (item.forwarded) {
    if (!may_be_forwarded(*item.command)) return CommandError::prohibited;
    // The service of a connection is the proxy's, not the client's.
    if (has_signature) return SimpleError::service;
    return std::nullopt;
  }
  if (session.service) {
    const char needed = service_role(*item.command);
    if (needed != 0 && needed != session.service->role) return CommandError::prohibited;
  }
  if (is_of_service(item)) {
    const bool right = session.service && equal(item.transmission.entity_id, session.service->id.view()) &&
                       session.authorizer.verify_service_command(item.transmission, *session.service);
    if (!right) return SimpleError::service;
    return std::nullopt;
  }
  if (!carries_service_signature(*item.command)) {
    if (has_signature) return SimpleError::service;
    return std::nullopt;
  }
  if (has_signature != session.service.has_value()) return SimpleError::service;
  if (has_signature && !session.authorizer.verify_service(item.transmission, *session.service)) {
    return SimpleError::service;
  }
  if (const auto* command = std::get_if<smp::New>(&*item.command)) {
    if (session.service && !command->subscribe) return CommandError::prohibited;
  }
  return std::nullopt;
}

void BlockTask::settle_access() {
  auto& policy = owner_->context().access;
  struct Unknown {
    std::size_t item;
    backend::AccessPurpose purpose;
    ByteView password;
  };
  std::vector<Unknown> unknown;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    auto& item = items_[i];
    if (item.done) continue;
    auto purpose = backend::AccessPurpose::new_queue;
    std::optional<ByteView> password;
    if (const auto* command = std::get_if<smp::New>(&*item.command)) {
      if (!new_queue_authorized(item, *command)) {
        fail(item, SimpleError::auth);
        continue;
      }
      password = command->password;
    } else if (const auto* proxy = std::get_if<smp::Prxy>(&*item.command)) {
      purpose = backend::AccessPurpose::proxy;
      password = proxy->password;
    } else {
      continue;
    }
    if (auto admission = policy.decide(purpose, password, owner_->source())) {
      take_admission(item, std::move(*admission));
    } else {
      unknown.push_back({i, purpose, *password});
    }
  }
  if (unknown.empty()) {
    const auto delay = delay_for_guesses();
    if (delay.count() == 0) return go_on();
    owner_->set_aside();
    return owner_->take_up(shared_from_this(), delay);
  }
  asked_ = unknown.size();
  owner_->set_aside();
  for (const auto& each : unknown) owner_->ask(each.purpose, each.password, each.item, shared_from_this());
}

void BlockTask::admitted(std::size_t item, backend::Admission admission) {
  if (owner_->session() == nullptr) return;
  take_admission(items_[item], std::move(admission));
  if (--asked_ == 0) owner_->take_up(shared_from_this(), delay_for_guesses());
}

std::chrono::milliseconds BlockTask::delay_for_guesses() {
  const bool guessed = std::any_of(items_.begin(), items_.end(), [](const Item& item) {
    return item.admission && item.admission->decision == AccessDecision::wrong_password;
  });
  return guessed ? guess_delay(owner_->session()->wrong_passwords) : std::chrono::milliseconds(0);
}

void BlockTask::take_admission(Item& item, backend::Admission admission) {
  const auto decision = admission.decision;
  item.admission = std::move(admission);
  if (decision == AccessDecision::wrong_password) ++owner_->session()->wrong_passwords;
  if (std::holds_alternative<smp::Prxy>(*item.command)) return connect_relay(item, decision);
  owner_->context().counters.new_queue_decisions[static_cast<std::size_t>(decision)].add();
  if (decision != AccessDecision::allowed) fail(item, SimpleError::auth);
}

bool BlockTask::new_queue_authorized(const Item& item, const smp::New& command) {
  auto& session = *owner_->session();
  const auto* service = session.service ? &*session.service : nullptr;
  return session.authorizer.verify(item.transmission, {&command.recipient_key, 1}, service);
}

void BlockTask::find_records() {
  std::vector<backend::Operation> operations;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    auto& item = items_[i];
    if (item.done) continue;
    const auto role = role_of(*item.command);
    if (!role) continue;  // NEW brings its own key
    const auto id = item.transmission.entity_id;
    item.record = owner_->records().find(*role, id);
    item.record_may_be_old = item.record != nullptr;
    if (item.record || id.size() != kIdSize) continue;
    if (may_secure_unseen(item)) {
      item.unseen = Item::Unseen::secures;
      continue;
    }
    const auto find = look_up(item);
    submitted_items_.push_back(i);
    submitted_.emplace_back(find);
    operations.push_back({{}, 0, find});
  }
  if (operations.empty()) return run();
  owner_->submit(std::move(operations), shared_from_this());
}

backend::Find BlockTask::look_up(const Item& item) {
  backend::Find find{*role_of(*item.command), {}};
  const auto id = item.transmission.entity_id;
  std::copy_n(id.begin(), std::min(id.size(), find.id.size()), find.id.begin());
  return find;
}

bool BlockTask::may_secure_unseen(const Item& item) const {
  if (!std::holds_alternative<smp::Skey>(*item.command)) return false;
  // Another command for the queue in the same block needs the record, and has to wait for this one.
  return std::none_of(items_.begin(), items_.end(), [&](const Item& other) {
    return &other != &item && equal(other.transmission.entity_id, item.transmission.entity_id);
  });
}

std::optional<backend::Action> BlockTask::secure_unseen(Item& item) {
  const auto& command = std::get<smp::Skey>(*item.command);
  if (!owner_->session()->authorizer.verify(item.transmission, {&command.key, 1})) {
    fail(item, SimpleError::auth);
    return std::nullopt;
  }
  return backend::SecureBySender{.sender_id = *SenderId::from(item.transmission.entity_id), .key = command.key};
}

bool BlockTask::starts_new_wave(const Item& item) {
  if (item.done) return false;
  if (answer_may_be_large(*item.command) && ++wave_messages_ > kWaveMessages) return true;
  if (!item.record) return false;
  const bool send = std::holds_alternative<smp::Send>(*item.command);
  for (auto& queue : wave_queues_) {
    if (queue.queue == item.record->recipient_id) return !(send && queue.only_sends);
  }
  wave_queues_.push_back({item.record->recipient_id, send});
  return false;
}

void BlockTask::run() {
  for (;;) {
    if (wave_begin_ == wave_end_) {
      if (wave_end_ == items_.size()) return owner_->finished(*this, take_answers(wave_end_));
      if (!hand_over_answers()) return;
      wave_queues_.clear();
      wave_messages_ = 0;
      while (wave_end_ < items_.size() && !starts_new_wave(items_[wave_end_])) ++wave_end_;
    }
    if (ask_names()) return;
    std::vector<backend::Operation> operations;
    submitted_items_.clear();
    submitted_.clear();
    for (std::size_t i = wave_begin_; i < wave_end_; ++i) {
      auto& item = items_[i];
      if (item.done) continue;
      auto action = prepare(item);
      if (!action) continue;
      submitted_items_.push_back(i);
      submitted_.push_back(*action);
      if (const auto* queue = subscribed_queue(item, *action)) owner_->session()->subscriptions.expect(*queue);
      if (subscribes_service(*action)) {
        auto& serving = *owner_->session()->serving;
        serving.expected_end.expect(serving.subscribed);
      }
      if (item.record) {
        operations.push_back({item.record->recipient_id, item.record->version, std::move(*action)});
      } else {
        operations.push_back({{}, 0, std::move(*action)});
      }
    }
    if (!operations.empty()) return owner_->submit(std::move(operations), shared_from_this());
    wave_begin_ = wave_end_;
  }
}

bool BlockTask::hand_over_answers() {
  if (answer_bytes_ < kAnswersKept) return true;
  owner_->answered_so_far(take_answers(wave_end_));
  return owner_->session() != nullptr && !owner_->wait_for_room(shared_from_this());
}

void BlockTask::continue_with(std::vector<backend::OperationResult> results) {
  if (owner_->session() == nullptr) return;
  auto indices = std::move(submitted_items_);
  auto actions = std::move(submitted_);
  submitted_items_.clear();
  submitted_.clear();
  for (std::size_t k = 0; k < indices.size() && k < results.size(); ++k) {
    take_result(items_[indices[k]], actions[k], std::move(results[k]));
  }
  run();
}

std::optional<backend::Action> BlockTask::prepare(Item& item) {
  if (is_of_service(item)) return subscribe_service_action(item);
  if (const auto* command = std::get_if<smp::New>(&*item.command)) return create_action(item, *command);
  if (item.unseen == Item::Unseen::secures) return secure_unseen(item);
  if (item.unseen == Item::Unseen::looks_up) {
    item.unseen = Item::Unseen::no;
    return look_up(item);
  }
  if (!authorized(item)) {
    if (!item.record_may_be_old) {
      fail(item, SimpleError::auth);
      return std::nullopt;
    }
    owner_->in_doubt(item.transmission.entity_id);
    return look_up(item);
  }
  item.refusal.reset();
  return action_for(item);
}

bool BlockTask::authorized(Item& item) {
  auto& session = *owner_->session();
  const auto* service = session.service && carries_service_signature(*item.command) ? &*session.service : nullptr;
  const auto verify = [&](std::span<const crypto::PublicKey> keys) {
    return session.authorizer.verify(item.transmission, keys, service);
  };
  const auto* record = item.record.get();
  if (const auto* command = std::get_if<smp::Skey>(&*item.command)) {
    return record != nullptr && may_secure(*record, command->key) ? verify({&command->key, 1}) : verify({});
  }
  if (const auto* command = std::get_if<smp::Lkey>(&*item.command)) {
    return record != nullptr && may_secure(*record, command->key) ? verify({&command->key, 1}) : verify({});
  }
  if (std::holds_alternative<smp::Lget>(*item.command)) return record != nullptr;
  if (record == nullptr) return verify({});
  if (std::holds_alternative<smp::Send>(*item.command)) {
    if (record->sender_key) return verify({&*record->sender_key, 1});
    return item.transmission.authorization.empty() || verify({});
  }
  if (std::holds_alternative<smp::Nsub>(*item.command)) {
    return record->notifier ? verify({&record->notifier->key, 1}) : verify({});
  }
  return verify(record->recipient_keys);
}

std::optional<backend::Action> BlockTask::create_action(Item& item, const smp::New& command) {
  auto made = make_queue(command, item.transmission.corr_id);
  if (auto* error = std::get_if<smp::ProtocolError>(&made)) {
    fail(item, std::move(*error));
    return std::nullopt;
  }
  item.new_queue = std::make_unique<NewQueue>(std::get<NewQueue>(std::move(made)));
  item.new_queue->create.record.service = service_id();
  return item.new_queue->create;
}

std::optional<backend::Action> BlockTask::append_action(Item& item, const smp::Send& command) {
  if (command.body.size() > smp::max_message_size(version_of(item))) {
    fail(item, SimpleError::large_msg);
    return std::nullopt;
  }
  const auto& record = *item.record;
  auto message = std::make_shared<backend::StoredMessage>();
  message->id = random_message_id();
  message->seconds = unix_seconds(owner_->context().clock.system_now());
  message->body.reserve(smp::kEncryptedMessageSize);
  // Further flag characters are reserved: only the notification flag goes on.
  smp::encrypt_message(record.recipient_box_key, message->id, message->seconds, command.flags.first(1), command.body,
                       message->body);
  backend::Append append{message, std::nullopt};
  if (command.notify() && record.notifier) {
    backend::Notification notification;
    notification.nonce = crypto::random_nonce();
    notification.seconds = message->seconds;
    notification.encrypted_meta =
        smp::encrypt_notification(record.notifier->box_key, notification.nonce, message->id, message->seconds);
    append.notification = std::move(notification);
  }
  return append;
}

std::optional<backend::Action> BlockTask::ack_action(Item& item, const smp::Ack& command) {
  const auto* entry = owner_->session()->subscriptions.find(item.record->recipient_id);
  const bool delivered = entry != nullptr && entry->delivery == Subscriptions::Delivery::delivered;
  if (!delivered || !(command.message_id.empty() || equal(command.message_id, entry->delivered_id.view()))) {
    return refuse_unless_blocked(item, SimpleError::no_msg);
  }
  return backend::Ack{entry->delivered_id, entry->use != Subscriptions::Use::fetched};
}

backend::Action BlockTask::refuse_unless_blocked(Item& item, smp::ProtocolError refusal) {
  item.refusal = std::move(refusal);
  return backend::Fetch{};
}

std::optional<backend::Action> BlockTask::action_for(Item& item) {
  using Use = Subscriptions::Use;
  const auto& command = *item.command;
  auto* entry = owner_->session()->subscriptions.find(item.record->recipient_id);
  const auto prohibited_after = [&](Use use) { return entry != nullptr && entry->use == use; };
  if (const auto* send = std::get_if<smp::Send>(&command)) return append_action(item, *send);
  if (const auto* ack = std::get_if<smp::Ack>(&command)) return ack_action(item, *ack);
  if (std::holds_alternative<smp::Sub>(command)) {
    if (prohibited_after(Use::fetched)) return refuse_unless_blocked(item, CommandError::prohibited);
    return backend::Subscribe{.resume = false, .service = service_id()};
  }
  if (std::holds_alternative<smp::Get>(command)) {
    if (prohibited_after(Use::subscribed) || prohibited_after(Use::served))
      return refuse_unless_blocked(item, CommandError::prohibited);
    return backend::Fetch{};
  }
  if (const auto* key = std::get_if<smp::Key>(&command)) return backend::Secure{key->key, false, false};
  if (const auto* key = std::get_if<smp::Skey>(&command)) return backend::Secure{key->key, true, false};
  if (const auto* key = std::get_if<smp::Lkey>(&command)) return backend::Secure{key->key, true, true};
  if (const auto* keys = std::get_if<smp::Rkey>(&command)) return backend::SetRecipientKeys{keys->keys};
  if (const auto* link = std::get_if<smp::Lset>(&command)) {
    const auto link_id = LinkId::from(link->link_id);
    if (!link_id) {
      fail(item, SimpleError::auth);
      return std::nullopt;
    }
    return backend::SetLink{*link_id, {to_bytes(link->data.fixed), to_bytes(link->data.user)}};
  }
  if (std::holds_alternative<smp::Ldel>(command)) return backend::DeleteLink{};
  if (std::holds_alternative<smp::Lget>(command)) return backend::GetLink{};
  if (const auto* notifier = std::get_if<smp::Nkey>(&command)) {
    auto made = make_notifier(notifier->key, notifier->dh_key);
    if (!made) {
      fail(item, SimpleError::crypto);
      return std::nullopt;
    }
    item.new_notifier = std::make_unique<NewNotifierCredentials>(std::move(*made));
    return backend::SetNotifier{item.new_notifier->notifier};
  }
  if (std::holds_alternative<smp::Ndel>(command)) return backend::DeleteNotifier{};
  if (std::holds_alternative<smp::Off>(command)) return backend::Suspend{};
  if (std::holds_alternative<smp::Del>(command)) return backend::Delete{};
  if (std::holds_alternative<smp::Que>(command)) return backend::Inspect{};
  if (std::holds_alternative<smp::Nsub>(command))
    return backend::SubscribeNotifier{.resume = false, .notifier = {}, .service = service_id()};
  fail(item, SimpleError::internal);  // a command without a line above is our own bug; the tests walk them all
  return std::nullopt;
}

void BlockTask::record_changed(const backend::RecordPtr& record) {
  owner_->records().put(record);
  for (std::size_t i = wave_begin_; i < items_.size(); ++i) {
    auto& item = items_[i];
    if (!item.done && item.record && item.record->recipient_id == record->recipient_id) item.record = record;
  }
}

void BlockTask::take_record(Item& item, backend::OperationResult result) {
  const auto before = item.record;
  item.record_may_be_old = false;
  item.record = std::move(result.record);
  if (result.outcome == Outcome::unavailable) return fail(item, store_error());
  if (!item.record) {
    if (before) owner_->records().erase(before->recipient_id);
    // Looked up for the first time: prepare() still does its dummy verification. Looked up again: it was done.
    if (before) fail(item, SimpleError::auth);
    return;
  }
  owner_->records().put(item.record);
  if (before && before->version == item.record->version) fail(item, SimpleError::auth);
}

const RecipientId* BlockTask::subscribed_queue(const Item& item, const backend::Action& action) {
  if (const auto* create = std::get_if<backend::Create>(&action)) {
    return create->subscribe ? &create->record.recipient_id : nullptr;
  }
  return std::holds_alternative<backend::Subscribe>(action) ? &item.record->recipient_id : nullptr;
}

void BlockTask::take_result(Item& item, const backend::Action& action, backend::OperationResult result) {
  if (std::holds_alternative<backend::Find>(action)) return take_record(item, std::move(result));
  if (std::holds_alternative<backend::SecureBySender>(action)) {
    if (result.outcome == Outcome::unavailable) {
      // Perhaps the service is of a version that does not know the action. Securing with the same key again is
      // harmless.
      item.unseen = Item::Unseen::looks_up;
      return;
    }
    if (result.record) owner_->records().put(result.record);
  }
  const auto subscribes_to = subscribed_queue(item, action);
  const bool looks_again = subscribes_to != nullptr && owner_->session()->subscriptions.settle(*subscribes_to);
  if (subscribes_service(action)) {
    const bool may_subscribe = result.outcome == Outcome::ok || result.outcome == Outcome::unavailable;
    owner_->session()->serving->expected_end.answered(may_subscribe);
  }
  switch (result.outcome) {
    case Outcome::ok:
      return take_success(item, std::move(result), looks_again);
    case Outcome::stale:
      owner_->context().counters.stale_records.add();
      item.record_may_be_old = false;
      item.record = result.record;
      owner_->records().put(result.record);
      owner_->in_doubt(item.transmission.entity_id);
      return;  // still not done: the next round verifies it again
    case Outcome::gone:
      if (item.record) owner_->records().erase(item.record->recipient_id);
      return fail(item, SimpleError::auth);
    case Outcome::refused:
      return fail(item, SimpleError::auth);
    case Outcome::blocked:
      // What was heard meanwhile was heard as the subscriber that the session was before, and still is.
      if (looks_again) announced(*subscribes_to);
      return fail(item, blocked_error(result.record->blocking));
    case Outcome::quota:
      return fail(item, SimpleError::quota);
    case Outcome::conflict:
      // Ids of ours that are taken: other ones next time. Ids of the client's that are taken: its problem.
      if (item.new_queue && !item.new_queue->client_chose_ids) return;
      if (item.new_notifier) return;
      return fail(item, SimpleError::auth);
    case Outcome::unavailable:
      return fail(item, store_error());
  }
}

void BlockTask::announced(const RecipientId& queue) {
  auto& subscriptions = owner_->session()->subscriptions;
  if (subscriptions.announced(queue)) subscriptions.wait(queue, *subscriptions.find(queue));
}

void BlockTask::take_success(Item& item, backend::OperationResult result, bool looks_again) {
  using Use = Subscriptions::Use;
  using Delivery = Subscriptions::Delivery;
  auto& session = *owner_->session();
  auto& subscriptions = session.subscriptions;
  const auto& command = *item.command;

  if (item.refusal) return fail(item, *std::exchange(item.refusal, std::nullopt));
  if (item.new_queue) {
    const auto& create = item.new_queue->create;
    if (item.admission && item.admission->use) item.admission->use->queues.fetch_add(1, std::memory_order_relaxed);
    if (create.subscribe) {
      const auto& queue = create.record.recipient_id;
      if (session.serving) {
        serve(queue.view(), true);
      } else {
        subscriptions.add(queue, Use::subscribed);
        owner_->context().counters.subscriptions.add();
      }
      if (looks_again) subscriptions.wait(queue, subscriptions.add(queue, Use::served));
    }
    return answer(item, ids_response(*item.new_queue));
  }
  if (is_of_service(item)) return answer_service(item, result);
  if (!item.record) item.record = result.record;
  const auto queue = item.record->recipient_id;
  if (result.record) record_changed(result.record);
  const auto& record = *item.record;

  if (std::holds_alternative<smp::Send>(command)) return answer(item, smp::Ok{});
  if (std::holds_alternative<smp::Ack>(command)) {
    auto* entry = subscriptions.find(queue);
    if (entry != nullptr && result.message) {
      entry->delivered_id = result.message->id;
      return answer_message(item, result.message);
    }
    if (entry != nullptr) subscriptions.nothing_more(queue, *entry);
    return answer(item, smp::Ok{});
  }
  if (std::holds_alternative<smp::Sub>(command)) {
    const bool has_messages = result.messages > 0 || looks_again;
    if (session.serving) {
      serve(queue.view(), result.record != nullptr);
      if (!has_messages) return answer_subscribed(item);
    } else if (subscriptions.find(queue) == nullptr) {
      owner_->context().counters.subscriptions.add();
    }
    auto& entry = subscriptions.add(queue, session.serving ? Use::served : Use::subscribed);
    if (has_messages) {
      if (entry.delivery == Delivery::delivered) entry.delivery = Delivery::none;  // it is delivered again
      subscriptions.wait(queue, entry);
    }
    return answer_subscribed(item);
  }
  if (std::holds_alternative<smp::Get>(command)) {
    auto& entry = subscriptions.add(queue, Use::fetched);
    entry.delivery = result.message ? Delivery::delivered : Delivery::none;
    if (!result.message) return answer(item, smp::Ok{});
    entry.delivered_id = result.message->id;
    return answer_message(item, result.message);
  }
  if (std::holds_alternative<smp::Lkey>(command) || std::holds_alternative<smp::Lget>(command)) {
    if (!result.link) return fail(item, SimpleError::auth);
    return answer(item, smp::Lnk{record.sender_id.view(), {result.link->fixed, result.link->user}});
  }
  if (item.new_notifier) {
    return answer(item, smp::Nid{item.new_notifier->notifier.id.view(), item.new_notifier->server_dh_key});
  }
  if (std::holds_alternative<smp::Del>(command)) {
    if (subscriptions.remove(queue)) owner_->context().counters.subscriptions.sub();
    if (session.serving && record.service == session.service->id) session.serving->ids.remove(queue.view());
    owner_->records().erase(queue);
    return answer(item, smp::Ok{});
  }
  if (std::holds_alternative<smp::Que>(command)) return answer_info(item, result);
  if (std::holds_alternative<smp::Nsub>(command)) {
    if (record.notifier && session.serving) {
      serve(record.notifier->id.view(), result.record != nullptr);
    } else if (record.notifier) {
      session.notifiers.insert_or_assign(record.notifier->id, queue);
    }
    return answer_subscribed(item);
  }
  answer(item, smp::Ok{});
}

void BlockTask::answer_message(Item& item, const backend::MessagePtr& message) {
  owner_->context().counters.messages_delivered.add();
  Bytes body;
  answer(item, smp::Msg{message->id.view(), message_body(*message, *item.record, body)});
}

void BlockTask::answer_info(Item& item, const backend::OperationResult& result) {
  const auto json =
      queue_info_json(*item.record, result, owner_->session()->subscriptions.find(item.record->recipient_id));
  answer(item, smp::Info{as_bytes(json)});
}

void BlockTask::answer(Item& item, const smp::Response& response) {
  const auto& session = *owner_->session();
  if (std::holds_alternative<smp::Err>(response)) owner_->context().counters.errors.add();
  const bool is_new = item.command && std::holds_alternative<smp::New>(*item.command);
  const auto entity_id = is_new || names_no_entity(response) ? ByteView{} : item.transmission.entity_id;
  item.response = encode_response(response, item.transmission.corr_id, entity_id, session, version_of(item));
  if (item.forwarded) seal_response(item);
  item.done = true;
  answer_bytes_ += item.response.size();
}

std::vector<Bytes> BlockTask::take_answers(std::size_t end) {
  std::vector<Bytes> responses;
  responses.reserve(end - handed_over_);
  for (; handed_over_ < end; ++handed_over_) {
    auto& response = items_[handed_over_].response;
    if (!response.empty()) responses.push_back(std::move(response));  // empty: answered when the relay has
  }
  answer_bytes_ = 0;
  return responses;
}

}  // namespace sotto::gateway
