// NEON on aarch64: four lanes. The vocabulary is described in vec.h.
#pragma once

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

namespace myelin::MYELIN_NS {

constexpr bool kFusedFma = true;

struct F32 {
  static constexpr int width = 4;
  float32x4_t v;
};
struct I32 {
  static constexpr int width = 4;
  int32x4_t v;
};
struct Mask {
  uint32x4_t v;  // all ones or all zeros in a lane
};

static inline F32 load(const float* p) { return {vld1q_f32(p)}; }
static inline void store(float* p, F32 a) { vst1q_f32(p, a.v); }
static inline F32 load_n(const float* p, int n) {
  float lanes[4] = {0, 0, 0, 0};
  for (int i = 0; i < n; i++) lanes[i] = p[i];
  return {vld1q_f32(lanes)};
}
static inline void store_n(float* p, F32 a, int n) {
  float lanes[4];
  vst1q_f32(lanes, a.v);
  for (int i = 0; i < n; i++) p[i] = lanes[i];
}
static inline void stream(float* p, F32 a) { vst1q_f32(p, a.v); }
static inline void stream_fence() {}
static inline F32 set1(float x) { return {vdupq_n_f32(x)}; }
static inline F32 zero() { return {vdupq_n_f32(0.0f)}; }

static inline F32 operator+(F32 a, F32 b) { return {vaddq_f32(a.v, b.v)}; }
static inline F32 operator-(F32 a, F32 b) { return {vsubq_f32(a.v, b.v)}; }
static inline F32 operator*(F32 a, F32 b) { return {vmulq_f32(a.v, b.v)}; }
static inline F32 operator/(F32 a, F32 b) { return {vdivq_f32(a.v, b.v)}; }
static inline F32 fma(F32 a, F32 b, F32 c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
static inline F32 fnma(F32 a, F32 b, F32 c) { return {vfmsq_f32(c.v, a.v, b.v)}; }
static inline F32 fms(F32 a, F32 b, F32 c) { return {vfmaq_f32(vnegq_f32(c.v), a.v, b.v)}; }
static inline F32 sqrt(F32 a) { return {vsqrtq_f32(a.v)}; }
static inline F32 abs(F32 a) { return {vabsq_f32(a.v)}; }
static inline F32 neg(F32 a) { return {vnegq_f32(a.v)}; }
static inline F32 round_even(F32 a) { return {vrndnq_f32(a.v)}; }
static inline F32 floor(F32 a) { return {vrndmq_f32(a.v)}; }
static inline F32 trunc(F32 a) { return {vrndq_f32(a.v)}; }
static inline F32 min(F32 a, F32 b) { return {vminq_f32(a.v, b.v)}; }
static inline F32 max(F32 a, F32 b) { return {vmaxq_f32(a.v, b.v)}; }
static inline F32 at_least(F32 x, F32 c) { return {vbslq_f32(vcltq_f32(x.v, c.v), c.v, x.v)}; }
static inline F32 at_most(F32 x, F32 c) { return {vbslq_f32(vcgtq_f32(x.v, c.v), c.v, x.v)}; }

static inline Mask operator<(F32 a, F32 b) { return {vcltq_f32(a.v, b.v)}; }
static inline Mask operator<=(F32 a, F32 b) { return {vcleq_f32(a.v, b.v)}; }
static inline Mask operator>(F32 a, F32 b) { return {vcgtq_f32(a.v, b.v)}; }
static inline Mask operator>=(F32 a, F32 b) { return {vcgeq_f32(a.v, b.v)}; }
static inline Mask operator==(F32 a, F32 b) { return {vceqq_f32(a.v, b.v)}; }
static inline Mask operator!=(F32 a, F32 b) { return {vmvnq_u32(vceqq_f32(a.v, b.v))}; }
static inline Mask is_nan(F32 a) { return {vmvnq_u32(vceqq_f32(a.v, a.v))}; }

static inline Mask operator&(Mask a, Mask b) { return {vandq_u32(a.v, b.v)}; }
static inline Mask operator|(Mask a, Mask b) { return {vorrq_u32(a.v, b.v)}; }
static inline Mask operator!(Mask a) { return {vmvnq_u32(a.v)}; }
static inline Mask operator==(Mask a, Mask b) { return {vceqq_u32(a.v, b.v)}; }
static inline bool any(Mask m) { return vmaxvq_u32(m.v) != 0; }
static inline bool all(Mask m) { return vminvq_u32(m.v) != 0; }
static inline Mask first_n(int n) {
  const int32_t lanes[4] = {0, 1, 2, 3};
  return {vcltq_s32(vld1q_s32(lanes), vdupq_n_s32(n))};
}

static inline F32 select(Mask m, F32 a, F32 b) { return {vbslq_f32(m.v, a.v, b.v)}; }
static inline I32 select(Mask m, I32 a, I32 b) { return {vbslq_s32(m.v, a.v, b.v)}; }

static inline I32 bits(F32 a) { return {vreinterpretq_s32_f32(a.v)}; }
static inline F32 from_bits(I32 a) { return {vreinterpretq_f32_s32(a.v)}; }
static inline I32 to_int(F32 a) { return {vcvtnq_s32_f32(a.v)}; }
static inline F32 to_float(I32 a) { return {vcvtq_f32_s32(a.v)}; }

static inline I32 loadi(const int32_t* p) { return {vld1q_s32(p)}; }
static inline void storei(int32_t* p, I32 a) { vst1q_s32(p, a.v); }
static inline I32 loadi_n(const int32_t* p, int n) {
  int32_t lanes[4] = {0, 0, 0, 0};
  for (int i = 0; i < n; i++) lanes[i] = p[i];
  return {vld1q_s32(lanes)};
}
static inline void storei_n(int32_t* p, I32 a, int n) {
  int32_t lanes[4];
  vst1q_s32(lanes, a.v);
  for (int i = 0; i < n; i++) p[i] = lanes[i];
}
static inline I32 set1i(int32_t x) { return {vdupq_n_s32(x)}; }
static inline I32 iota() {
  const int32_t lanes[4] = {0, 1, 2, 3};
  return {vld1q_s32(lanes)};
}
static inline I32 operator+(I32 a, I32 b) { return {vaddq_s32(a.v, b.v)}; }
static inline I32 operator-(I32 a, I32 b) { return {vsubq_s32(a.v, b.v)}; }
static inline I32 operator*(I32 a, I32 b) { return {vmulq_s32(a.v, b.v)}; }
static inline I32 operator&(I32 a, I32 b) { return {vandq_s32(a.v, b.v)}; }
static inline I32 operator|(I32 a, I32 b) { return {vorrq_s32(a.v, b.v)}; }
static inline I32 operator^(I32 a, I32 b) { return {veorq_s32(a.v, b.v)}; }
static inline I32 min(I32 a, I32 b) { return {vminq_s32(a.v, b.v)}; }
static inline I32 max(I32 a, I32 b) { return {vmaxq_s32(a.v, b.v)}; }
static inline Mask operator==(I32 a, I32 b) { return {vceqq_s32(a.v, b.v)}; }
static inline Mask operator>(I32 a, I32 b) { return {vcgtq_s32(a.v, b.v)}; }
template <int k>
static inline I32 shl(I32 a) {
  return {vshlq_n_s32(a.v, k)};
}
template <int k>
static inline I32 shr(I32 a) {
  return {vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(a.v), k))};
}
template <int k>
static inline I32 sar(I32 a) {
  return {vshrq_n_s32(a.v, k)};
}
static inline I32 mulhi_u32(I32 a, I32 b) {
  const uint32x4_t x = vreinterpretq_u32_s32(a.v), y = vreinterpretq_u32_s32(b.v);
  const uint64x2_t low = vmull_u32(vget_low_u32(x), vget_low_u32(y));
  const uint64x2_t high = vmull_high_u32(x, y);
  return {vreinterpretq_s32_u32(vuzp2q_u32(vreinterpretq_u32_u64(low), vreinterpretq_u32_u64(high)))};
}

