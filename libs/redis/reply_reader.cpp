#include "libs/redis/reply_reader.hpp"

#include <hiredis/read.h>

#include <new>
#include <string>
#include <utility>

namespace sotto::redis {

// hiredis asks for an object for each part of a reply, from the outside to the inside. All are made in place in root_,
// whose arrays have their full size before their first element comes, so that pointers to elements stay valid.
struct ReplyReader::Build {
  static void* put(const redisReadTask* task, Reply value) {
    auto& self = *static_cast<ReplyReader*>(task->privdata);
    Reply* place = &self.root_;
    if (task->parent != nullptr) {
      place = &static_cast<Reply*>(task->parent->obj)->array()[static_cast<std::size_t>(task->idx)];
    }
    *place = std::move(value);
    return place;
  }
  static void* text(const redisReadTask* task, char* data, std::size_t size) {
    auto kind = Reply::Kind::bytes;
    if (task->type == REDIS_REPLY_STATUS) kind = Reply::Kind::status;
    if (task->type == REDIS_REPLY_ERROR) kind = Reply::Kind::error;
    return put(task, Reply::of_text(kind, {data, size}));
  }
  static void* array(const redisReadTask* task, int size) {
    const auto& self = *static_cast<ReplyReader*>(task->privdata);
    // No object: hiredis ends with "out of memory".
    if (size < 0 || static_cast<std::size_t>(size) > self.max_elements_) return nullptr;
    return put(task, Reply::of_array(static_cast<std::size_t>(size)));
  }
  static void* integer(const redisReadTask* task, long long number) { return put(task, Reply::of_integer(number)); }
  static void* nil(const redisReadTask* task) { return put(task, {}); }
  static void free(void* /*object*/) {}  // all belong to root_
};

void ReplyReader::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

ReplyReader::ReplyReader(std::size_t max_bytes, std::size_t max_elements)
    : max_bytes_(max_bytes), max_elements_(max_elements) {
  static redisReplyObjectFunctions functions{Build::text, Build::array, Build::integer, Build::nil, Build::free};
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = this;
}

ReplyReader::~ReplyReader() = default;

Status ReplyReader::feed(ByteView bytes) {
  if (reader_->len - reader_->pos + bytes.size() > max_bytes_) {
    return Error{ErrorCode::protocol, "an answer of Redis is longer than " + std::to_string(max_bytes_) + " bytes"};
  }
  if (redisReaderFeed(reader_.get(), as_text(bytes).data(), bytes.size()) != REDIS_OK) {
    return Error{ErrorCode::protocol, "Redis broke its protocol"};
  }
  return ok_status();
}

Result<bool> ReplyReader::next(Reply& reply) {
  void* object = nullptr;
  if (redisReaderGetReply(reader_.get(), &object) != REDIS_OK) {
    return Error{ErrorCode::protocol,
                 "what Redis answered is not its protocol, or is too long: is this port Redis, and "
                 "with TLS exactly when it should be?"};
  }
  if (object == nullptr) return false;
  reply = std::exchange(root_, {});
  return true;
}

}  // namespace sotto::redis
