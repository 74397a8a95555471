// The notice of a blocked queue: what an administrator has clients tell their users, as the JSON that goes out in
// `ERR BLOCKED … ,notice=` (docs/wire.md section 7). Clients that cannot read it cannot read the whole answer, so it is
// checked before it is stored. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "libs/base/result.hpp"

namespace sotto::queue {

// Bytes of a notice, as it is given and as it is stored. All that clients know of, `ttl`, takes 30. A block of 255
// commands to a blocked queue is answered with as many notices: this keeps them within the output limit of a
// connection.
inline constexpr std::size_t kMaxBlockingNotice = 512;

// The notice as it is stored: without white space between its parts, and each name once. Empty for an empty text, which
// is no notice. invalid_argument when it is too long, is no JSON object, or has a `ttl` that is neither null nor a
// whole number of seconds from 0 to 2^63-1.
Result<std::string> normalise_blocking_notice(std::string_view json);

}  // namespace sotto::queue
