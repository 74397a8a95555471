#include "libs/redis/reply_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "libs/redis/slot.hpp"

namespace sotto::redis {
namespace {

struct Row {
  std::string_view word;
  ErrorCode code;
};

// The first word of an error, where it does not mean that the command is wrong.
constexpr std::array kRows{
    Row{"LOADING", ErrorCode::unavailable},        // reads its data after a start
    Row{"MASTERDOWN", ErrorCode::unavailable},     // a replica without its master
    Row{"CLUSTERDOWN", ErrorCode::unavailable},    // slots are not served, or too few nodes
    Row{"TRYAGAIN", ErrorCode::unavailable},       // keys are moving
    Row{"BUSY", ErrorCode::unavailable},           // a script runs for seconds
    Row{"READONLY", ErrorCode::unavailable},       // a replica: fail-over, or the wrong server
    Row{"OOM", ErrorCode::unavailable},            // maxmemory
    Row{"MISCONF", ErrorCode::unavailable},        // cannot save to its disk
    Row{"NOREPLICAS", ErrorCode::unavailable},     // min-replicas-to-write
    Row{"MOVED", ErrorCode::unavailable},          // a cluster where a single server was expected
    Row{"ASK", ErrorCode::unavailable},            // the same
    Row{"NOAUTH", ErrorCode::unauthenticated},     // no password was sent
    Row{"WRONGPASS", ErrorCode::unauthenticated},  // the wrong one
    Row{"DENIED", ErrorCode::permission_denied},   // protected mode: only from the server's own machine
    Row{"NOPERM", ErrorCode::permission_denied},   // ACL
};

template <class T>
std::optional<T> number(std::string_view text) {
  T out{};
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return out;
}

std::string_view next_word(std::string_view& text) {
  const auto space = text.find(' ');
  const auto word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

}  // namespace

ReplyError classify(std::string_view text) {
  ReplyError out;
  const auto word = next_word(text);
  if (word == "NOSCRIPT") out.kind = ReplyError::Kind::no_script;
  if (word == "TRYAGAIN" || word == "CLUSTERDOWN") out.kind = ReplyError::Kind::try_again;
  if (word != "MOVED" && word != "ASK") return out;
  // "MOVED 3999 127.0.0.1:6381"; the port follows the last colon, also of an IPv6 address.
  const auto slot = number<std::uint16_t>(next_word(text));
  const auto where = next_word(text);
  const auto colon = where.rfind(':');
  if (!slot || *slot >= kSlots || colon == std::string_view::npos) return out;
  const auto port = number<std::uint16_t>(where.substr(colon + 1));
  if (!port || *port == 0) return out;
  out.kind = word == "MOVED" ? ReplyError::Kind::moved : ReplyError::Kind::ask;
  out.slot = *slot;
  out.address = {std::string(where.substr(0, colon)), *port};
  return out;
}

Error to_error(std::string_view text) {
  const auto word = text.substr(0, text.find(' '));
  const auto* const row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.word == word; });
  // What Redis quotes is ours: names and arguments of commands, which may be ids.
  text = text.substr(0, text.find_first_of("'\"`"));
  while (text.ends_with(' ')) text.remove_suffix(1);
  return {row == kRows.end() ? ErrorCode::internal : row->code, "Redis answered: " + std::string(text)};
}

}  // namespace sotto::redis
