// The page that is handed out to those who use a server: its address as QR code and as text, and how it gets into the
// app. Self-contained HTML for a sheet of paper: no script, nothing that is loaded. A pure function; any thread.
#pragma once

#include <string>

#include "libs/base/result.hpp"
#include "libs/smp/address.hpp"

namespace sotto::cli {

struct Handout {
  smp::ServerAddress address;  // as it goes onto the page: with its password, when there is one
  std::string label;           // for whom or for what, at most kMaxHandoutLabel bytes; empty: none
  std::string expires;         // until when the password works, as people read it: "2027-01-31"; empty: no end
};

// What keeps the page one page.
inline constexpr std::size_t kMaxHandoutLabel = 120;

// invalid_argument: the label is too long or holds control characters, or the address is too long for a QR code.
Result<std::string> handout_page(const Handout& handout);

}  // namespace sotto::cli
