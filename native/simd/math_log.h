#pragma once

#include "math_poly.h"

namespace myelin::MYELIN_NS {

// x = 2^n (1 + f), sqrt(1/2) <= 1 + f < sqrt(2).
struct LogReduced {
  I32 n;
  F32 f;
};
// x positive, normal, finite.
MYELIN_INLINE LogReduced log_reduce(F32 x) {
  const I32 sqrt_half = set1i(0x3f3504f3);
  const I32 b = bits(x) - sqrt_half;
  return {sar<23>(b), from_bits((b & set1i(0x7fffff)) + sqrt_half) - set1(1.0f)};
}
// (log(1 + f) - f) / f^2
MYELIN_INLINE F32 log_poly(F32 f) {
  return poly(f, -4.9999988e-1f, 3.3333325e-1f, -2.500161e-1f, 2.0002013e-1f, -1.6608453e-1f, 1.4180598e-1f,
              -1.3247083e-1f, 1.2914619e-1f, -7.624705e-2f);
}

// log(2^n (1 + f + c)), c far below f or f = 0. f is kept exact: what its sum with n ln 2 loses is added in
// the end.
MYELIN_INLINE F32 log_join(F32 n, F32 f, F32 c) {
  const F32 exponent = n * set1(kLn2Hi);
  const F32 sum = exponent + f;
  const F32 lost = f - (sum - exponent);
  const F32 fc = f + c;
  return sum + fma(fc * fc, log_poly(fc), fma(n, set1(kLn2Lo), lost + c));
}

// n more is added to the exponent of x.
MYELIN_INLINE F32 log_core(F32 x, F32 more) {
  const LogReduced l = log_reduce(x);
  return log_join(to_float(l.n) + more, l.f, zero());
}

MYELIN_INLINE Mask log_usual(F32 x) { return (x >= set1(kMinNormal)) & (x < set1(kInf)); }
MYELIN_INLINE F32 log(F32 x) {
  const F32 inf = set1(kInf);
  const Mask usual = log_usual(x);
  const F32 y = log_core(x, zero());
  if (all(usual)) return y;
  const F32 subnormal = log_core(x * set1(8388608.0f), set1(-23.0f));
  const F32 special = select(x == inf, inf, select(x == zero(), neg(inf), set1(kNaN)));
  return select(usual, y, select((x > zero()) & (x < inf), subnormal, special));
}

// With u = 1 + x rounded, what the rounding lost is carried along as c.
MYELIN_INLINE F32 log1p(F32 x) {
  const F32 one = set1(1.0f), big = set1(1073741824.0f);
  const Mask usual = (x > neg(one)) & (x < big);
  const F32 u = one + x;
  const F32 x_rounded = u - one;
  const F32 lost = (x - x_rounded) + (one - (u - x_rounded));
  const LogReduced l = log_reduce(u);
  const F32 c = lost * from_bits(set1i(127 << 23) - shl<23>(l.n));
  const F32 y = with_sign(log_join(to_float(l.n), l.f, c), x);
  if (all(usual)) return y;
  return select(usual, y, select(x == neg(one), set1(-kInf), log(x)));
}

}  // namespace myelin::MYELIN_NS
