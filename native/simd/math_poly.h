// What the functions of math.h share.
#pragma once

#include "vec.h"

namespace myelin::MYELIN_NS {

constexpr float kInf = __builtin_inff();
constexpr float kNaN = __builtin_nanf("");
constexpr float kMinNormal = 1.17549435e-38f;
// ln 2 = kLn2Hi + kLn2Lo; kLn2Hi has 16 bits, so that its product with an exponent is exact.
constexpr float kLn2Hi = 0.693145751953125f;
constexpr float kLn2Lo = 1.42860677e-6f;
// x + kRound - kRound is x rounded to an integer, which x + kRound holds in its low bits; |x| < 2^22.
constexpr float kRound = 12582912.0f;

// c0 + c1 x + c2 x^2 + ..., by Horner's rule.
static inline F32 poly(F32, float c0) { return set1(c0); }
template <class... Rest>
static inline F32 poly(F32 x, float c0, Rest... rest) {
  return fma(poly(x, rest...), x, set1(c0));
}

// The same by Estrin's scheme, for long polynomials whose low terms do not need Horner's accuracy: pairs of coefficients
// become those of a polynomial in x^2, so that the chain of dependent instructions is shorter.
static inline F32 join_pairs(F32, const F32 (&t)[1]) { return t[0]; }
template <int n>
static inline F32 join_pairs(F32 x, const F32 (&t)[n]) {
  F32 half[(n + 1) / 2];
  for (int i = 0; i < n / 2; i++) half[i] = fma(t[2 * i + 1], x, t[2 * i]);
  if constexpr (n % 2 == 1) half[n / 2] = t[n - 1];
  return join_pairs(x * x, half);
}
template <class... C>
static inline F32 poly_short_chain(F32 x, C... c) {
  const F32 terms[] = {set1(c)...};
  return join_pairs(x, terms);
}

static inline I32 sign_bit(F32 x) { return bits(x) & set1i(INT32_MIN); }
// The sign of `sign` on a magnitude that is not negative (or already has that sign).
static inline F32 with_sign(F32 magnitude, F32 sign) { return from_bits(bits(magnitude) | sign_bit(sign)); }
static inline F32 relu(F32 x) { return select(x <= zero(), zero(), x); }  // of -0 it is +0, of NaN NaN
static inline F32 positive_part(F32 x) { return select(x > zero(), x, zero()); }  // NaN gives 0

}  // namespace myelin::MYELIN_NS
