// WipingAllocator: memory that is wiped when it is given back, for containers that hold secrets on their way.
// Stateless; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "libs/base/secret.hpp"

namespace sotto::cli {

template <class T>
class WipingAllocator {
 public:
  using value_type = T;

  WipingAllocator() = default;
  // Implicit on purpose: containers convert it.
  template <class Other>
  WipingAllocator(const WipingAllocator<Other>& /*other*/) {}  // NOLINT(google-explicit-constructor)

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, std::size_t count) {
    wipe({reinterpret_cast<std::uint8_t*>(memory), count * sizeof(T)});
    std::allocator<T>().deallocate(memory, count);
  }

  friend bool operator==(const WipingAllocator& /*a*/, const WipingAllocator& /*b*/) { return true; }
};

}  // namespace sotto::cli
