#include "libs/postgres/params.hpp"

#include <utility>

namespace sotto::postgres {
namespace {

// Object ids of types, fixed in PostgreSQL's catalogue.
std::uint32_t type_oid(Array::Element element) {
  switch (element) {
    case Array::Element::boolean:
      return 16;
    case Array::Element::bytea:
      return 17;
    case Array::Element::int8:
      return 20;
    case Array::Element::int2:
      return 21;
    case Array::Element::int4:
      return 23;
    case Array::Element::text:
      return 25;
  }
  return 0;
}

void put(Bytes& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i > 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

void put_at(Bytes& out, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

// Of an array with one dimension: dimensions, "has nulls", type, then of the dimension: number of elements, first
// index.
constexpr std::size_t kNullsAt = 4;
constexpr std::size_t kCountAt = 12;
constexpr std::size_t kHeaderSize = 20;
constexpr std::size_t kEmptySize = 12;

}  // namespace

Array::Array(Element element, std::size_t count, std::size_t bytes) {
  bytes_.reserve(kHeaderSize + 4 * count + bytes);
  put(bytes_, 1, 4);
  put(bytes_, 0, 4);
  put(bytes_, type_oid(element), 4);
  put(bytes_, 0, 4);
  put(bytes_, 1, 4);
}

void Array::add_null() {
  put(bytes_, 0xffffffffU, 4);
  has_null_ = true;
  ++count_;
}

void Array::add(ByteView value) {
  put(bytes_, value.size(), 4);
  append(bytes_, value);
  ++count_;
}

void Array::number(std::uint64_t value, std::size_t width) {
  put(bytes_, width, 4);
  put(bytes_, value, width);
  ++count_;
}

Bytes Array::take() && {
  if (has_null_) put_at(bytes_, kNullsAt, 1);
  put_at(bytes_, kCountAt, count_);
  if (count_ == 0) {
    put_at(bytes_, 0, 0);  // an array without dimensions
    bytes_.resize(kEmptySize);
  }
  return std::move(bytes_);
}

Params& Params::null() {
  values_.emplace_back();
  return *this;
}

Params& Params::number(std::uint64_t value, std::size_t width) {
  Bytes bytes;
  put(bytes, value, width);
  values_.emplace_back(std::move(bytes));
  return *this;
}

Params& Params::add(ByteView value) {
  values_.emplace_back(to_bytes(value));
  return *this;
}

Params& Params::add(Array&& array) {
  values_.emplace_back(std::move(array).take());
  return *this;
}

}  // namespace sotto::postgres
