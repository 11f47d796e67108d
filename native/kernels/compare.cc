// Comparisons, which give 0 or 1, and the choice between two arrays by such bytes.
#include "elementwise.h"

namespace myelin::MYELIN_NS {

#define COMPARE(name, T, V, expression)                                                                \
  void name(const T* in_a, int64_t a_step, const T* in_b, int64_t b_step, uint8_t* out, int64_t n) {   \
    zip(in_a, a_step, in_b, b_step, out, n, [](V a, V b) MYELIN_INLINE_LAMBDA { return expression; }); \
  }

COMPARE(equal, float, F32, a == b)
COMPARE(notEqual, float, F32, a != b)
COMPARE(greater, float, F32, a > b)
COMPARE(greaterEqual, float, F32, a >= b)
COMPARE(less, float, F32, a < b)
COMPARE(lessEqual, float, F32, a <= b)

COMPARE(equalInt, int32_t, I32, a == b)
COMPARE(notEqualInt, int32_t, I32, !(a == b))
COMPARE(greaterInt, int32_t, I32, a > b)
COMPARE(greaterEqualInt, int32_t, I32, !(b > a))
COMPARE(lessInt, int32_t, I32, b > a)
COMPARE(lessEqualInt, int32_t, I32, !(a > b))

void select(const uint8_t* cond, int64_t c_step, const float* a, int64_t a_step, const float* b,
            int64_t b_step, float* y, int64_t n) {
  if (n <= 0) return;
  const F32 a0 = set1(*a), b0 = set1(*b);
  const Mask c0 = set1(*cond ? 1.0f : 0.0f) > zero();
  for (int64_t i = 0; i < n; i += kWidth) {
    const int count = n - i < kWidth ? static_cast<int>(n - i) : kWidth;
    const bool whole = count == kWidth;
    const Mask c = c_step ? load_mask(cond + i, count) : c0;
    const F32 va = !a_step ? a0 : whole ? load(a + i) : load_n(a + i, count);
    const F32 vb = !b_step ? b0 : whole ? load(b + i) : load_n(b + i, count);
    const F32 v = select(c, va, vb);
    if (whole) {
      store(y + i, v);
    } else {
      store_n(y + i, v, count);
    }
  }
}

void selectBytes(const uint8_t* cond, int64_t c_step, const uint8_t* a, int64_t a_step, const uint8_t* b,
                 int64_t b_step, uint8_t* y, int64_t n) {
  for (int64_t i = 0; i < n; i++) y[i] = cond[i * c_step] ? a[i * a_step] : b[i * b_step];
}

}  // namespace myelin::MYELIN_NS
