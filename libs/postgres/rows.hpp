// Rows: the result of one statement, in PostgreSQL's binary format. A value that may be read by one thread at a time;
// views live as long as it does. A column that is read as another type than it has is our own bug and throws.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "libs/base/bytes.hpp"

struct pg_result;

namespace sotto::postgres {

class Rows {
 public:
  // Takes it over.
  explicit Rows(pg_result* result) : result_(result) {}

  [[nodiscard]] std::size_t size() const;
  // Rows that the statement inserted, updated, deleted or selected.
  [[nodiscard]] std::uint64_t affected() const;
  // Whether it was this kind of command: "COMMIT", "INSERT 0 1" …
  [[nodiscard]] std::string_view command() const;

  [[nodiscard]] bool is_null(std::size_t row, int column) const;
  [[nodiscard]] bool boolean(std::size_t row, int column) const;
  [[nodiscard]] std::int16_t int2(std::size_t row, int column) const;
  [[nodiscard]] std::int32_t int4(std::size_t row, int column) const;
  [[nodiscard]] std::int64_t int8(std::size_t row, int column) const;
  [[nodiscard]] ByteView bytes(std::size_t row, int column) const;
  [[nodiscard]] std::string_view text(std::size_t row, int column) const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  [[nodiscard]] ByteView fixed(std::size_t row, int column, std::size_t width) const;
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace sotto::postgres
