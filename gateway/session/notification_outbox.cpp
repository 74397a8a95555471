#include "gateway/session/notification_outbox.hpp"

#include <utility>

#include "libs/smp/transmission.hpp"

namespace sotto::gateway {

bool NotificationOutbox::add(Bytes transmission) {
  if (bytes_ + transmission.size() > limit_) return false;
  bytes_ += transmission.size();
  waiting_.push_back(std::move(transmission));
  return true;
}

Bytes NotificationOutbox::take_block(bool partial) {
  smp::BlockPacker packer;
  std::size_t count = 0;
  while (count < waiting_.size() && (packer.empty() || packer.fits(waiting_[count].size()))) {
    packer.add(waiting_[count++]);
  }
  const bool full = count < waiting_.size();
  if (count == 0 || (!full && !partial)) return {};
  for (std::size_t i = 0; i < count; ++i) bytes_ -= waiting_[i].size();
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  return packer.take();
}

}  // namespace sotto::gateway
