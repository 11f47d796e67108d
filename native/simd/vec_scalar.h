// Plain C++: one lane, for a processor without the other instruction sets. The vocabulary is described in
// vec.h.
#pragma once

#include <stdint.h>
#include <string.h>
#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#else
#include <math.h>
#endif

namespace myelin::MYELIN_NS {

constexpr bool kFusedFma = false;

struct F32 {
  static constexpr int width = 1;
  float v;
};
struct I32 {
  static constexpr int width = 1;
  int32_t v;
};
struct Mask {
  bool v;
};

static inline I32 bits(F32 a) {
  I32 r;
  memcpy(&r.v, &a.v, 4);
  return r;
}
static inline F32 from_bits(I32 a) {
  F32 r;
  memcpy(&r.v, &a.v, 4);
  return r;
}

static inline F32 load(const float* p) { return {*p}; }
static inline void store(float* p, F32 a) { *p = a.v; }
static inline F32 load_n(const float* p, int n) { return {n > 0 ? *p : 0.0f}; }
static inline void store_n(float* p, F32 a, int n) {
  if (n > 0) *p = a.v;
}
static inline void stream(float* p, F32 a) { *p = a.v; }
static inline void stream_fence() {}
static inline F32 set1(float x) { return {x}; }
static inline F32 zero() { return {0.0f}; }

static inline F32 operator+(F32 a, F32 b) { return {a.v + b.v}; }
static inline F32 operator-(F32 a, F32 b) { return {a.v - b.v}; }
static inline F32 operator*(F32 a, F32 b) { return {a.v * b.v}; }
static inline F32 operator/(F32 a, F32 b) { return {a.v / b.v}; }
static inline F32 fma(F32 a, F32 b, F32 c) { return {a.v * b.v + c.v}; }
static inline F32 fnma(F32 a, F32 b, F32 c) { return {c.v - a.v * b.v}; }
static inline F32 fms(F32 a, F32 b, F32 c) { return {a.v * b.v - c.v}; }
static inline F32 sqrt(F32 a) {
#if defined(__SSE2__) || defined(_M_X64)
  return {_mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(a.v)))};
#else
  return {::sqrtf(a.v)};  // correctly rounded by IEEE 754
#endif
}
static inline F32 abs(F32 a) { return from_bits({bits(a).v & 0x7fffffff}); }
static inline F32 neg(F32 a) { return {-a.v}; }
static inline F32 copy_sign(float magnitude, F32 sign) {
  return from_bits({bits({magnitude}).v | (bits(sign).v & INT32_MIN)});
}
static inline F32 round_even(F32 a) {
  const float m = abs(a).v;
  if (!(m < 8388608.0f)) return a;  // already an integer, or infinite, or NaN
  return copy_sign((m + 8388608.0f) - 8388608.0f, a);
}
static inline F32 floor(F32 a) {
  const F32 r = round_even(a);
  return r.v > a.v ? F32{r.v - 1.0f} : r;
}
static inline F32 trunc(F32 a) { return copy_sign(floor(abs(a)).v, a); }
static inline F32 min(F32 a, F32 b) {
  if (a.v != a.v) return a;
  if (a.v == b.v) return from_bits({bits(a).v | bits(b).v});
  return a.v < b.v ? a : b;
}
static inline F32 max(F32 a, F32 b) {
  if (a.v != a.v) return a;
  if (a.v == b.v) return from_bits({bits(a).v & bits(b).v});
  return a.v > b.v ? a : b;
}
static inline F32 at_least(F32 x, F32 c) { return x.v < c.v ? c : x; }
static inline F32 at_most(F32 x, F32 c) { return x.v > c.v ? c : x; }

static inline Mask operator<(F32 a, F32 b) { return {a.v < b.v}; }
static inline Mask operator<=(F32 a, F32 b) { return {a.v <= b.v}; }
static inline Mask operator>(F32 a, F32 b) { return {a.v > b.v}; }
static inline Mask operator>=(F32 a, F32 b) { return {a.v >= b.v}; }
static inline Mask operator==(F32 a, F32 b) { return {a.v == b.v}; }
static inline Mask operator!=(F32 a, F32 b) { return {a.v != b.v}; }
static inline Mask is_nan(F32 a) { return {a.v != a.v}; }

