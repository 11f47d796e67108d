// The loops that make a kernel out of a function on vectors. The tail goes through the same function under
// a mask, so its bits are those of the main loop.
#pragma once

#include "../simd/math.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

template <class T>
struct Lanes;
template <>
struct Lanes<float> {
  using Vec = F32;
  static Vec load(const float* p) { return MYELIN_NS::load(p); }
  static Vec load_n(const float* p, int n) { return MYELIN_NS::load_n(p, n); }
  static Vec set1(float x) { return MYELIN_NS::set1(x); }
  static void store(float* p, Vec v) { MYELIN_NS::store(p, v); }
  static void store_n(float* p, Vec v, int n) { MYELIN_NS::store_n(p, v, n); }
};
template <>
struct Lanes<int32_t> {
  using Vec = I32;
  static Vec load(const int32_t* p) { return loadi(p); }
  static Vec load_n(const int32_t* p, int n) { return loadi_n(p, n); }
  static Vec set1(int32_t x) { return set1i(x); }
  static void store(int32_t* p, Vec v) { storei(p, v); }
  static void store_n(int32_t* p, Vec v, int n) { storei_n(p, v, n); }
};
template <>
struct Lanes<uint8_t> {
  using Vec = Mask;
  static void store(uint8_t* p, Vec m) { store_mask(p, m, F32::width); }
  static void store_n(uint8_t* p, Vec m, int n) { store_mask(p, m, n); }
};

constexpr int kWidth = F32::width;
constexpr int kLongUnroll = 2;  // of functions of many instructions: two chains overlap without spills

// y = f(x)
template <int kUnroll, class T, class F>
void map(const T* x, T* y, int64_t n, F f) {
  using L = Lanes<T>;
  int64_t i = 0;
  for (; i + kUnroll * kWidth <= n; i += kUnroll * kWidth) {
    typename L::Vec v[kUnroll];
    for (int u = 0; u < kUnroll; u++) v[u] = f(L::load(x + i + u * kWidth));
    for (int u = 0; u < kUnroll; u++) L::store(y + i + u * kWidth, v[u]);
  }
  if constexpr (kUnroll > 1)
    for (; i + kWidth <= n; i += kWidth) L::store(y + i, f(L::load(x + i)));
  if (i < n) {
    const int count = static_cast<int>(n - i);
    L::store_n(y + i, f(L::load_n(x + i, count)), count);
  }
}

// Out of line, so that it takes no registers from the loop that calls it.
template <class F>
MYELIN_NOINLINE void rarely(const float* x, float* y, int64_t n, F f) {
  map<1>(x, y, n, f);
}

// y = any(x) for a function that has a shorter form, `usual`, wherever `is_usual`: blocks with another element are
// rare, and go through the loop above.
template <class IsUsual, class Usual, class Any>
void map_usual(const float* x, float* y, int64_t n, IsUsual is_usual, Usual usual, Any any) {
  constexpr int64_t kBlock = 2 * kWidth;
  for (;; x += kBlock, y += kBlock, n -= kBlock) {
    for (; n >= kBlock; x += kBlock, y += kBlock, n -= kBlock) {
      const F32 a = load(x), b = load(x + kWidth);
      const F32 ya = usual(a), yb = usual(b);
      if (!all(is_usual(a) & is_usual(b))) break;
      store(y, ya);
      store(y + kWidth, yb);
    }
    if (n < kBlock) break;
    rarely(x, y, kBlock, any);
  }
  rarely(x, y, n, any);
}

// y = f(a, b) where step 0 repeats the first element.
template <bool kStepA, bool kStepB, class T, class U, class F>
void zip_steps(const T* a, const T* b, U* y, int64_t n, F f) {
  using L = Lanes<T>;
  using Out = Lanes<U>;
  constexpr int kUnroll = 4;
  const typename L::Vec a0 = L::set1(*a), b0 = L::set1(*b);
  int64_t i = 0;
  for (; i + kUnroll * kWidth <= n; i += kUnroll * kWidth) {
    typename Out::Vec v[kUnroll];
    for (int u = 0; u < kUnroll; u++) {
      const int64_t j = i + u * kWidth;
      v[u] = f(kStepA ? L::load(a + j) : a0, kStepB ? L::load(b + j) : b0);
    }
    for (int u = 0; u < kUnroll; u++) Out::store(y + i + u * kWidth, v[u]);
  }
  for (; i + kWidth <= n; i += kWidth)
    Out::store(y + i, f(kStepA ? L::load(a + i) : a0, kStepB ? L::load(b + i) : b0));
  if (i < n) {
    const int count = static_cast<int>(n - i);
    Out::store_n(y + i, f(kStepA ? L::load_n(a + i, count) : a0, kStepB ? L::load_n(b + i, count) : b0),
                 count);
  }
}

template <class T, class U, class F>
void zip(const T* a, int64_t a_step, const T* b, int64_t b_step, U* y, int64_t n, F f) {
  if (n <= 0) return;
  if (a_step && b_step) return zip_steps<true, true>(a, b, y, n, f);
  if (a_step) return zip_steps<true, false>(a, b, y, n, f);
  if (b_step) return zip_steps<false, true>(a, b, y, n, f);
  zip_steps<false, false>(a, b, y, n, f);
}

// The loop for functions of many instructions: the steps are looked at on the way, so that there is one loop.
template <class F>
void zip_long(const float* a, int64_t a_step, const float* b, int64_t b_step, float* y, int64_t n, F f) {
  if (n <= 0) return;
  const F32 a0 = set1(*a), b0 = set1(*b);
  int64_t i = 0;
  for (; i + kWidth <= n; i += kWidth) store(y + i, f(a_step ? load(a + i) : a0, b_step ? load(b + i) : b0));
  if (i < n) {
    const int count = static_cast<int>(n - i);
    store_n(y + i, f(a_step ? load_n(a + i, count) : a0, b_step ? load_n(b + i, count) : b0), count);
  }
}

}  // namespace
}  // namespace myelin::MYELIN_NS
