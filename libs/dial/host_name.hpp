// What can be said of a host name before anybody is asked about it. Pure functions, any thread.
#pragma once

#include <string_view>

namespace sotto::dial {

// Of Tor, in any case and with or without a dot at the end: never to be asked of DNS (RFC 7686).
bool is_onion(std::string_view name);

// Whether DNS may be asked: 1 to 253 characters of letters, digits, '-', '_' and '.'. Others have a meaning of their
// own in a resolver (escapes) or end the text.
bool is_askable(std::string_view name);

// This machine, by RFC 6761 section 6.3: "localhost" and all below it.
bool is_localhost(std::string_view name);

// Whether whoever looks it up may take it for itself or for an address without asking: is_localhost(), and names that
// end in a number, which inet_aton() reads ("127.1", "2130706433", "0x7f.1").
bool is_local_notation(std::string_view name);

}  // namespace sotto::dial
