// Params: the parameters of a statement in PostgreSQL's binary format, and the arrays that carry many rows as one
// parameter (unnest($1::bytea[], …)). Values; one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "libs/base/bytes.hpp"

namespace sotto::postgres {

// An array parameter, built element by element.
class Array {
 public:
  enum class Element : std::uint8_t { boolean, int2, int4, int8, bytea, text };
  // `count` and `bytes`: how many elements, and how much they hold together, so that memory is taken once.
  explicit Array(Element element, std::size_t count = 0, std::size_t bytes = 0);

  // Each adds one element; of the type that the array was made for.
  void add_null();
  void add(bool value) { number(value ? 1 : 0, 1); }
  void add(std::int16_t value) { number(static_cast<std::uint16_t>(value), 2); }
  void add(std::int32_t value) { number(static_cast<std::uint32_t>(value), 4); }
  void add(std::int64_t value) { number(static_cast<std::uint64_t>(value), 8); }
  void add(ByteView value);
  void add(std::string_view value) { add(as_bytes(value)); }
  void add(const char* value) = delete;  // it would be a bool
  template <class T>
  void add(const std::optional<T>& value) {
    if (value) {
      add(*value);
    } else {
      add_null();
    }
  }
  [[nodiscard]] std::uint32_t size() const { return count_; }

 private:
  friend class Params;
  void number(std::uint64_t value, std::size_t width);
  // The finished bytes.
  Bytes take() &&;

  Bytes bytes_;
  std::uint32_t count_ = 0;
  bool has_null_ = false;
};

class Params {
 public:
  Params& null();
  Params& add(bool value) { return number(value ? 1 : 0, 1); }
  Params& add(std::int16_t value) { return number(static_cast<std::uint16_t>(value), 2); }
  Params& add(std::int32_t value) { return number(static_cast<std::uint32_t>(value), 4); }
  Params& add(std::int64_t value) { return number(static_cast<std::uint64_t>(value), 8); }
  // Copied.
  Params& add(ByteView value);
  Params& add(std::string_view value) { return add(as_bytes(value)); }
  Params& add(const char* value) = delete;  // it would be a bool
  Params& add(Array&& array);

  [[nodiscard]] std::size_t size() const { return values_.size(); }
  // Nothing: NULL.
  [[nodiscard]] const std::optional<Bytes>& operator[](std::size_t index) const { return values_[index]; }

 private:
  Params& number(std::uint64_t value, std::size_t width);
  std::vector<std::optional<Bytes>> values_;
};

}  // namespace sotto::postgres
