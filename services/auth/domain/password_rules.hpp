// What a password may be: the characters that an address can hold, and for those that people choose a least strength.
// Labels, too. Pure functions; any thread. None of the messages repeats what was given.
#pragma once

#include <string_view>

#include "libs/base/result.hpp"
#include "libs/base/secret.hpp"

namespace sotto::auth {

// invalid_argument: longer than 255 characters, or one that is not printable ASCII, or a space, @, : or /
// (docs/wire.md, "Addresses").
Status check_characters(std::string_view password);

// check_characters(), and invalid_argument for what is guessed soon: fewer than 12 characters, or fewer than 45 bits
// by a rough estimate that counts neither repetitions nor runs ("aaaa", "1234", "qwert").
Status check_strength(std::string_view password);

// invalid_argument: a label has 1 to 64 letters (ASCII), digits, '-', '_' or '.', and begins with a letter or digit.
Status check_label(std::string_view label);

// 32 random bytes, base64url.
SecretString generate_password();

}  // namespace sotto::auth
