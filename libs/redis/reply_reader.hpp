// ReplyReader: bytes from Redis to Replies, by the protocol reader of hiredis. One thread.
#pragma once

#include <cstddef>
#include <memory>

#include "libs/base/bytes.hpp"
#include "libs/base/result.hpp"
#include "libs/redis/reply.hpp"

struct redisReader;

namespace sotto::redis {

class ReplyReader {
 public:
  // Limits of one reply: its bytes, and the elements of one of its arrays.
  ReplyReader(std::size_t max_bytes, std::size_t max_elements);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // Adds what was received, in pieces of any size. protocol: what came is no reply, or one beyond the limits; nothing
  // more can be read then.
  Status feed(ByteView bytes);
  // Whether a whole reply is there; it is moved to `reply`. A reply that is an error is one of Kind::error. protocol as
  // in feed().
  Result<bool> next(Reply& reply);

 private:
  struct Build;  // what hiredis calls while it reads
  struct Free {
    void operator()(redisReader* reader) const;
  };

  const std::size_t max_bytes_;
  const std::size_t max_elements_;
  Reply root_;  // being read
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace sotto::redis
