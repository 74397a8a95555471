#include "libs/postgres/rows.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <stdexcept>

namespace sotto::postgres {
namespace {

std::uint64_t big_endian(ByteView bytes) {
  std::uint64_t out = 0;
  for (const auto byte : bytes) out = out << 8U | byte;
  return out;
}

}  // namespace

void Rows::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

std::size_t Rows::size() const {
  return static_cast<std::size_t>(PQntuples(result_.get()));
}

std::uint64_t Rows::affected() const {
  const std::string_view text = PQcmdTuples(result_.get());
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::string_view Rows::command() const {
  return PQcmdStatus(result_.get());
}

bool Rows::is_null(std::size_t row, int column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}

ByteView Rows::bytes(std::size_t row, int column) const {
  const int at = static_cast<int>(row);
  const char* value = PQgetvalue(result_.get(), at, column);
  if (value == nullptr) throw std::logic_error("a result was read beyond its rows or columns");
  return as_bytes({value, static_cast<std::size_t>(PQgetlength(result_.get(), at, column))});
}

std::string_view Rows::text(std::size_t row, int column) const {
  return as_text(bytes(row, column));
}

ByteView Rows::fixed(std::size_t row, int column, std::size_t width) const {
  const ByteView value = bytes(row, column);
  if (value.size() != width) throw std::logic_error("a column was read as a type that it does not have, or is NULL");
  return value;
}

bool Rows::boolean(std::size_t row, int column) const {
  return fixed(row, column, 1)[0] != 0;
}

std::int16_t Rows::int2(std::size_t row, int column) const {
  return static_cast<std::int16_t>(big_endian(fixed(row, column, 2)));
}

std::int32_t Rows::int4(std::size_t row, int column) const {
  return static_cast<std::int32_t>(big_endian(fixed(row, column, 4)));
}

std::int64_t Rows::int8(std::size_t row, int column) const {
  return static_cast<std::int64_t>(big_endian(fixed(row, column, 8)));
}

}  // namespace sotto::postgres
