// What a resolver says of a name: whether clients can read it. Pure; any thread.
#pragma once

#include <string_view>

namespace sotto::gateway {

// Whether it is a JSON object with the fields of docs/names.md; others may be there, too.
[[nodiscard]] bool is_name_record(std::string_view text);

}  // namespace sotto::gateway
