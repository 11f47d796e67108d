#pragma once

#include "math_poly.h"

namespace myelin::MYELIN_NS {

// 32 bits of 2/pi in each word, a byte further on in each next one.
static const uint32_t kTwoOverPi[24] = {
    0x000000a2, 0x0000a2f9, 0x00a2f983, 0xa2f9836e, 0xf9836e4e, 0x836e4e44, 0x6e4e4415, 0x4e441529,
    0x441529fc, 0x1529fc27, 0x29fc2757, 0xfc2757d1, 0x2757d1f5, 0x57d1f534, 0xd1f534dd, 0xf534ddc0,
    0x34ddc0db, 0xddc0db62, 0xc0db6295, 0xdb629599, 0x6295993c, 0x95993c43, 0x993c4390, 0x3c439041};

// t = quadrant * pi/2 + r, |r| <= pi/4, t >= 0; quadrant modulo 4.
struct TrigReduced {
  F32 r;
  I32 quadrant;
};

// One number: in double below 1e5, by Payne and Hanek's method above (only the bits of 2/pi that matter are
// multiplied).
static inline float trig_reduce_one(float t, int32_t* quadrant) {
  *quadrant = 0;
  if (!(t < kInf)) return kNaN;
  if (t < 1e5f) {
    const double x = t;
    const int32_t n = static_cast<int32_t>(x * 0.63661977236758134 + 0.5);
    *quadrant = n & 3;
    // pi/2 in two parts, the first of 33 bits
    return static_cast<float>((x - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11);
  }
  uint32_t b;
  memcpy(&b, &t, 4);
  const uint32_t* word = &kTwoOverPi[(b >> 26) & 15];
  const uint32_t mantissa = ((b & 0x7fffff) | 0x800000) << ((b >> 23) & 7);
  const uint64_t high = static_cast<uint64_t>(mantissa * word[0]) << 32;
  const uint64_t middle = static_cast<uint64_t>(mantissa) * word[4];
  const uint64_t low = (static_cast<uint64_t>(mantissa) * word[8]) >> 32;
  const uint64_t turns = (high | low) + middle;  // in units of 2^-64 full turns of 4 quadrants
  const uint64_t n = (turns + (uint64_t{1} << 61)) >> 62;
  *quadrant = static_cast<int32_t>(n & 3);
  const int64_t rest = static_cast<int64_t>(turns - (n << 62));
  return static_cast<float>(static_cast<double>(rest) * 3.4061215800304806e-19);  // pi/2 / 2^62
}

MYELIN_INLINE TrigReduced trig_reduce(F32 t) {
  // pi/2 in three parts of 24 bits; that n times the first is exact takes a fused multiplication.
  const F32 shifted = fma(t, set1(6.3661975e-1f), set1(kRound));
  const F32 n = shifted - set1(kRound);
  const F32 r1 = fnma(n, set1(1.5707964f), t);
  TrigReduced reduced = {fnma(n, set1(-1.7151245e-15f), fnma(n, set1(-4.371139e-8f), r1)), bits(shifted)};
  const Mask usual = t <= set1(kFusedFma ? 1e5f : 0.78f);
  if (!all(usual)) {
    float lanes[F32::width];
    int32_t quadrants[F32::width];
    store(lanes, t);
    for (int i = 0; i < F32::width; i++) lanes[i] = trig_reduce_one(lanes[i], &quadrants[i]);
    reduced.r = select(usual, reduced.r, load(lanes));
    reduced.quadrant = select(usual, reduced.quadrant, loadi(quadrants));
  }
  return reduced;
}

MYELIN_INLINE F32 sin_poly(F32 r) {
  const F32 s = r * r;
  return fma(s * r, poly(s, -1.6666667e-1f, 8.33338e-3f, -1.9853511e-4f, 2.8375146e-6f), r);
}
MYELIN_INLINE F32 cos_poly(F32 r) {
  const F32 s = r * r;
  return fma(s, fma(s, poly(s, 4.1666646e-2f, -1.388731e-3f, 2.4432327e-5f), set1(-0.5f)), set1(1.0f));
}

MYELIN_INLINE F32 sin(F32 x) {
  const TrigReduced t = trig_reduce(abs(x));
  const Mask even = (t.quadrant & set1i(1)) == set1i(0);
  const I32 flip = shl<30>(t.quadrant & set1i(2)) ^ sign_bit(x);
  return from_bits(bits(select(even, sin_poly(t.r), cos_poly(t.r))) ^ flip);
}

MYELIN_INLINE F32 cos(F32 x) {
  const TrigReduced t = trig_reduce(abs(x));
  const Mask even = (t.quadrant & set1i(1)) == set1i(0);
  const I32 flip = shl<30>((t.quadrant + set1i(1)) & set1i(2));
  return from_bits(bits(select(even, cos_poly(t.r), sin_poly(t.r))) ^ flip);
}

// atan(t) = pi/2 - atan(1/t), so that the polynomial, by Remez' method on [0, 1], is of at most 1.
MYELIN_INLINE F32 atan(F32 x) {
  const F32 t = abs(x);
  const Mask inverted = t > set1(1.0f);
  const F32 z = select(inverted, set1(1.0f), t) / select(inverted, t, set1(1.0f));
  const F32 s = z * z;
  const F32 p = poly(s, -3.33333e-1f, 1.9998549e-1f, -1.4264242e-1f, 1.0952186e-1f, -8.403451e-2f, 5.7957605e-2f,
                     -3.1177856e-2f, 1.0914612e-2f, -1.793623e-3f);
  const F32 y = fma(s * z, p, z);
  // pi/2 in two parts
  const F32 rest = set1(1.5707964f) - (y - set1(-4.371139e-8f));
  return with_sign(select(inverted, rest, y), x);
}

}  // namespace myelin::MYELIN_NS
