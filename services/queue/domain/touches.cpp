#include "services/queue/domain/touches.hpp"

#include <type_traits>
#include <variant>

namespace sotto::queue {
namespace {

using Need = Touch::Need;

// `action`: a queue that is subscribed to for a service is probably changed, to belong to it.
template <class Action>
constexpr Need need_of(const Action& action) {
  if constexpr (std::is_same_v<Action, backend::Subscribe>) return action.service ? Need::change : Need::state;
  if constexpr (std::is_same_v<Action, backend::Fetch> || std::is_same_v<Action, backend::Inspect>) return Need::head;
  if constexpr (std::is_same_v<Action, backend::GetLink>) return Need::record;
  if constexpr (std::is_same_v<Action, backend::SubscribeNotifier>) {
    return action.service ? Need::change : Need::record;
  }
  if constexpr (std::is_same_v<Action, backend::Ack>) return Need::pop;
  return Need::change;
}

}  // namespace

void add_touches(const backend::Operation& operation, std::vector<Touch>& touches) {
  const auto absent = [&](Role role, const auto& id) { touches.push_back({role, id.bytes, Need::absent}); };
  const auto fresh = [&](Role role, const auto& id) { touches.push_back({role, id.bytes, Need::fresh}); };
  std::visit(
      [&](const auto& action) {
        using Kind = std::decay_t<decltype(action)>;
        if constexpr (std::is_same_v<Kind, backend::Find>) {
          touches.push_back({action.role, action.id, Need::record});
        } else if constexpr (std::is_same_v<Kind, backend::SecureBySender>) {
          touches.push_back({Role::sender, action.sender_id.bytes, Need::change});
        } else if constexpr (std::is_same_v<Kind, backend::Create>) {
          // Gateways draw ids, but where there is a link the client may have chosen that of the link and the sender's.
          fresh(Role::recipient, action.record.recipient_id);
          if (action.record.notifier) fresh(Role::notifier, action.record.notifier->id);
          if (action.record.link_id) {
            absent(Role::sender, action.record.sender_id);
            absent(Role::link, *action.record.link_id);
          } else {
            fresh(Role::sender, action.record.sender_id);
          }
        } else if constexpr (!backend::kOfNoQueue<Kind>) {
          touches.push_back({Role::recipient, operation.queue.bytes, need_of(action)});
          if constexpr (std::is_same_v<Kind, backend::SetLink>) absent(Role::link, action.link_id);
          if constexpr (std::is_same_v<Kind, backend::SetNotifier>) absent(Role::notifier, action.notifier.id);
        }
      },
      operation.action);
}

}  // namespace sotto::queue
