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

// x <= 44, however low, or NaN. Computed as 2^64 e^x, so that a subnormal result is rounded once.
MYELIN_INLINE F32 exp_low(F32 x) {
  const F32 round = set1(kRound + 64.0f), xc = at_least(x, set1(-104.0f));  // e^-104 rounds to 0
  const F32 shifted = fma(xc, set1(1.442695f), round);
  const F32 n = shifted - round;
  const F32 r = fnma(n, set1(kLn2Lo), fnma(n, set1(kLn2Hi), xc));
  return from_bits(bits(exp_poly(r)) + shl<23>(bits(shifted))) * set1(0x1p-64f);
}

// Any x. 2^n is applied in two factors, the first of which is exact, so that a subnormal result is rounded
// once.
MYELIN_INLINE F32 exp_wide(F32 x) {
  const ExpReduced e = exp_reduce(at_most(at_least(x, set1(-105.0f)), set1(89.0f)));
  const I32 n = bits(e.shifted) - bits(set1(kRound));
  const I32 half = sar<1>(n), one = set1i(127);
  return exp_poly(e.r) * from_bits(shl<23>(half + one)) * from_bits(shl<23>(n - half + one));
}

MYELIN_INLINE Mask exp_usual(F32 x) { return abs(x) <= set1(kExpLimit); }
MYELIN_INLINE F32 exp(F32 x) {
  const Mask usual = exp_usual(x);
  const F32 y = exp_core(x);
  if (!all(usual)) return select(usual, y, exp_wide(x));
  return y;
}

// |x| <= kExpLimit; -0 gives +0. e^x - 1 = 2^n (e^r - 1) + (2^n - 1). The low bits of `shifted` hold n + 127, which is
// the exponent field of 2^n.
MYELIN_INLINE F32 expm1_core(F32 x) {
  const F32 round = set1(kRound + 127.0f);
  const F32 shifted = fma(x, set1(1.442695f), round);
  const F32 n = shifted - round;
  const F32 r = fnma(n, set1(kLn2Lo), fnma(n, set1(kLn2Hi), x));
  const F32 p = poly(r, 4.9999997e-1f, 1.6666546e-1f, 4.1667435e-2f, 8.366262e-3f, 1.3870657e-3f);
  const F32 two_n = from_bits(shl<23>(bits(shifted)));
  return fma(two_n, fma(r * r, p, r), two_n - set1(1.0f));
}

MYELIN_INLINE F32 expm1(F32 x) {
  const Mask usual = exp_usual(x);
  const F32 y = with_sign(expm1_core(x), x);
  if (!all(usual)) return select(usual, y, exp_wide(x) - set1(1.0f));
  return y;
}

// expm1 and its product with selu's factor for x < 0; elsewhere they may give anything. n is so small that one part
// of ln 2 is enough.
constexpr float kExpm1End = -17.5f;  // below it expm1 rounds to -1
MYELIN_INLINE F32 expm1_negative(F32 x) {
  const F32 round = set1(kRound + 127.0f), xc = at_least(x, set1(kExpm1End));
  const F32 shifted = fma(xc, set1(1.442695f), round);
  const F32 n = shifted - round;
  const F32 r = fnma(n, set1(6.9314718e-1f), xc);
  const F32 p = poly(r, 4.9999997e-1f, 1.6666546e-1f, 4.1667435e-2f, 8.366262e-3f, 1.3870657e-3f);
  const F32 two_n = from_bits(shl<23>(bits(shifted)));
  return fma(two_n, fma(r * r, p, r), two_n - set1(1.0f));
}
MYELIN_INLINE F32 selu_negative(F32 x) {
  const F32 round = set1(kRound + 127.0f), xc = at_least(x, set1(kExpm1End)), factor = set1(kSeluScaleAlpha);
  const F32 shifted = fma(xc, set1(1.442695f), round);
  const F32 n = shifted - round;
  const F32 r = fnma(n, set1(6.9314718e-1f), xc);
  const F32 p = poly(r, kSeluScaleAlpha, 8.7904966e-1f, 2.9301542e-1f, 7.325489e-2f, 1.4701623e-2f, 2.440481e-3f);
  const F32 two_n = from_bits(shl<23>(bits(shifted)));
  return fma(two_n, r * p, fms(two_n, factor, factor));
}

// Of +0, -0 and NaN elu and selu are the operand.
MYELIN_INLINE F32 elu(F32 x, F32 alpha) { return select(x < zero(), alpha * expm1_negative(x), x); }
MYELIN_INLINE F32 selu(F32 x) { return select(x < zero(), selu_negative(x), set1(kSeluScale) * x); }

// e^x / (1 + e^x), which from 20 on is 1.
MYELIN_INLINE F32 sigmoid(F32 x) {
  const F32 e = exp_low(at_most(x, set1(20.0f)));
  return e / (set1(1.0f) + e);
}

// x p(x^2) / q(x^2)
constexpr float kTanhEnd = 9.0f;  // from here it is 1
MYELIN_INLINE F32 tanh(F32 x) {
  const F32 xc = at_most(at_least(x, set1(-kTanhEnd)), set1(kTanhEnd));
  const F32 s = xc * xc;
  const F32 p = poly(s, 1.0f, 1.3382687e-1f, 3.4974874e-3f, 2.0637777e-5f, 1.3389875e-8f);
  const F32 q = poly(s, 1.0f, 4.6716008e-1f, 2.5884392e-2f, 3.288627e-4f, 7.7919316e-7f);
  return xc * p / q;
}

// max(x, 0) + log1p(e), e = exp(-|x|)
MYELIN_INLINE F32 softplus(F32 x) {
  const F32 e = exp_low(neg(abs(x)));
  const F32 p = poly_split(e, 1.0f, -4.9999648e-1f, 3.332133e-1f, -2.4857217e-1f, 1.9153848e-1f, -1.3754188e-1f,
                     7.920883e-2f, -3.00683e-2f, 5.3654225e-3f);
  return fma(e, p, positive_part(x));
}

}  // namespace myelin::MYELIN_NS
