#pragma once

#include "math_exp.h"
#include "math_log.h"

namespace myelin::MYELIN_NS {

// x^y for x > 0, both finite: exp(y log x), with the logarithm as a sum of two floats.
MYELIN_INLINE F32 pow_core(F32 x, F32 y) {
  const Mask subnormal = x < set1(kMinNormal);
  const LogReduced l = log_reduce(select(subnormal, x * set1(8388608.0f), x));
  const F32 n = to_float(l.n) - select(subnormal, set1(23.0f), zero());

  // log(1 + f) = 2 atanh(q), q = f / (2 + f) = q + q_low
  const F32 f = l.f, two = set1(2.0f);
  const F32 inverse = set1(1.0f) / (two + f);
  const F32 q = inverse * f;
  const F32 q_low = inverse * fnma(q, f, fnma(q, two, f));
  const F32 s = q * q, s_low = fms(q, q, s);
  const F32 third = set1(3.333333e-1f);
  const F32 tail = s * poly(s, 3.333333e-1f, 2.0000486e-1f, 1.4249393e-1f, 1.2139606e-1f);
  const F32 q_low2 = q_low + q_low;
  const F32 exponent = n * set1(kLn2Hi), q2 = q + q;
  const F32 sum = exponent + q2;
  const F32 low = fma(q_low2, s, fma(q2 * s_low, third, q_low2));
  const F32 sum_low = (q2 - (sum - exponent)) + fma(n, set1(kLn2Lo), fma(q2, tail, low));
  const F32 log_x = sum + sum_low;
  const F32 log_low = sum_low - (log_x - sum);

  const F32 z = log_x * y;
  const Mask in_range = abs(z) < set1(110.0f);
  const F32 z_low = select(in_range, fma(log_low, y, fms(log_x, y, z)), zero());
  const F32 zc = select(in_range, z, with_sign(set1(110.0f), z));
  ExpReduced e = exp_reduce(zc);
  const I32 k = bits(e.shifted) - bits(set1(kRound));
  const I32 half = sar<1>(k), one = set1i(127);
  return exp_poly(e.r + z_low) * from_bits(shl<23>(half + one)) * from_bits(shl<23>(k - half + one));
}

// The special values are those of C's pow.
MYELIN_INLINE F32 pow(F32 x, F32 y) {
  const F32 inf = set1(kInf), one = set1(1.0f), t = abs(x), u = abs(y);
  const Mask usual = (x > zero()) & (x < inf) & (u < inf);
  const F32 r = pow_core(t, y);
  if (all(usual)) return r;

  const Mask is_integer = floor(y) == y;
  const F32 small_y = select(u < set1(16777216.0f), y, zero());  // from 2^24 on all are even
  const Mask is_odd = is_integer & ((to_int(small_y) & set1i(1)) == set1i(1));
  const Mask negative = (sign_bit(x) == set1i(INT32_MIN)) & !is_nan(x);

  F32 m = select((t == zero()) | (t == inf), select((t == inf) == (y > zero()), inf, zero()), r);
  m = select(u == inf, select(t == one, one, select((t > one) == (y > zero()), inf, zero())), m);
  m = select(negative & is_odd, neg(m), m);
  m = select((x < zero()) & (t < inf) & (u < inf) & !is_integer, set1(kNaN), m);
  m = select(is_nan(x) | is_nan(y), set1(kNaN), m);
  return select((y == zero()) | (x == one), one, m);
}

}  // namespace myelin::MYELIN_NS
