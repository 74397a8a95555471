// Pictures of a QR code: for terminals as text, and as PNG and SVG files. Pure functions.
#pragma once

#include <string>

#include "libs/qr/qr_code.hpp"

namespace sotto::qr {

// Light modules are drawn in the text's colour, as terminals are mostly dark; `inverse` swaps for light terminals.
// UTF-8 half blocks, two rows of modules to a line.
std::string qr_utf8(const QrCode& code, bool inverse);
// Two spaces a module, with background colours of its own: right on any terminal; `inverse` swaps the colours.
std::string qr_ansi(const QrCode& code, bool inverse);

// Black on white, or with `inverse` white on black. PNG: 8 pixels a module, one bit a pixel.
Result<std::string> qr_png(const QrCode& code, bool inverse);
std::string qr_svg(const QrCode& code, bool inverse);

}  // namespace sotto::qr
