// exp and what is made of it. Each function has a straight path for arguments of ordinary size; lanes
// beyond it are replaced in a branch that is rarely taken.
#pragma once

#include "math_poly.h"

namespace myelin::MYELIN_NS {

constexpr float kSeluScale = 1.0507009873554805f;
constexpr float kSeluScaleAlpha = 1.0507009873554805 * 1.6732632423543772;
constexpr float kExpLimit = 87.0f;  // for |x| up to here 2^n and e^x are normal numbers

// x = n ln 2 + r, |r| <= (ln 2) / 2; the low bits of `shifted` hold n.
struct ExpReduced {
  F32 shifted, n, r;
};
MYELIN_INLINE ExpReduced exp_reduce(F32 x) {
  const F32 shifted = fma(x, set1(1.442695f), set1(kRound));
  const F32 n = shifted - set1(kRound);
  return {shifted, n, fnma(n, set1(kLn2Lo), fnma(n, set1(kLn2Hi), x))};
}
MYELIN_INLINE F32 exp_poly(F32 r) {
  return poly(r, 1.0f, 1.0f, 4.9999997e-1f, 1.6666545e-1f, 4.1667446e-2f, 8.366447e-3f, 1.3869844e-3f);
}

// |x| <= kExpLimit.
MYELIN_INLINE F32 exp_core(F32 x) {
  const ExpReduced e = exp_reduce(x);
  return from_bits(bits(exp_poly(e.r)) + shl<23>(bits(e.shifted)));
}

// Any x. 2^n is applied in two factors, the first of which is exact, so that a subnormal result is rounded
// once.
MYELIN_INLINE F32 exp_wide(F32 x) {
  const F32 high = set1(89.0f), low = set1(-105.0f);
  const ExpReduced e = exp_reduce(select(x > high, high, select(x < low, low, x)));
  const I32 n = bits(e.shifted) - bits(set1(kRound));
  const I32 half = sar<1>(n), one = set1i(127);
  return exp_poly(e.r) * from_bits(shl<23>(half + one)) * from_bits(shl<23>(n - half + one));
}

MYELIN_INLINE F32 exp(F32 x) {
  const Mask usual = abs(x) <= set1(kExpLimit);
  const F32 y = exp_core(x);
  if (!all(usual)) return select(usual, y, exp_wide(x));
  return y;
}

// |x| <= kExpLimit; -0 gives +0. 2^n (1 + r + u) - 1 = (2^n r + (2^n - 1)) + 2^n u, where the first sum
// keeps r exact.
MYELIN_INLINE F32 expm1_core(F32 x) {
  const F32 shifted = fma(x, set1(1.442695f), set1(kRound));
  const F32 n = shifted - set1(kRound);
  const F32 r_hi = fnma(n, set1(kLn2Hi), x);
  const F32 r = fnma(n, set1(kLn2Lo), r_hi);
  const F32 p = poly(r, 0.5f, 1.6666666e-1f, 4.1666493e-2f, 8.333543e-3f, 1.3932381e-3f, 1.9764414e-4f);
  const F32 u = fnma(n, set1(kLn2Lo), r * r * p);
  const F32 two_n = from_bits(shl<23>(bits(shifted)) + set1i(127 << 23));
  return fma(two_n, u, fma(two_n, r_hi, two_n - set1(1.0f)));
}

MYELIN_INLINE F32 expm1(F32 x) {
  const Mask usual = abs(x) <= set1(kExpLimit);
  const F32 y = with_sign(expm1_core(x), x);
  if (!all(usual)) return select(usual, y, exp_wide(x) - set1(1.0f));
  return y;
}

MYELIN_INLINE F32 sigmoid(F32 x) {
  const Mask usual = abs(x) <= set1(kExpLimit);
  const F32 one = set1(1.0f);
  const F32 y = one / (one + exp_core(neg(x)));
  if (!all(usual)) return select(usual, y, select(x > zero(), one, exp_wide(x)));
  return y;
}

MYELIN_INLINE F32 tanh(F32 x) {
  const F32 t = abs(x);
  const Mask usual = t <= set1(kExpLimit / 2);
  const F32 e = expm1_core(t + t);
  const F32 y = with_sign(e / (e + set1(2.0f)), x);
  if (!all(usual)) return select(usual, y, select(is_nan(x), x, with_sign(set1(1.0f), x)));
  return y;
}

// max(x, 0) + log1p(e), e = exp(-|x|): log1p(e) = 2 atanh(s), s = e / (2 + e) <= 1/3.
MYELIN_INLINE F32 softplus(F32 x) {
  const F32 t = abs(x);
  const Mask usual = t <= set1(kExpLimit);
  const F32 e = exp_core(neg(t));
  const F32 s = e / (set1(2.0f) + e);
  const F32 s2 = s * s;
  const F32 p = poly(s2, 6.6666675e-1f, 3.999895e-1f, 2.8615215e-1f, 2.1443817e-1f, 2.424564e-1f);
  const F32 y = positive_part(x) + fma(s * s2, p, s + s);
  if (!all(usual)) return select(usual, y, select(x > zero(), x, exp_wide(x)));
  return y;
}

}  // namespace myelin::MYELIN_NS
