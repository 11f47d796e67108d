// AVX-512 F, BW, DQ, VL: sixteen lanes. The vocabulary is described in vec.h.
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

namespace myelin::MYELIN_NS {

constexpr bool kFusedFma = true;

struct F32 {
  static constexpr int width = 16;
  __m512 v;
};
struct I32 {
  static constexpr int width = 16;
  __m512i v;
};
struct Mask {
  __mmask16 v;
};

static inline __mmask16 tail_mask(int n) { return static_cast<__mmask16>((1u << n) - 1u); }

static inline F32 load(const float* p) { return {_mm512_loadu_ps(p)}; }
static inline void store(float* p, F32 a) { _mm512_storeu_ps(p, a.v); }
static inline F32 load_n(const float* p, int n) { return {_mm512_maskz_loadu_ps(tail_mask(n), p)}; }
static inline void store_n(float* p, F32 a, int n) { _mm512_mask_storeu_ps(p, tail_mask(n), a.v); }
static inline void stream(float* p, F32 a) { _mm512_stream_ps(p, a.v); }
static inline void stream_fence() { _mm_sfence(); }
static inline F32 set1(float x) { return {_mm512_set1_ps(x)}; }
static inline F32 zero() { return {_mm512_setzero_ps()}; }

static inline F32 operator+(F32 a, F32 b) { return {_mm512_add_ps(a.v, b.v)}; }
static inline F32 operator-(F32 a, F32 b) { return {_mm512_sub_ps(a.v, b.v)}; }
static inline F32 operator*(F32 a, F32 b) { return {_mm512_mul_ps(a.v, b.v)}; }
static inline F32 operator/(F32 a, F32 b) { return {_mm512_div_ps(a.v, b.v)}; }
static inline F32 fma(F32 a, F32 b, F32 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
static inline F32 fnma(F32 a, F32 b, F32 c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
static inline F32 fms(F32 a, F32 b, F32 c) { return {_mm512_fmsub_ps(a.v, b.v, c.v)}; }
static inline F32 sqrt(F32 a) { return {_mm512_sqrt_ps(a.v)}; }
static inline F32 abs(F32 a) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v)}; }
static inline F32 neg(F32 a) { return {_mm512_xor_ps(_mm512_set1_ps(-0.0f), a.v)}; }
static inline F32 round_even(F32 a) {
  return {_mm512_roundscale_ps(a.v, (_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC))};
}
static inline F32 floor(F32 a) {
  return {_mm512_roundscale_ps(a.v, (_MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC))};
}
static inline F32 trunc(F32 a) {
  return {_mm512_roundscale_ps(a.v, (_MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC))};
}

// vminps returns its second operand when one is NaN or both are zeros, so both orders are joined.
static inline F32 min(F32 a, F32 b) {
  return {_mm512_or_ps(_mm512_min_ps(a.v, b.v), _mm512_min_ps(b.v, a.v))};
}
static inline F32 max(F32 a, F32 b) {
  // Where the orders differ, p | d is NaN or -0, and subtracting d keeps the NaN and turns -0 into +0.
  const __m512 p = _mm512_max_ps(a.v, b.v);
  const __m512 d = _mm512_xor_ps(p, _mm512_max_ps(b.v, a.v));
  return {_mm512_sub_ps(_mm512_or_ps(p, d), d)};
}

// The second operand is returned when one is NaN or both are zeros.
static inline F32 at_least(F32 x, F32 c) { return {_mm512_max_ps(c.v, x.v)}; }
static inline F32 at_most(F32 x, F32 c) { return {_mm512_min_ps(c.v, x.v)}; }

