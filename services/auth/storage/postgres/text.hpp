// Text that PostgreSQL takes. A pure function; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sotto::auth {

// UTF-8 as it is; each byte that belongs to none, and each zero, becomes '?': a column of text holds neither, and what
// an administrator wrote as a reason must not be what keeps it out of the audit.
std::string storable_text(std::string_view text);

}  // namespace sotto::auth
