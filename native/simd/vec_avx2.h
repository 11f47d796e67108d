// AVX2 with FMA: eight lanes. The vocabulary is described in vec.h.
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

namespace myelin::MYELIN_NS {

constexpr bool kFusedFma = true;

struct F32 {
  static constexpr int width = 8;
  __m256 v;
};
struct I32 {
  static constexpr int width = 8;
  __m256i v;
};
struct Mask {
  __m256 v;  // all ones or all zeros in a lane
};

alignas(32) static const int32_t kTail[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
static inline __m256i tail_mask(int n) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kTail + 8 - n));
}

static inline F32 load(const float* p) { return {_mm256_loadu_ps(p)}; }
static inline void store(float* p, F32 a) { _mm256_storeu_ps(p, a.v); }
static inline F32 load_n(const float* p, int n) { return {_mm256_maskload_ps(p, tail_mask(n))}; }
static inline void store_n(float* p, F32 a, int n) { _mm256_maskstore_ps(p, tail_mask(n), a.v); }
static inline void stream(float* p, F32 a) { _mm256_stream_ps(p, a.v); }
static inline void stream_fence() { _mm_sfence(); }
static inline F32 set1(float x) { return {_mm256_set1_ps(x)}; }
static inline F32 zero() { return {_mm256_setzero_ps()}; }

static inline F32 operator+(F32 a, F32 b) { return {_mm256_add_ps(a.v, b.v)}; }
static inline F32 operator-(F32 a, F32 b) { return {_mm256_sub_ps(a.v, b.v)}; }
static inline F32 operator*(F32 a, F32 b) { return {_mm256_mul_ps(a.v, b.v)}; }
static inline F32 operator/(F32 a, F32 b) { return {_mm256_div_ps(a.v, b.v)}; }
static inline F32 fma(F32 a, F32 b, F32 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
static inline F32 fnma(F32 a, F32 b, F32 c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
static inline F32 fms(F32 a, F32 b, F32 c) { return {_mm256_fmsub_ps(a.v, b.v, c.v)}; }
static inline F32 sqrt(F32 a) { return {_mm256_sqrt_ps(a.v)}; }
static inline F32 abs(F32 a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
static inline F32 neg(F32 a) { return {_mm256_xor_ps(_mm256_set1_ps(-0.0f), a.v)}; }
static inline F32 round_even(F32 a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
static inline F32 floor(F32 a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
static inline F32 trunc(F32 a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC)}; }

// minps returns its second operand when one is NaN or both are zeros, so both orders are joined.
static inline F32 min(F32 a, F32 b) {
  return {_mm256_or_ps(_mm256_min_ps(a.v, b.v), _mm256_min_ps(b.v, a.v))};
}
static inline F32 max(F32 a, F32 b) {
  // Where the orders differ, p | d is NaN or -0, and subtracting d keeps the NaN and turns -0 into +0.
  const __m256 p = _mm256_max_ps(a.v, b.v);
  const __m256 d = _mm256_xor_ps(p, _mm256_max_ps(b.v, a.v));
  return {_mm256_sub_ps(_mm256_or_ps(p, d), d)};
}

// The second operand is returned when one is NaN or both are zeros.
static inline F32 at_least(F32 x, F32 c) { return {_mm256_max_ps(c.v, x.v)}; }
static inline F32 at_most(F32 x, F32 c) { return {_mm256_min_ps(c.v, x.v)}; }

static inline Mask operator<(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
static inline Mask operator<=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LE_OQ)}; }
static inline Mask operator>(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)}; }
static inline Mask operator>=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_GE_OQ)}; }
static inline Mask operator==(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)}; }
static inline Mask operator!=(F32 a, F32 b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_NEQ_UQ)}; }
static inline Mask is_nan(F32 a) { return {_mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q)}; }

static inline Mask operator&(Mask a, Mask b) { return {_mm256_and_ps(a.v, b.v)}; }
static inline Mask operator|(Mask a, Mask b) { return {_mm256_or_ps(a.v, b.v)}; }
static inline Mask operator!(Mask a) {
  return {_mm256_xor_ps(a.v, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))};
}
static inline Mask operator==(Mask a, Mask b) { return !Mask{_mm256_xor_ps(a.v, b.v)}; }
static inline bool any(Mask m) { return _mm256_movemask_ps(m.v) != 0; }
static inline bool all(Mask m) { return _mm256_movemask_ps(m.v) == 0xff; }
static inline Mask first_n(int n) { return {_mm256_castsi256_ps(tail_mask(n))}; }