static inline Mask operator<(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
static inline Mask operator<=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
static inline Mask operator>(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
static inline Mask operator>=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
static inline Mask operator==(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
static inline Mask operator!=(F32 a, F32 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
static inline Mask is_nan(F32 a) { return {_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q)}; }

static inline Mask operator&(Mask a, Mask b) { return {static_cast<__mmask16>(a.v & b.v)}; }
static inline Mask operator|(Mask a, Mask b) { return {static_cast<__mmask16>(a.v | b.v)}; }
static inline Mask operator!(Mask a) { return {static_cast<__mmask16>(~a.v)}; }
static inline Mask operator==(Mask a, Mask b) { return {static_cast<__mmask16>(~(a.v ^ b.v))}; }
static inline bool any(Mask m) { return m.v != 0; }
static inline bool all(Mask m) { return m.v == 0xffff; }
static inline Mask first_n(int n) { return {tail_mask(n)}; }

static inline F32 select(Mask m, F32 a, F32 b) { return {_mm512_mask_blend_ps(m.v, b.v, a.v)}; }
static inline I32 select(Mask m, I32 a, I32 b) { return {_mm512_mask_blend_epi32(m.v, b.v, a.v)}; }

static inline I32 bits(F32 a) { return {_mm512_castps_si512(a.v)}; }
static inline F32 from_bits(I32 a) { return {_mm512_castsi512_ps(a.v)}; }
static inline I32 to_int(F32 a) { return {_mm512_cvtps_epi32(a.v)}; }
static inline F32 to_float(I32 a) { return {_mm512_cvtepi32_ps(a.v)}; }

static inline I32 loadi(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
static inline void storei(int32_t* p, I32 a) { _mm512_storeu_si512(p, a.v); }
static inline I32 loadi_n(const int32_t* p, int n) { return {_mm512_maskz_loadu_epi32(tail_mask(n), p)}; }
static inline void storei_n(int32_t* p, I32 a, int n) { _mm512_mask_storeu_epi32(p, tail_mask(n), a.v); }
static inline I32 set1i(int32_t x) { return {_mm512_set1_epi32(x)}; }
static inline I32 iota() { return {_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)}; }
static inline I32 operator+(I32 a, I32 b) { return {_mm512_add_epi32(a.v, b.v)}; }
static inline I32 operator-(I32 a, I32 b) { return {_mm512_sub_epi32(a.v, b.v)}; }
static inline I32 operator*(I32 a, I32 b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
static inline I32 operator&(I32 a, I32 b) { return {_mm512_and_si512(a.v, b.v)}; }
static inline I32 operator|(I32 a, I32 b) { return {_mm512_or_si512(a.v, b.v)}; }
static inline I32 operator^(I32 a, I32 b) { return {_mm512_xor_si512(a.v, b.v)}; }
static inline I32 min(I32 a, I32 b) { return {_mm512_min_epi32(a.v, b.v)}; }
static inline I32 max(I32 a, I32 b) { return {_mm512_max_epi32(a.v, b.v)}; }
static inline Mask operator==(I32 a, I32 b) { return {_mm512_cmpeq_epi32_mask(a.v, b.v)}; }
static inline Mask operator>(I32 a, I32 b) { return {_mm512_cmpgt_epi32_mask(a.v, b.v)}; }
template <int k>
static inline I32 shl(I32 a) {
  return {_mm512_slli_epi32(a.v, k)};
}
template <int k>
static inline I32 shr(I32 a) {
  return {_mm512_srli_epi32(a.v, k)};
}
template <int k>
static inline I32 sar(I32 a) {
  return {_mm512_srai_epi32(a.v, k)};
}
static inline I32 mulhi_u32(I32 a, I32 b) {
  const __m512i even = _mm512_mul_epu32(a.v, b.v);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(a.v, 32), _mm512_srli_epi64(b.v, 32));
  return {_mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd)};
}

static inline __m128i load_bytes(const uint8_t* p, int n) { return _mm_maskz_loadu_epi8(tail_mask(n), p); }
static inline F32 load_u8(const uint8_t* p, int n) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(load_bytes(p, n)))};
}
static inline I32 loadi_u8(const uint8_t* p, int n) { return {_mm512_cvtepu8_epi32(load_bytes(p, n))}; }
static inline void storei_u8(uint8_t* p, I32 a, int n) {
  const __m512i positive = _mm512_max_epi32(a.v, _mm512_setzero_si512());
  _mm_mask_storeu_epi8(p, tail_mask(n), _mm512_cvtusepi32_epi8(positive));
}
static inline Mask load_mask(const uint8_t* p, int n) {
  const __m128i bytes = load_bytes(p, n);
  return {_mm_test_epi8_mask(bytes, bytes)};
}
static inline void store_mask(uint8_t* p, Mask m, int n) {
  _mm_mask_storeu_epi8(p, tail_mask(n), _mm_maskz_set1_epi8(m.v, 1));
}

}  // namespace myelin::MYELIN_NS
