// Which queue people mean: by one of its ids, by the address of a queue, or by a link that an app made. Pure functions.
#pragma once

#include <sotto/common/v1/common.pb.h>

#include <string>
#include <string_view>

#include "libs/base/result.hpp"

namespace sotto::cli {

// `text`: 24 bytes in base64url; an address of a queue (`smp://fingerprint@host/ID#/?…`, also within a link such as
// `simplex:/invitation#/?v=…&smp=smp%3A%2F%2F…`); or a short link of an invitation or a group without its key
// (`https://host/i#ID/key`). `role`: "sender", "recipient", "notifier", "link"; empty: as the text says, of a plain id
// the sender's. invalid_argument, which repeats nothing.
Result<common::v1::QueueId> queue_name(std::string_view text, std::string_view role);

}  // namespace sotto::cli
