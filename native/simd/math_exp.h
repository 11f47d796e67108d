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

// e^x 2^scale. x <= 44, however low, or NaN. The polynomial is 2^(scale - 64) e^r, so that one multiplication applies the
// rest of 2^n and rounds a subnormal result once; the low bits of `shifted` hold n + 64 + 127, the exponent field of that
// factor.
// Several vectors take each step together: one chain of steps has to wait for itself, and the processor does not look far
// enough ahead to fill the pauses with the next.
template <int scale = 0, int N>
MYELIN_INLINE void exp_low_each(F32 (&x)[N]) {
  const F32 low = set1(-104.0f);  // e^-104 rounds to 0
  const F32 log2_e = set1(1.442695f), round = set1(kRound + 191.0f), ln2_hi = set1(kLn2Hi), ln2_lo = set1(kLn2Lo);
  constexpr float k = 0x1p-64f * static_cast<float>(1 << scale);
  const F32 c[] = {set1(k * 1.3869844e-3f), set1(k * 8.366447e-3f), set1(k * 4.1667446e-2f), set1(k * 1.6666545e-1f),
                   set1(k * 4.9999997e-1f), set1(k), set1(k)};
  F32 shifted[N], n[N], r[N], p[N];
  each<N>([&](int i) MYELIN_INLINE_LAMBDA { x[i] = at_least(x[i], low); });
  each<N>([&](int i) MYELIN_INLINE_LAMBDA { shifted[i] = fma(x[i], log2_e, round); });
  each<N>([&](int i) MYELIN_INLINE_LAMBDA { n[i] = shifted[i] - round; });
  each<N>([&](int i) MYELIN_INLINE_LAMBDA { r[i] = fnma(n[i], ln2_hi, x[i]); });
  each<N>([&](int i) MYELIN_INLINE_LAMBDA { r[i] = fnma(n[i], ln2_lo, r[i]); });
  each<N>([&](int i) MYELIN_INLINE_LAMBDA { p[i] = c[0]; });
  each<6>([&](int j) MYELIN_INLINE_LAMBDA {
    each<N>([&](int i) MYELIN_INLINE_LAMBDA { p[i] = fma(p[i], r[i], c[j + 1]); });
  });
  each<N>([&](int i) MYELIN_INLINE_LAMBDA { x[i] = p[i] * from_bits(shl<23>(bits(shifted[i]))); });
}
template <int scale = 0>
MYELIN_INLINE F32 exp_low(F32 x) {
  F32 one[1] = {x};
  exp_low_each<scale>(one);
  return one[0];
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

// |x| <= kExpLimit; -0 gives +0. 2^n (1 + r + u) - 1 = (2^n r + (2^n - 1)) + 2^n u, where the first sum keeps r
// exact. The low bits of `shifted` hold n + 127, the exponent field of 2^n.
MYELIN_INLINE F32 expm1_core(F32 x) {
  const F32 round = set1(kRound + 127.0f);
  const F32 shifted = fma(x, set1(1.442695f), round);
  const F32 n = shifted - round;
  const F32 r_hi = fnma(n, set1(kLn2Hi), x);
  const F32 r = fnma(n, set1(kLn2Lo), r_hi);
  const F32 p = poly(r, 4.9999997e-1f, 1.6666546e-1f, 4.1667435e-2f, 8.366262e-3f, 1.3870657e-3f);
  const F32 u = fnma(n, set1(kLn2Lo), r * r * p);
  const F32 two_n = from_bits(shl<23>(bits(shifted)));
  return fma(two_n, u, fma(two_n, r_hi, two_n - set1(1.0f)));
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
  const F32 p =
      poly(r, kSeluScaleAlpha, 8.7904966e-1f, 2.9301542e-1f, 7.325489e-2f, 1.4701623e-2f, 2.440481e-3f);
  const F32 two_n = from_bits(shl<23>(bits(shifted)));
  return fma(two_n, r * p, fms(two_n, factor, factor));
}

// Of +0, -0 and NaN elu and selu are the operand.
MYELIN_INLINE F32 elu(F32 x, F32 alpha) { return select(x < zero(), alpha * expm1_negative(x), x); }
MYELIN_INLINE F32 selu(F32 x) { return select(x < zero(), selu_negative(x), set1(kSeluScale) * x); }

MYELIN_INLINE F32 celu(F32 x, F32 alpha) { return select(x < zero(), alpha * expm1_negative(x / alpha), x); }

// x / (1 + |x|); of the infinities -1 and 1.
MYELIN_INLINE F32 softsign(F32 x) {
  const F32 xc = clamp(x, kMaxFinite);
  return xc / (set1(1.0f) + abs(xc));
}
MYELIN_INLINE F32 softsign_derivative(F32 x) {
  const F32 r = set1(1.0f) / (set1(1.0f) + abs(x));
  return r * r;
}

// e^x / (1 + e^x), which from 20 on is 1.
MYELIN_INLINE F32 sigmoid(F32 x) {
  const F32 e = exp_low(at_most(x, set1(20.0f)));
  return e / (set1(1.0f) + e);
}

// The bound below is where e^x has become 0, so that -inf gives -0.
constexpr float kSiluLow = -105.0f;

// x s, where s comes times 2^24: a subnormal s is flushed though the product would be none.
MYELIN_INLINE F32 times_scaled(F32 x, F32 s) {
  const F32 back = set1(0x1p-24f);
  return select(x < zero(), at_least(x, set1(kSiluLow)) * s * back, x * (s * back));
}

// x sigmoid(x).
MYELIN_INLINE F32 silu(F32 x) {
  const F32 e = exp_low<24>(at_most(x, set1(20.0f)));
  return times_scaled(x, e / fma(e, set1(0x1p-24f), set1(1.0f)));
}

// With e = e^x: s (1 + x (1 - s)), s = e / (1 + e), and 1 - s = 1 / (1 + e) without cancellation.
MYELIN_INLINE F32 silu_derivative(F32 x) {
  const F32 xc = at_most(at_least(x, set1(kSiluLow)), set1(44.0f));
  const F32 e = exp_low(xc);
  const F32 r = set1(1.0f) / (set1(1.0f) + e);
  return e * r * fma(xc, r, set1(1.0f));
}

// x tanh(log(1 + e^x)) = x n / (n + 2), n = e (e + 2), e = e^x; from 20 on it is x.
MYELIN_INLINE F32 mish(F32 x) {
  const F32 e = exp_low<24>(at_most(x, set1(20.0f))), back = set1(0x1p-24f), two = set1(2.0f);
  const F32 n = e * (e * back + two);
  return times_scaled(x, n / (n * back + two));
}

// t + x (1 - t^2) s, t = n / (n + 2), s = e / (1 + e): (1 - t^2) s = 4 e (1 + e) / (n + 2)^2.
MYELIN_INLINE F32 mish_derivative(F32 x) {
  const F32 xc = at_most(at_least(x, set1(kSiluLow)), set1(30.0f));
  const F32 e = exp_low(xc), one = set1(1.0f);
  const F32 n = e * (e + set1(2.0f));
  const F32 r = one / (n + set1(2.0f));
  return fma(xc * (set1(4.0f) * e * r), (one + e) * r, n * r);
}

// tanh(x) = 2 u / (1 + u^2), u = tanh(x / 2) = n / (2 d): the nearer to 1, the less an error in u matters.
constexpr float kTanhEnd = 9.01f;  // from here it is 1: so the quotient below rounds here, with FMA and without
MYELIN_INLINE F32 tanh(F32 x) {
  const F32 xc = at_most(at_least(x, set1(-kTanhEnd)), set1(kTanhEnd));
  const F32 s = xc * xc;
  const F32 n = fma(xc * s, poly(s, 2.9778365e-2f, 1.14349634e-4f), xc);
  const F32 d = poly(s, 1.0f, 1.1311167e-1f, 1.2070229e-3f, 1.2309465e-6f);
  return n * d / fma(d, d, set1(0.25f) * n * n);
}

// max(x, 0) + log1p(e), e = exp(-|x|)
MYELIN_INLINE F32 softplus(F32 x) {
  const F32 e = exp_low(neg(abs(x)));
  const F32 p = poly_split(e, 1.0f, -4.9999648e-1f, 3.332133e-1f, -2.4857217e-1f, 1.9153848e-1f,
                           -1.3754188e-1f, 7.920883e-2f, -3.00683e-2f, 5.3654225e-3f);
  return fma(e, p, at_least(x, zero()));
}

}  // namespace myelin::MYELIN_NS
