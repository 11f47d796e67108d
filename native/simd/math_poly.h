// Constants, polynomials and helpers of the functions of math.h.
#pragma once

#include "vec.h"

// These have to be inlined: out of line, every constant would be loaded again for each vector.
#if defined(_MSC_VER)
#define MYELIN_INLINE_MEMBER __forceinline
#define MYELIN_NOINLINE __declspec(noinline)
#define MYELIN_INLINE_LAMBDA
#else
#define MYELIN_INLINE_MEMBER inline __attribute__((always_inline))
#define MYELIN_NOINLINE __attribute__((noinline))
#define MYELIN_INLINE_LAMBDA __attribute__((always_inline))
#endif
#define MYELIN_INLINE static MYELIN_INLINE_MEMBER

namespace myelin::MYELIN_NS {

constexpr float kInf = __builtin_inff();
constexpr float kNaN = __builtin_nanf("");
constexpr float kMaxFinite = 3.40282347e38f;
constexpr float kMinNormal = 1.17549435e-38f;
// ln 2 = kLn2Hi + kLn2Lo; kLn2Hi has 16 bits, so that its product with an exponent is exact.
constexpr float kLn2Hi = 0.693145751953125f;
constexpr float kLn2Lo = 1.42860677e-6f;
// x + kRound - kRound is x rounded to an integer, which x + kRound holds in its low bits; |x| < 2^22.
constexpr float kRound = 12582912.0f;

// f(0) to f(N - 1), written out.
template <int N, class F>
MYELIN_INLINE void each(F f) {
#pragma GCC unroll 16
  for (int i = 0; i < N; i++) f(i);
}

// c0 + c1 x + c2 x^2 + ..., by Horner's rule.
MYELIN_INLINE F32 poly(F32, float c0) { return set1(c0); }
template <class... Rest>
MYELIN_INLINE F32 poly(F32 x, float c0, Rest... rest) {
  return fma(poly(x, rest...), x, set1(c0));
}

// c0 + c2 s + c4 s^2 + ...
MYELIN_INLINE F32 poly_even(F32, float c0) { return set1(c0); }
MYELIN_INLINE F32 poly_even(F32, float c0, float) { return set1(c0); }
template <class... Rest>
MYELIN_INLINE F32 poly_even(F32 s, float c0, float, Rest... rest) {
  return fma(poly_even(s, rest...), s, set1(c0));
}
// poly as a sum of even and odd powers, for long ones: half the latency at the price of one multiplication.
template <class... Rest>
MYELIN_INLINE F32 poly_split(F32 x, float c0, Rest... rest) {
  const F32 s = x * x;
  return fma(poly_even(s, rest...), x, poly_even(s, c0, rest...));
}

MYELIN_INLINE I32 sign_bit(F32 x) { return bits(x) & set1i(INT32_MIN); }
// The sign of `sign` on a magnitude that is not negative (or already has that sign).
MYELIN_INLINE F32 with_sign(F32 magnitude, F32 sign) { return from_bits(bits(magnitude) | sign_bit(sign)); }
MYELIN_INLINE F32 relu(F32 x) { return select(x <= zero(), zero(), x); }  // of -0 it is +0, of NaN NaN
// x in [-limit, limit]; NaN stays.
MYELIN_INLINE F32 clamp(F32 x, float limit) { return at_most(at_least(x, set1(-limit)), set1(limit)); }
MYELIN_INLINE F32 positive_part(F32 x) { return select(x > zero(), x, zero()); }  // NaN gives 0

}  // namespace myelin::MYELIN_NS
