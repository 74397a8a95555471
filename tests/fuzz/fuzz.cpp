// The libFuzzer target. First byte of an input: which parser (the letters below); second byte: the protocol version,
// counted from 6; the rest is what the parser gets. make_corpus.py writes inputs of this form.
#include <cstring>
#include <memory>

#include "libs/crypto/random.hpp"
#include "tests/fuzz/parsers.hpp"

namespace {

struct Family {
  char letter;
  sotto::fuzz::Parser parse;
};

constexpr Family kFamilies[] = {
    {'c', sotto::fuzz::command},      {'r', sotto::fuzz::response},      {'e', sotto::fuzz::error},
    {'b', sotto::fuzz::block},        {'t', sotto::fuzz::transmission},  {'S', sotto::fuzz::server_hello},
    {'C', sotto::fuzz::client_hello}, {'R', sotto::fuzz::service_reply}, {'a', sotto::fuzz::address},
    {'f', sotto::fuzz::forwarded},    {'d', sotto::fuzz::decrypted},     {'k', sotto::fuzz::public_key},
    {'x', sotto::fuzz::certificate},  {'s', sotto::fuzz::signed_key},    {'p', sotto::fuzz::pem},
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  sotto::crypto::initialise();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return -1;
  for (const auto& family : kFamilies) {
    if (static_cast<std::uint8_t>(family.letter) != data[0]) continue;
    constexpr int kVersions = sotto::smp::kMaxVersion - sotto::smp::kMinVersion + 1;
    const auto version = static_cast<sotto::smp::Version>(sotto::smp::kMinVersion + data[1] % kVersions);
    // Memory of exactly this size, so that the address sanitizer sees a read behind its end.
    const std::size_t input_size = size - 2;
    const auto input = std::make_unique<std::uint8_t[]>(input_size);
    if (input_size != 0) std::memcpy(input.get(), data + 2, input_size);
    family.parse(sotto::ByteView(input.get(), input_size), version);
    return 0;
  }
  return -1;  // not an input of ours: not kept in the corpus
}