static inline F32 select(Mask m, F32 a, F32 b) { return {_mm256_blendv_ps(b.v, a.v, m.v)}; }
static inline I32 select(Mask m, I32 a, I32 b) {
  return {_mm256_blendv_epi8(b.v, a.v, _mm256_castps_si256(m.v))};
}

static inline I32 bits(F32 a) { return {_mm256_castps_si256(a.v)}; }
static inline F32 from_bits(I32 a) { return {_mm256_castsi256_ps(a.v)}; }
static inline I32 to_int(F32 a) { return {_mm256_cvtps_epi32(a.v)}; }
static inline F32 to_float(I32 a) { return {_mm256_cvtepi32_ps(a.v)}; }

static inline I32 loadi(const int32_t* p) {
  return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))};
}
static inline void storei(int32_t* p, I32 a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
static inline I32 loadi_n(const int32_t* p, int n) {
  return {_mm256_maskload_epi32(reinterpret_cast<const int*>(p), tail_mask(n))};
}
static inline void storei_n(int32_t* p, I32 a, int n) {
  _mm256_maskstore_epi32(reinterpret_cast<int*>(p), tail_mask(n), a.v);
}
static inline I32 set1i(int32_t x) { return {_mm256_set1_epi32(x)}; }
static inline I32 iota() { return {_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)}; }
static inline I32 operator+(I32 a, I32 b) { return {_mm256_add_epi32(a.v, b.v)}; }
static inline I32 operator-(I32 a, I32 b) { return {_mm256_sub_epi32(a.v, b.v)}; }
static inline I32 operator*(I32 a, I32 b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
static inline I32 operator&(I32 a, I32 b) { return {_mm256_and_si256(a.v, b.v)}; }
static inline I32 operator|(I32 a, I32 b) { return {_mm256_or_si256(a.v, b.v)}; }
static inline I32 operator^(I32 a, I32 b) { return {_mm256_xor_si256(a.v, b.v)}; }
static inline I32 min(I32 a, I32 b) { return {_mm256_min_epi32(a.v, b.v)}; }
static inline I32 max(I32 a, I32 b) { return {_mm256_max_epi32(a.v, b.v)}; }
static inline Mask operator==(I32 a, I32 b) { return {_mm256_castsi256_ps(_mm256_cmpeq_epi32(a.v, b.v))}; }
static inline Mask operator>(I32 a, I32 b) { return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(a.v, b.v))}; }
template <int k>
static inline I32 shl(I32 a) {
  return {_mm256_slli_epi32(a.v, k)};
}
template <int k>
static inline I32 shr(I32 a) {
  return {_mm256_srli_epi32(a.v, k)};
}
template <int k>
static inline I32 sar(I32 a) {
  return {_mm256_srai_epi32(a.v, k)};
}
static inline I32 mulhi_u32(I32 a, I32 b) {
  const __m256i even = _mm256_mul_epu32(a.v, b.v);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a.v, 32), _mm256_srli_epi64(b.v, 32));
  return {_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa)};
}

static inline __m128i load_bytes(const uint8_t* p, int n) {
  if (n == 8) return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  uint64_t w = 0;
  for (int i = 0; i < n; i++) w |= static_cast<uint64_t>(p[i]) << (8 * i);
  return _mm_cvtsi64_si128(static_cast<long long>(w));
}
static inline void store_bytes(uint8_t* p, __m128i bytes, int n) {
  if (n == 8) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), bytes);
    return;
  }
  const uint64_t w = static_cast<uint64_t>(_mm_cvtsi128_si64(bytes));
  for (int i = 0; i < n; i++) p[i] = static_cast<uint8_t>(w >> (8 * i));
}
static inline F32 load_u8(const uint8_t* p, int n) {
  return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(load_bytes(p, n)))};
}
static inline I32 loadi_u8(const uint8_t* p, int n) { return {_mm256_cvtepu8_epi32(load_bytes(p, n))}; }
static inline void storei_u8(uint8_t* p, I32 a, int n) {
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a.v), _mm256_extracti128_si256(a.v, 1));
  store_bytes(p, _mm_packus_epi16(words, words), n);
}
static inline Mask load_mask(const uint8_t* p, int n) {
  return {_mm256_castsi256_ps(
      _mm256_cmpgt_epi32(_mm256_cvtepu8_epi32(load_bytes(p, n)), _mm256_setzero_si256()))};
}
static inline void store_mask(uint8_t* p, Mask m, int n) {
  const __m256i a = _mm256_castps_si256(m.v);
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  store_bytes(p, _mm_and_si128(_mm_packs_epi16(words, words), _mm_set1_epi8(1)), n);
}

}  // namespace myelin::MYELIN_NS
