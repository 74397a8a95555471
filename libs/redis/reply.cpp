#include "libs/redis/reply.hpp"

namespace sotto::redis {

Reply Reply::of_integer(std::int64_t number) {
  Reply out;
  out.kind_ = Kind::integer;
  out.integer_ = number;
  return out;
}

Reply Reply::of_text(Kind kind, std::string_view text) {
  Reply out;
  out.kind_ = kind;
  out.text_ = text;
  return out;
}

Reply Reply::of_array(std::size_t size) {
  Reply out;
  out.kind_ = Kind::array;
  out.array_.resize(size);
  return out;
}

const Reply& Reply::operator[](std::size_t index) const {
  static const Reply nil;
  return index < array_.size() ? array_[index] : nil;
}

}  // namespace sotto::redis
