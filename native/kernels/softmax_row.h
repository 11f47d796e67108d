// One row of softmax or of cross-entropy.
#pragma once

#include "../simd/math.h"
#include "../simd/reduce.h"

namespace myelin::MYELIN_NS {
namespace {

// Without Max's care for NaN and the sign of zero: a NaN reaches the sum whatever the maximum is.
struct RowMax {
  static float identity() { return -infinity(); }
  static F32 join(F32 a, F32 b) { return at_least(b, a); }
  static float join(float a, float b) { return b < a ? a : b; }
};

static inline float row_max(const float* x, int64_t n) {
  return fold<RowMax>(n, [x](int64_t c, auto count) { return load_some(x + c, count); });
}

struct RowSum {
  float highest;  // the row's maximum
  float sum;      // of exp(x - highest)
};

// y = x * scale for W <= n: the last vector overlaps the one before, which spares a masked store.
static inline void scale_copy(const float* x, float* y, int64_t n, F32 scale) {
  constexpr int W = F32::width;
  for (int64_t c = 0; c + W <= n; c += W) store(y + c, load(x + c) * scale);
  store(y + n - W, load(x + n - W) * scale);
}

// y = softmax(x); y may be x.
static inline RowSum softmax_row(const float* x, float* y, int64_t n) {
  const float highest = row_max(x, n);
  if (n <= kLanes) {
    float e[kLanes];
    const float sum = fold<Sum>(n, [&](int64_t c, auto count) {
      const F32 v = exp_low(load_some(x + c, count) - set1(highest));
      store(e + c, v);
      return v;
    });
    const F32 scale = set1(1.0f / sum);
    if (n >= F32::width)
      scale_copy(e, y, n, scale);
    else
      store_n(y, load(e) * scale, static_cast<int>(n));
    return {highest, sum};
  }
  for_each_vec(n, [=](int64_t c, auto count) {
    store_some(y + c, exp_low(load_some(x + c, count) - set1(highest)), count);
  });
  const float sum = fold<Sum>(n, [=](int64_t c, auto count) { return load_some(y + c, count); });
  const F32 scale = set1(1.0f / sum);
  for_each_vec(n, [=](int64_t c, auto count) { store_some(y + c, load_some(y + c, count) * scale, count); });
  return {highest, sum};
}

}  // namespace
}  // namespace myelin::MYELIN_NS
