// erf, its inverse, and gelu, which is made of it.
#pragma once

#include "math_exp.h"
#include "math_log.h"

namespace myelin::MYELIN_NS {

MYELIN_INLINE F32 erf(F32 x) {
  const F32 t = abs(x), s = x * x;
  const F32 small = fma(x,
                        poly(s, 1.2837917e-1f, -3.7612626e-1f, 1.1283579e-1f, -2.6853347e-2f, 5.187162e-3f,
                             -7.997853e-4f, 7.806903e-5f),
                        x);
  const F32 end = set1(4.0f);  // from here erf rounds to 1
  const F32 tc = select(t > end, end, t);
  const F32 z = tc * poly(tc, 1.1286829f, 6.3501424e-1f, 1.0645983e-1f, -2.3951145e-2f, 3.7305807e-3f,
                          -3.4419063e-4f, 1.3342099e-5f);
  const F32 large = with_sign(set1(1.0f) - exp_core(neg(z)), x);
  return select(t >= set1(1.0f), large, small);
}

// As a polynomial in log(1 - x^2).
MYELIN_INLINE F32 erfinv(F32 x) {
  const F32 one = set1(1.0f), t = abs(x);
  const F32 w = log_core((one - x) * (one + x), zero());
  const F32 center = poly(w, 8.862269e-1f, -2.320153e-1f, 1.1539913e-2f, 2.315543e-3f, -1.4710362e-4f,
                          -5.591169e-5f, 1.717783e-7f, 1.2362092e-6f, 1.439538e-7f, 5.4614517e-9f);
  const F32 tail = poly(w, 8.751174e-1f, -2.3250085e-1f, 1.7710589e-2f, 5.9897625e-3f, 8.249259e-4f,
                        6.964307e-5f, 3.8096819e-6f, 1.3224694e-7f, 2.6576206e-9f, 2.3602648e-11f);
  const F32 y = x * select(w < set1(-6.125f), tail, center);
  const F32 edge = select(t == one, with_sign(set1(kInf), x), set1(kNaN));
  return select(t < one, y, edge);
}

// The normal distribution's upper tail 1 - Phi(t) = 2^-(1 + t v(t)) for t from 0 to kTailEnd; from there it is taken
// as 0, and here it may be anything. Of NaN it is NaN.
constexpr float kTailEnd = 5.8f;
MYELIN_INLINE F32 normal_tail(F32 t) {
  const F32 v = poly_split(t, 1.151107f, 4.591905e-1f, 5.255551e-2f, -7.1555255e-3f, 2.1155657e-4f,
                           1.538055e-4f, -3.228846e-5f, 2.2225895e-6f);
  const F32 shifted = fma(t, v, set1(kRound));
  const F32 f = fms(t, v, shifted - set1(kRound));
  const F32 p = poly(f, 0.5f, -3.465735e-1f, 1.2011123e-1f, -2.775356e-2f, 4.8356536e-3f, -6.634570e-4f);
  return from_bits(bits(p) - shl<23>(bits(shifted)));
}

// x Phi(x) = max(x, 0) - |x| (1 - Phi(|x|))
MYELIN_INLINE F32 gelu(F32 x) {
  const F32 t = abs(x);
  return positive_part(x) - select(t > set1(kTailEnd), zero(), t * normal_tail(t));
}

// Phi(x) + x phi(x)
MYELIN_INLINE F32 gelu_derivative(F32 x) {
  const F32 t = abs(x), end = set1(13.0f);
  const F32 tail = select(t > set1(kTailEnd), zero(), normal_tail(t));
  const F32 cdf = select(x > zero(), set1(1.0f) - tail, tail);
  const F32 xc = at_most(at_least(x, neg(end)), end);
  const F32 density = set1(3.989423e-1f) * exp_core(xc * xc * set1(-0.5f));
  return fma(xc, density, cdf);
}

// 2^z with 2^z / (1 + 2^z) the factor of gelu_tanh, z = x (kGeluTanh1 + kGeluTanh3 x^2) = 2 sqrt(2/pi) (x + 0.044715
// x^3) log2 e, kGeluTanhLow <= x. At kGeluTanhLow it is 0; beyond kGeluTanhHigh it is so large that the factor is 1.
constexpr float kGeluTanhLow = -10.8f, kGeluTanhHigh = 6.5f;
constexpr float kGeluTanh1 = 2.302208f, kGeluTanh3 = 1.0294324e-1f;
MYELIN_INLINE F32 gelu_tanh_odds(F32 x) {
  constexpr float k = 0x1p-64f;  // as in exp_low
  const F32 xc = at_most(x, set1(kGeluTanhHigh)), round = set1(kRound + 191.0f);
  const F32 slope = fma(xc * xc, set1(kGeluTanh3), set1(kGeluTanh1));
  const F32 shifted = fma(xc, slope, round);
  const F32 f = fms(xc, slope, shifted - round);
  const F32 p = poly(f, k, k * 6.931472e-1f, k * 2.4022648e-1f, k * 5.5503596e-2f, k * 9.6185e-3f,
                     k * 1.3390991e-3f, k * 1.5329181e-4f);
  return p * from_bits(shl<23>(bits(shifted)));
}

MYELIN_INLINE F32 gelu_tanh(F32 x) {
  const F32 xc = at_least(x, set1(kGeluTanhLow));
  const F32 e = gelu_tanh_odds(xc);
  return xc * (e / (set1(1.0f) + e));
}

// s + x s', s = e / (1 + e), s' = z' ln 2 s (1 - s)
MYELIN_INLINE F32 gelu_tanh_derivative(F32 x) {
  const F32 xc = at_most(at_least(x, set1(kGeluTanhLow)), set1(kGeluTanhHigh));
  const F32 e = gelu_tanh_odds(xc);
  const F32 d = set1(1.0f) / (set1(1.0f) + e);
  const F32 s = e * d;
  const F32 slope = fma(xc * xc, set1(2.1406446e-1f), set1(1.5957691f));
  return fma(xc * slope, s * d, s);
}

}  // namespace myelin::MYELIN_NS