static inline Mask operator&(Mask a, Mask b) { return {a.v && b.v}; }
static inline Mask operator|(Mask a, Mask b) { return {a.v || b.v}; }
static inline Mask operator!(Mask a) { return {!a.v}; }
static inline Mask operator==(Mask a, Mask b) { return {a.v == b.v}; }
static inline bool any(Mask m) { return m.v; }
static inline bool all(Mask m) { return m.v; }
static inline Mask first_n(int n) { return {n > 0}; }

static inline F32 select(Mask m, F32 a, F32 b) { return m.v ? a : b; }
static inline I32 select(Mask m, I32 a, I32 b) { return m.v ? a : b; }

static inline I32 to_int(F32 a) {
  const float r = round_even(a).v;
  return {r >= -2147483648.0f && r < 2147483648.0f ? static_cast<int32_t>(r) : INT32_MIN};
}
static inline F32 to_float(I32 a) { return {static_cast<float>(a.v)}; }

static inline I32 loadi(const int32_t* p) { return {*p}; }
static inline void storei(int32_t* p, I32 a) { *p = a.v; }
static inline I32 loadi_n(const int32_t* p, int n) { return {n > 0 ? *p : 0}; }
static inline void storei_n(int32_t* p, I32 a, int n) {
  if (n > 0) *p = a.v;
}
static inline uint32_t u32(I32 a) { return static_cast<uint32_t>(a.v); }
static inline I32 from_u32(uint32_t x) { return {static_cast<int32_t>(x)}; }
static inline I32 set1i(int32_t x) { return {x}; }
static inline I32 iota() { return {0}; }
static inline I32 operator+(I32 a, I32 b) { return from_u32(u32(a) + u32(b)); }
static inline I32 operator-(I32 a, I32 b) { return from_u32(u32(a) - u32(b)); }
static inline I32 operator*(I32 a, I32 b) { return from_u32(u32(a) * u32(b)); }
static inline I32 operator&(I32 a, I32 b) { return {a.v & b.v}; }
static inline I32 operator|(I32 a, I32 b) { return {a.v | b.v}; }
static inline I32 operator^(I32 a, I32 b) { return {a.v ^ b.v}; }
static inline I32 min(I32 a, I32 b) { return a.v < b.v ? a : b; }
static inline I32 max(I32 a, I32 b) { return a.v > b.v ? a : b; }
static inline Mask operator==(I32 a, I32 b) { return {a.v == b.v}; }
static inline Mask operator>(I32 a, I32 b) { return {a.v > b.v}; }
template <int k>
static inline I32 shl(I32 a) {
  return from_u32(u32(a) << k);
}
template <int k>
static inline I32 shr(I32 a) {
  return from_u32(u32(a) >> k);
}
template <int k>
static inline I32 sar(I32 a) {
  return {a.v >> k};
}
static inline I32 mulhi_u32(I32 a, I32 b) {
  return from_u32(static_cast<uint32_t>((static_cast<uint64_t>(u32(a)) * u32(b)) >> 32));
}

static inline I32 loadi_u8(const uint8_t* p, int n) { return {n > 0 ? *p : 0}; }
static inline F32 load_u8(const uint8_t* p, int n) { return to_float(loadi_u8(p, n)); }
static inline void storei_u8(uint8_t* p, I32 a, int n) {
  if (n > 0) *p = static_cast<uint8_t>(a.v < 0 ? 0 : a.v > 255 ? 255 : a.v);
}
static inline Mask load_mask(const uint8_t* p, int n) { return {n > 0 && *p != 0}; }
static inline void store_mask(uint8_t* p, Mask m, int n) {
  if (n > 0) *p = m.v ? 1 : 0;
}

}  // namespace myelin::MYELIN_NS
