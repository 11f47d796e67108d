// Runs the random and movement kernels on fixed inputs of odd sizes and hashes what they write. One overload
// a signature; the hashes of all instruction sets with FMA are equal.
#pragma once

#include <cstdint>
#include <vector>

#include "../kernels/signatures.h"
#include "hash.h"

namespace myelin::test {
namespace drive_random {

constexpr int64_t kSizes[] = {0, 1, 3, 4, 15, 16, 31, 64, 65, 127, 1000, 4099};
constexpr RandomStream kStream = {{0x243f6a88, 0x85a308d3}, {0x13198a2e, 0x03707344, 0xa4093822}};
constexpr int64_t kBlocks[] = {0, 5, 0xfffffffa};  // the last passes the end of 32 bits

template <class T>
std::vector<T> numbered(int64_t n) {
  std::vector<T> x(static_cast<size_t>(n));
  for (size_t i = 0; i < x.size(); i++) x[i] = static_cast<T>(static_cast<uint8_t>(i * 167 + 13));
  return x;
}

// Calls f(stream, block, y, n) for every block and size; one more item than n shows a write past the end.
template <class T, class F>
uint64_t over_sizes(F f) {
  Hash hash;
  for (const int64_t block : kBlocks) {
    for (const int64_t n : kSizes) {
      std::vector<T> y(static_cast<size_t>(n) + 1, T(7));
      f(kStream, block, y.data(), n);
      hash.add(y);
    }
  }
  return hash.value();
}

}  // namespace drive_random

inline uint64_t drive(Random* kernel) {
  const float attrs[] = {1.5f, 2.25f, 3.7499998f};  // valid for each of the distributions
  return drive_random::over_sizes<float>(
      [&](const RandomStream& s, int64_t block, float* y, int64_t n) { kernel(s, block, y, n, attrs); });
}

inline uint64_t drive(RandomBits* kernel) { return drive_random::over_sizes<int32_t>(*kernel); }

inline uint64_t drive(RandomMask* kernel) {
  const float attrs[] = {0.7f * 16777216.0f, 1 / 0.7f};
  const std::vector<float> x = drive_random::numbered<float>(5000);
  return drive_random::over_sizes<float>([&](const RandomStream& s, int64_t block, float* y, int64_t n) {
    kernel(s, block, x.data(), y, n, attrs);
  });
}

// On words or bytes: a kernel moves one of the two, and the other reading is as defined.
inline uint64_t drive(Transpose* kernel) {
  Hash hash;
  for (const int64_t rows : {1, 7, 8, 17, 64, 100}) {
    for (const int64_t columns : {1, 3, 8, 16, 33, 90}) {
      const std::vector<int32_t> x = drive_random::numbered<int32_t>(rows * (columns + 3));
      std::vector<int32_t> y(static_cast<size_t>(columns * (rows + 5)), 7);
      kernel(x.data(), columns + 3, y.data(), rows + 5, rows, columns);
      hash.add(y);
    }
  }
  return hash.value();
}

inline uint64_t drive(ScaleBytes* kernel) {
  Hash hash;
  const std::vector<uint8_t> x = drive_random::numbered<uint8_t>(5000);
  for (const int64_t n : drive_random::kSizes) {
    std::vector<float> y(static_cast<size_t>(n) + 1, 7.0f);
    kernel(x.data(), y.data(), n, 1 / 255.0f);
    hash.add(y);
  }
  return hash.value();
}

}  // namespace myelin::test
