// The passwords of a block (NEW, PRXY): what they are worth is asked for, those of a block together, before its records
// are looked up. Meanwhile the block gives up its place among those in flight.
#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/session/block_task.hpp"

namespace sotto::gateway {
namespace {

using backend::AccessDecision;
using smp::SimpleError;

// Who sends wrong passwords on a connection waits longer for each answer: the first three cost nothing, so that a
// typing error goes unnoticed.
constexpr std::uint32_t kFreeGuesses = 3;
constexpr std::chrono::milliseconds kFirstDelay{100};
constexpr std::uint32_t kDoublings = 5;  // then it stays as it is: 3.2 s

std::chrono::milliseconds guess_delay(std::uint32_t wrong_passwords) {
  if (wrong_passwords <= kFreeGuesses) return std::chrono::milliseconds(0);
  return kFirstDelay * (1U << std::min(wrong_passwords - kFreeGuesses - 1, kDoublings));
}

}  // namespace

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

}  // namespace sotto::gateway
