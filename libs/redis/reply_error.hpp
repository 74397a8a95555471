// What an error that Redis answered means: where to go, to try again, or an Error for the caller. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "libs/base/error.hpp"
#include "libs/redis/options.hpp"

namespace sotto::redis {

struct ReplyError {
  enum class Kind : std::uint8_t {
    moved,      // the slot is served by `address` from now on
    ask,        // this one command goes to `address`, after ASKING
    try_again,  // the cluster is changing; the same command may succeed soon
    no_script,  // EVALSHA of a script that the server does not have
    other,
  };
  Kind kind = Kind::other;
  std::uint16_t slot = 0;  // of moved and ask
  Address address;         // of moved and ask; an empty host: that of the server that answered
};

ReplyError classify(std::string_view text);

// For the caller. Of the text only what holds no arguments of the command is kept.
Error to_error(std::string_view text);

}  // namespace sotto::redis
