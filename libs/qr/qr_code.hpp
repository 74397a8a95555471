// QrCode: a QR code as a square of modules. A value.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace sotto::qr {

// Modules of light border that readers need around a code.
inline constexpr std::size_t kQuietZone = 4;

class QrCode {
 public:
  // `text` as it is, with error correction M. invalid_argument when it is too long for a QR code.
  static Result<QrCode> encode(std::string_view text);

  // Modules on a side, quiet zone included.
  [[nodiscard]] std::size_t size() const { return side_ + 2 * kQuietZone; }
  // Quiet zone included; outside of it everything is light.
  [[nodiscard]] bool dark(std::size_t x, std::size_t y) const;

 private:
  std::size_t side_ = 0;
  std::vector<bool> dark_;
};

}  // namespace sotto::qr
