#include "services/auth/domain/password_rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "libs/crypto/random.hpp"

namespace sotto::auth {
namespace {

constexpr std::size_t kMaxPassword = 255;  // a short string on the wire
constexpr std::size_t kMinChosen = 12;
constexpr double kMinBits = 45;
constexpr std::size_t kMaxLabel = 64;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

// How many characters there are of the kinds that the password uses.
double alphabet(std::string_view password) {
  double size = 0;
  if (std::any_of(password.begin(), password.end(), is_lower)) size += 26;
  if (std::any_of(password.begin(), password.end(), is_upper)) size += 26;
  if (std::any_of(password.begin(), password.end(), is_digit)) size += 10;
  if (std::any_of(password.begin(), password.end(),
                  [](char c) { return !is_lower(c) && !is_upper(c) && !is_digit(c); }))
    size += 28;
  return size;
}

// The next on the keyboard or in the alphabet.
bool follows(char before, char after) {
  constexpr std::array<std::string_view, 3> kRows{"qwertyuiop", "asdfghjkl", "zxcvbnm"};
  before = lower(before);
  after = lower(after);
  if (before == after || after == before + 1 || after == before - 1) return true;
  return std::any_of(kRows.begin(), kRows.end(), [&](std::string_view row) {
    const auto at = row.find(before);
    return at != std::string_view::npos && at + 1 < row.size() && row[at + 1] == after;
  });
}

// Characters that say something new: not one that follows from the one before, and not the second time of a pair.
std::size_t surprising(std::string_view password) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < password.size(); ++i) {
    if (i > 0 && follows(password[i - 1], password[i])) continue;
    const auto pair = i > 0 ? password.substr(i - 1, 2) : std::string_view();
    if (!pair.empty() && password.substr(0, i).find(pair) != std::string_view::npos) continue;
    ++count;
  }
  return count;
}

}  // namespace

Status check_characters(std::string_view password) {
  if (password.empty()) return Error{ErrorCode::invalid_argument, "a password is not empty"};
  if (password.size() > kMaxPassword) {
    return Error{ErrorCode::invalid_argument, "a password has at most 255 characters"};
  }
  const auto forbidden = [](char c) { return c <= ' ' || c > '~' || c == '@' || c == ':' || c == '/'; };
  if (std::any_of(password.begin(), password.end(), forbidden)) {
    return Error{ErrorCode::invalid_argument,
                 "a password holds printable ASCII characters only, and no space, @, : and /"};
  }
  return ok_status();
}

Status check_strength(std::string_view password) {
  if (auto status = check_characters(password); !status) return status;
  if (password.size() < kMinChosen) {
    return Error{ErrorCode::invalid_argument, "the password is too short: it needs 12 characters, or let one be made"};
  }
  if (static_cast<double>(surprising(password)) * std::log2(alphabet(password)) < kMinBits) {
    return Error{ErrorCode::invalid_argument,
                 "the password is too easy to guess: use more different characters, or let one be made"};
  }
  return ok_status();
}

Status check_label(std::string_view label) {
  const auto allowed = [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  };
  const bool fine = !label.empty() && label.size() <= kMaxLabel && std::all_of(label.begin(), label.end(), allowed) &&
                    label.front() != '-' && label.front() != '_' && label.front() != '.';
  if (fine) return ok_status();
  return Error{ErrorCode::invalid_argument,
               "a label has 1 to 64 letters, digits, '-', '_' or '.', and begins with a letter or a digit"};
}

SecretString generate_password() {
  Secret<32> bytes;
  crypto::random_bytes(bytes.expose_mutable());
  return SecretString(to_base64url(bytes.expose()));
}

}  // namespace sotto::auth
