// From the bytes of a block to its commands. What cannot be read or given, and what needs no queue, is answered here.
#include <utility>

#include "gateway/session/block_task.hpp"
#include "gateway/session/responses.hpp"

namespace sotto::gateway {
namespace {

using smp::CommandError;
using smp::SimpleError;

}  // namespace

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

}  // namespace sotto::gateway
