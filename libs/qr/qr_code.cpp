#include "libs/qr/qr_code.hpp"

#include <memory>
#include <string>

#include <qrencode.h>

namespace sotto::qr {

Result<QrCode> QrCode::encode(std::string_view text) {
  const std::string terminated(text);
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString8bit(terminated.c_str(), 0, QR_ECLEVEL_M), &QRcode_free);
  if (!code) return Error{ErrorCode::invalid_argument, "the address is too long for a QR code"};
  QrCode result;
  result.side_ = static_cast<std::size_t>(code->width);
  result.dark_.resize(result.side_ * result.side_);
  // The lowest bit of each byte is the colour.
  for (std::size_t i = 0; i < result.dark_.size(); ++i) result.dark_[i] = (code->data[i] & 1) != 0;
  return result;
}

bool QrCode::dark(std::size_t x, std::size_t y) const {
  if (x < kQuietZone || y < kQuietZone) return false;
  x -= kQuietZone;
  y -= kQuietZone;
  return x < side_ && y < side_ && dark_[y * side_ + x];
}

}  // namespace sotto::qr
