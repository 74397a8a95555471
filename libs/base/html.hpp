// Text in HTML pages. A pure function; any thread.
#pragma once

#include <string>
#include <string_view>

namespace sotto {

// As text and in attributes in quotes: whatever it holds, it stays text.
std::string html_escaped(std::string_view text);

}  // namespace sotto
