#include "libs/smp/command.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include "libs/crypto/hash.hpp"

namespace sotto::smp {
namespace {

// What a command must come with (docs/wire.md section 6, "Credentials rule per command").
enum class Credentials : std::uint8_t { creation, sending, entity_only, nothing, both };

struct Row {
  std::string_view word;
  Party party;
  Credentials credentials;
};

// One row per alternative of Command, in its order.
constexpr std::array<Row, std::variant_size_v<Command>> kRows{{
    {"NEW", Party::creator, Credentials::creation},
    {"SUB", Party::recipient, Credentials::both},
    {"SUBS", Party::recipient_service, Credentials::both},
    {"KEY", Party::recipient, Credentials::both},
    {"RKEY", Party::recipient, Credentials::both},
    {"LSET", Party::recipient, Credentials::both},
    {"LDEL", Party::recipient, Credentials::both},
    {"NKEY", Party::recipient, Credentials::both},
    {"NDEL", Party::recipient, Credentials::both},
    {"GET", Party::recipient, Credentials::both},
    {"ACK", Party::recipient, Credentials::both},
    {"OFF", Party::recipient, Credentials::both},
    {"DEL", Party::recipient, Credentials::both},
    {"QUE", Party::recipient, Credentials::both},
    {"SKEY", Party::sender, Credentials::both},
    {"SEND", Party::sender, Credentials::sending},
    {"PING", Party::none, Credentials::nothing},
    {"LKEY", Party::link, Credentials::both},
    {"LGET", Party::link, Credentials::entity_only},
    {"NSUB", Party::notifier, Credentials::both},
    {"NSUBS", Party::notifier_service, Credentials::both},
    {"PRXY", Party::proxy, Credentials::nothing},
    {"PFWD", Party::proxy, Credentials::entity_only},
    {"RFWD", Party::proxy, Credentials::nothing},
    {"RSLV", Party::none, Credentials::nothing},
}};
static_assert(std::is_same_v<std::variant_alternative_t<0, Command>, New>);
static_assert(std::is_same_v<std::variant_alternative_t<15, Command>, Send>);
static_assert(std::is_same_v<std::variant_alternative_t<24, Command>, Rslv>);

const Row& row(const Command& command) {
  return kRows[command.index()];
}

}  // namespace

std::string_view word(const Command& command) {
  return row(command).word;
}

Party party(const Command& command) {
  return row(command).party;
}

std::optional<CommandError> check_credentials(const Command& command, bool has_authorization, bool has_entity) {
  switch (row(command).credentials) {
    case Credentials::creation:
      if (!has_authorization) return CommandError::no_auth;
      if (has_entity) return CommandError::has_auth;
      return std::nullopt;
    case Credentials::sending:
      if (!has_entity) return CommandError::no_entity;
      return std::nullopt;
    case Credentials::entity_only:
      if (!has_entity) return CommandError::no_entity;
      if (has_authorization) return CommandError::has_auth;
      return std::nullopt;
    case Credentials::nothing:
      if (has_authorization || has_entity) return CommandError::has_auth;
      return std::nullopt;
    case Credentials::both:
      if (!has_authorization || !has_entity) return CommandError::no_auth;
      return std::nullopt;
  }
  return CommandError::syntax;
}

std::array<std::uint8_t, 24> client_sender_id(ByteView corr_id) {
  const auto digest = crypto::sha3_384(corr_id);
  std::array<std::uint8_t, 24> id{};
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

}  // namespace sotto::smp
