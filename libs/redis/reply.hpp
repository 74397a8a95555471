// Reply: what Redis answered, as a value. An answer that is an error as a whole is never a Reply: it is the Error of a
// Result<Reply> (docs of Client). One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/base/bytes.hpp"

namespace sotto::redis {

class Reply {
 public:
  enum class Kind : std::uint8_t {
    nil,
    integer,
    bytes,
    status,  // "OK", "PONG", "QUEUED" …
    array,
    error,  // only as an element of an array, for example of the answer to EXEC
  };

  Reply() = default;
  static Reply of_integer(std::int64_t number);
  static Reply of_text(Kind kind, std::string_view text);  // bytes, status or error
  static Reply of_array(std::size_t size);                 // elements are nil

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_nil() const { return kind_ == Kind::nil; }
  [[nodiscard]] bool is_integer() const { return kind_ == Kind::integer; }
  [[nodiscard]] bool is_bytes() const { return kind_ == Kind::bytes; }
  [[nodiscard]] bool is_array() const { return kind_ == Kind::array; }

  // Each is empty (0) when the reply is of another kind. Views live as long as this.
  [[nodiscard]] std::int64_t integer() const { return integer_; }
  [[nodiscard]] std::string_view text() const { return text_; }  // of bytes, status and error
  [[nodiscard]] ByteView bytes() const { return as_bytes(text_); }
  [[nodiscard]] const std::vector<Reply>& array() const { return array_; }
  [[nodiscard]] std::vector<Reply>& array() { return array_; }
  // An element; nil when there is none.
  [[nodiscard]] const Reply& operator[](std::size_t index) const;

  friend bool operator==(const Reply&, const Reply&) = default;

 private:
  Kind kind_ = Kind::nil;
  std::int64_t integer_ = 0;
  std::string text_;
  std::vector<Reply> array_;
};

}  // namespace sotto::redis
