// The text of a log line, without line break. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "libs/base/clock.hpp"
#include "libs/observability/log.hpp"

namespace sotto::log {

std::string_view level_name(Level level);

// 2026-01-31T12:00:00.123Z info    listening address=:: port=5223
// A text that holds a space, a quote or a control character is quoted and escaped as in JSON: one line stays one line.
std::string text_line(SystemTime time, Level level, std::string_view message, Fields fields);

// {"time":"2026-01-31T12:00:00.123Z","level":"info","message":"listening","address":"::","port":5223}
// Bytes that are not UTF-8 become U+FFFD. A field that is called time, level or message gets a "_" behind its name.
std::string json_line(SystemTime time, Level level, std::string_view message, Fields fields);

}  // namespace sotto::log
