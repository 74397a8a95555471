#include "services/queue/storage/redis/redis_directory.hpp"

#include <utility>

#include "libs/directory/session_keys.hpp"

namespace sotto::queue {
namespace {

using Kind = DirectoryRequest::Kind;

directory::SessionKey key_of(const RecipientId& queue) {
  return {.prefix = "q:", .rest = queue.view()};
}

}  // namespace

redis::Command RedisDirectory::command(const DirectoryRequest& request) const {
  const auto key = key_of(request.queue);
  switch (request.kind) {
    case Kind::subscribe:
      return directory::hold(key, request.session, options_.lifetime);
    case Kind::resume:
      return directory::hold_unless_newer(key, request.session, options_.lifetime);
    case Kind::claim:
      return directory::hold_if_free(key, request.session, options_.lifetime);
    case Kind::unsubscribe:
      return directory::release(key);
    case Kind::look:
      break;
  }
  return directory::holder(key);
}

Result<std::vector<std::optional<SessionRef>>> RedisDirectory::execute(std::span<const DirectoryRequest> requests) {
  std::vector<redis::Command> commands;
  commands.reserve(requests.size());
  for (const auto& request : requests) commands.push_back(command(request));
  const auto replies = client_.execute(std::move(commands), std::chrono::steady_clock::now() + options_.deadline);

  std::vector<std::optional<SessionRef>> answers;
  answers.reserve(requests.size());
  const Error* failure = nullptr;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (replies[i]) {
      answers.push_back(directory::session_of(*replies[i]));
      note(requests[i], answers.back());
    } else {
      failure = &replies[i].error();
      note_unanswered(requests[i]);
    }
  }
  if (failure == nullptr) return answers;
  watch_.failed();
  return Error{ErrorCode::unavailable, "the directory of subscriptions cannot be reached: " + failure->message};
}

void RedisDirectory::end_session(SessionRef session) {
  for (const auto& queue : book_.take(session)) client_.send(directory::release_if_held_by(key_of(queue), session));
}

void RedisDirectory::note(const DirectoryRequest& request, const std::optional<SessionRef>& answer) {
  switch (request.kind) {
    case Kind::subscribe:
      book_.add(request.session, request.queue);
      if (answer && *answer != request.session) book_.remove(*answer, request.queue);
      break;
    case Kind::resume:
    case Kind::claim:
      if (answer == request.session) {
        book_.add(request.session, request.queue);
      } else {
        book_.remove(request.session, request.queue);
      }
      break;
    case Kind::unsubscribe:
      if (answer) book_.remove(*answer, request.queue);
      break;
    case Kind::look:
      break;
  }
}

// A session that asked for a queue may hold it, although no answer came.
void RedisDirectory::note_unanswered(const DirectoryRequest& request) {
  const bool may_hold = request.kind == Kind::subscribe || request.kind == Kind::resume || request.kind == Kind::claim;
  if (may_hold) book_.add(request.session, request.queue);
}

}  // namespace sotto::queue
