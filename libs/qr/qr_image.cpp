#include "libs/qr/qr_image.hpp"

#include <vector>

#include <png.h>

namespace sotto::qr {
namespace {

constexpr std::size_t kPixelsPerModule = 8;

void append_to_string(png_structp png, png_bytep data, png_size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), size);
}

void flush_nothing(png_structp /*unused*/) {}

}  // namespace

std::string qr_utf8(const QrCode& code, bool inverse) {
  std::string out;
  for (std::size_t y = 0; y < code.size(); y += 2) {
    for (std::size_t x = 0; x < code.size(); ++x) {
      const bool upper = code.dark(x, y) == inverse;
      const bool lower = code.dark(x, y + 1) == inverse;
      out += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
    }
    out += '\n';
  }
  return out;
}

std::string qr_ansi(const QrCode& code, bool inverse) {
  std::string out;
  for (std::size_t y = 0; y < code.size(); ++y) {
    for (std::size_t x = 0; x < code.size(); ++x) {
      out += code.dark(x, y) == inverse ? "\x1b[47m  " : "\x1b[40m  ";
    }
    out += "\x1b[0m\n";
  }
  return out;
}

Result<std::string> qr_png(const QrCode& code, bool inverse) {
  const auto side = code.size() * kPixelsPerModule;
  // One bit a pixel and eight pixels a module: a module is one byte of a row, all ones for white.
  std::vector<std::vector<png_byte>> rows;
  rows.reserve(code.size());
  for (std::size_t y = 0; y < code.size(); ++y) {
    auto& row = rows.emplace_back();
    for (std::size_t x = 0; x < code.size(); ++x) row.push_back(code.dark(x, y) == inverse ? 0xff : 0);
  }

  std::string out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr) {
    png_destroy_write_struct(&png, nullptr);
    return Error{ErrorCode::internal, "libpng cannot start"};
  }
  // libpng reports errors by longjmp: everything with a destructor was made above.
  if (setjmp(png_jmpbuf(png)) != 0) {  // NOLINT(cert-err52-cpp)
    png_destroy_write_struct(&png, &info);
    return Error{ErrorCode::internal, "libpng cannot write the image"};
  }
  png_set_write_fn(png, &out, append_to_string, flush_nothing);
  png_set_IHDR(png, info, static_cast<png_uint_32>(side), static_cast<png_uint_32>(side), 1, PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (std::size_t y = 0; y < side; ++y) png_write_row(png, rows[y / kPixelsPerModule].data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

std::string qr_svg(const QrCode& code, bool inverse) {
  const auto size = std::to_string(code.size());
  const std::string light = inverse ? "#000" : "#fff";
  const std::string dark = inverse ? "#fff" : "#000";
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + " " + size +
                    "\" shape-rendering=\"crispEdges\">\n<rect width=\"" + size + "\" height=\"" + size + "\" fill=\"" +
                    light + "\"/>\n<path fill=\"" + dark + "\" d=\"";
  for (std::size_t y = 0; y < code.size(); ++y) {
    for (std::size_t x = 0; x < code.size(); ++x) {
      if (code.dark(x, y)) out += "M" + std::to_string(x) + " " + std::to_string(y) + "h1v1h-1z";
    }
  }
  return out + "\"/>\n</svg>\n";
}

}  // namespace sotto::qr
