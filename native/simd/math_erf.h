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

// The normal distribution's upper tail 1 - Phi(t) for t >= 0; from kTailEnd it is 0. NaN may give anything.
constexpr float kTailEnd = 5.8f;
MYELIN_INLINE F32 normal_tail(F32 t) {
  const F32 end = set1(kTailEnd);
  const Mask beyond = t > end;
  const F32 tc = select(beyond, end, t);
  const F32 z = tc * poly(tc, 7.9788554e-1f, 3.1830007e-1f, 3.6372278e-2f, -4.850502e-3f, 3.3190274e-5f,
                          1.7325474e-4f, -4.4479748e-5f, 5.379031e-6f, -2.7037711e-7f);
  return select(beyond, zero(), set1(0.5f) * exp_core(neg(z)));
}

// x Phi(x) = max(x, 0) - |x| (1 - Phi(|x|))
MYELIN_INLINE F32 gelu(F32 x) {
  const F32 t = abs(x);
  const F32 end = set1(kTailEnd);
  return positive_part(x) - select(t > end, end, t) * normal_tail(t);
}

// Phi(x) + x phi(x)
MYELIN_INLINE F32 gelu_derivative(F32 x) {
  const F32 t = abs(x), end = set1(13.0f);
  const F32 tail = normal_tail(t);
  const F32 cdf = select(x > zero(), set1(1.0f) - tail, tail);
  const F32 xc = with_sign(select(t > end, end, t), x);
  const F32 density = set1(3.989423e-1f) * exp_core(xc * xc * set1(-0.5f));
  return fma(xc, density, cdf);
}

// x sigmoid(z), z = 2 sqrt(2/pi) (x + 0.044715 x^3); beyond kGeluTanhEnd sigmoid is 0 or 1.
constexpr float kGeluTanhEnd = 9.9f, kGeluTanh1 = 1.5957691f, kGeluTanh3 = 7.135482e-2f;
MYELIN_INLINE F32 gelu_tanh(F32 x) {
  const F32 end = set1(kGeluTanhEnd);
  const Mask usual = abs(x) <= end;
  const F32 z = x * fma(x * x, set1(kGeluTanh3), set1(kGeluTanh1));
  const F32 y = x / (set1(1.0f) + exp_core(neg(z)));
  if (!all(usual)) return select(usual, y, select(x < zero(), set1(-0.0f), x));
  return y;
}

// sigmoid(z) + x z' sigmoid(z) sigmoid(-z)
MYELIN_INLINE F32 gelu_tanh_derivative(F32 x) {
  const F32 end = set1(kGeluTanhEnd), one = set1(1.0f);
  const Mask usual = abs(x) <= end;
  const F32 z = x * fma(x * x, set1(kGeluTanh3), set1(kGeluTanh1));
  const F32 e = exp_core(neg(abs(z)));
  const F32 d = one / (one + e);
  const F32 s = select(x > zero(), d, e * d);
  const F32 slope = fma(x * x, set1(3.0f * kGeluTanh3), set1(kGeluTanh1));
  const F32 y = fma(x * slope, e * d * d, s);
  if (!all(usual)) return select(usual, y, select(is_nan(x), x, select(x > zero(), one, zero())));
  return y;
}

}  // namespace myelin::MYELIN_NS
