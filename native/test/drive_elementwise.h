// Runs the element-wise kernels on seeded inputs of odd sizes, special values included.
#pragma once

#include "../kernels/signatures.h"
#include "hash.h"

namespace myelin::test {
namespace drive_elementwise {

constexpr int64_t kSizes[] = {0, 1, 3, 4, 7, 8, 15, 17, 31, 33, 63, 64, 65, 129, 4099};
constexpr float kAttrs[2] = {0.25f, 1.5f};

inline void fill(std::vector<float>* v, uint64_t seed) {
  *v = any_floats(static_cast<int64_t>(v->size()), seed);
}
inline void fill(std::vector<int32_t>* v, uint64_t seed) {
  *v = any_ints(static_cast<int64_t>(v->size()), seed);
}
inline void fill(std::vector<uint8_t>* v, uint64_t seed) {
  *v = any_bytes(static_cast<int64_t>(v->size()), seed);
}

// An array of n elements, and one more by which a write past the end is noticed.
template <class T>
std::vector<T> seeded(int64_t n, uint64_t seed) {
  std::vector<T> v(static_cast<size_t>(n + 1));
  fill(&v, seed);
  return v;
}

template <class X, class Y, class F>
uint64_t one_input(F f) {
  Hash hash;
  for (const int64_t n : kSizes) {
    const std::vector<X> x = seeded<X>(n, 1 + static_cast<uint64_t>(n));
    std::vector<Y> y(static_cast<size_t>(n + 1), Y(77));
    f(x.data(), y.data(), n);
    hash.add(y);
  }
  return hash.value();
}

template <class X, class Y, class F>
uint64_t two_inputs(F f) {
  Hash hash;
  for (const int64_t n : kSizes) {
    const std::vector<X> a = seeded<X>(n, 1 + static_cast<uint64_t>(n)),
                         b = seeded<X>(n, 1000 + static_cast<uint64_t>(n));
    for (int steps = 0; steps < 4; steps++) {
      std::vector<Y> y(static_cast<size_t>(n + 1), Y(77));
      f(a.data(), steps & 1, b.data(), steps >> 1, y.data(), n);
      hash.add(y);
    }
  }
  return hash.value();
}

template <class T>
uint64_t choice(Select<T>* kernel) {
  Hash hash;
  for (const int64_t n : kSizes) {
    const auto c = seeded<uint8_t>(n, 3 + static_cast<uint64_t>(n));
    const auto a = seeded<T>(n, 1 + static_cast<uint64_t>(n)),
               b = seeded<T>(n, 1000 + static_cast<uint64_t>(n));
    for (int steps = 0; steps < 8; steps++) {
      std::vector<T> y(static_cast<size_t>(n + 1), T(77));
      kernel(c.data(), steps & 1, a.data(), steps >> 1 & 1, b.data(), steps >> 2, y.data(), n);
      hash.add(y);
    }
  }
  return hash.value();
}

}  // namespace drive_elementwise

inline uint64_t drive(Unary* kernel) {
  return drive_elementwise::one_input<float, float>(
      [=](const float* x, float* y, int64_t n) { kernel(x, y, n, drive_elementwise::kAttrs); });
}
inline uint64_t drive(Binary* kernel) {
  return drive_elementwise::two_inputs<float, float>(
      [=](const float* a, int64_t a_step, const float* b, int64_t b_step, float* y, int64_t n) {
        kernel(a, a_step, b, b_step, y, n, drive_elementwise::kAttrs);
      });
}
inline uint64_t drive(UnaryInt* kernel) { return drive_elementwise::one_input<int32_t, int32_t>(kernel); }
inline uint64_t drive(BinaryInt* kernel) { return drive_elementwise::two_inputs<int32_t, int32_t>(kernel); }
inline uint64_t drive(CompareFloat* kernel) { return drive_elementwise::two_inputs<float, uint8_t>(kernel); }
inline uint64_t drive(CompareInt* kernel) { return drive_elementwise::two_inputs<int32_t, uint8_t>(kernel); }
inline uint64_t drive(SelectFloat* kernel) { return drive_elementwise::choice<float>(kernel); }
inline uint64_t drive(SelectBytes* kernel) { return drive_elementwise::choice<uint8_t>(kernel); }
inline uint64_t drive(FloatToInt* kernel) { return drive_elementwise::one_input<float, int32_t>(kernel); }
inline uint64_t drive(FloatToByte* kernel) { return drive_elementwise::one_input<float, uint8_t>(kernel); }
inline uint64_t drive(IntToFloat* kernel) { return drive_elementwise::one_input<int32_t, float>(kernel); }
inline uint64_t drive(IntToByte* kernel) { return drive_elementwise::one_input<int32_t, uint8_t>(kernel); }
inline uint64_t drive(ByteToInt* kernel) { return drive_elementwise::one_input<uint8_t, int32_t>(kernel); }
inline uint64_t drive(ByteToByte* kernel) { return drive_elementwise::one_input<uint8_t, uint8_t>(kernel); }

}  // namespace myelin::test