static inline I32 loadi_u8(const uint8_t* p, int n) {
  uint32_t w = 0;
  if (n == 4) {
    memcpy(&w, p, 4);
  } else {
    for (int i = 0; i < n; i++) w |= static_cast<uint32_t>(p[i]) << (8 * i);
  }
  const uint8x8_t bytes = vreinterpret_u8_u32(vdup_n_u32(w));
  return {vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))))};
}
static inline F32 load_u8(const uint8_t* p, int n) { return {vcvtq_f32_s32(loadi_u8(p, n).v)}; }
static inline void storei_u8(uint8_t* p, I32 a, int n) {
  const uint16x4_t words = vqmovun_s32(a.v);
  const uint8x8_t bytes = vqmovn_u16(vcombine_u16(words, words));
  const uint32_t w = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
  if (n == 4) {
    memcpy(p, &w, 4);
  } else {
    for (int i = 0; i < n; i++) p[i] = static_cast<uint8_t>(w >> (8 * i));
  }
}
static inline Mask load_mask(const uint8_t* p, int n) {
  return {vcgtq_s32(loadi_u8(p, n).v, vdupq_n_s32(0))};
}
static inline void store_mask(uint8_t* p, Mask m, int n) {
  storei_u8(p, {vreinterpretq_s32_u32(vshrq_n_u32(m.v, 31))}, n);
}

}  // namespace myelin::MYELIN_NS
