// The two data movements between lanes that kernels need besides reduce.h: interleaving and transposing
// 32-bit words.
#pragma once

#include "vec.h"

namespace myelin::MYELIN_NS {

// v[0..3] hold w lanes each of a, b, c, d. Afterwards they hold a0 b0 c0 d0 a1 b1 c1 d1 ... in order.
static inline void interleave4(I32 v[4]) {
#if defined(MYELIN_TARGET_AVX512)
  const __m512i ab_lo = _mm512_unpacklo_epi32(v[0].v, v[1].v), ab_hi = _mm512_unpackhi_epi32(v[0].v, v[1].v);
  const __m512i cd_lo = _mm512_unpacklo_epi32(v[2].v, v[3].v), cd_hi = _mm512_unpackhi_epi32(v[2].v, v[3].v);
  const __m512i q0 = _mm512_unpacklo_epi64(ab_lo, cd_lo);  // groups 0, 4, 8, 12
  const __m512i q1 = _mm512_unpackhi_epi64(ab_lo, cd_lo);  // groups 1, 5, 9, 13
  const __m512i q2 = _mm512_unpacklo_epi64(ab_hi, cd_hi);  // groups 2, 6, 10, 14
  const __m512i q3 = _mm512_unpackhi_epi64(ab_hi, cd_hi);  // groups 3, 7, 11, 15
  const __m512i t0 = _mm512_shuffle_i32x4(q0, q1, 0x44);   // groups 0, 4, 1, 5
  const __m512i t1 = _mm512_shuffle_i32x4(q2, q3, 0x44);   // groups 2, 6, 3, 7
  const __m512i t2 = _mm512_shuffle_i32x4(q0, q1, 0xEE);   // groups 8, 12, 9, 13
  const __m512i t3 = _mm512_shuffle_i32x4(q2, q3, 0xEE);   // groups 10, 14, 11, 15
  v[0] = {_mm512_shuffle_i32x4(t0, t1, 0x88)};
  v[1] = {_mm512_shuffle_i32x4(t0, t1, 0xDD)};
  v[2] = {_mm512_shuffle_i32x4(t2, t3, 0x88)};
  v[3] = {_mm512_shuffle_i32x4(t2, t3, 0xDD)};
#elif defined(MYELIN_TARGET_AVX2)
  const __m256i ab_lo = _mm256_unpacklo_epi32(v[0].v, v[1].v), ab_hi = _mm256_unpackhi_epi32(v[0].v, v[1].v);
  const __m256i cd_lo = _mm256_unpacklo_epi32(v[2].v, v[3].v), cd_hi = _mm256_unpackhi_epi32(v[2].v, v[3].v);
  const __m256i q0 = _mm256_unpacklo_epi64(ab_lo, cd_lo);  // groups 0, 4
  const __m256i q1 = _mm256_unpackhi_epi64(ab_lo, cd_lo);  // groups 1, 5
  const __m256i q2 = _mm256_unpacklo_epi64(ab_hi, cd_hi);  // groups 2, 6
  const __m256i q3 = _mm256_unpackhi_epi64(ab_hi, cd_hi);  // groups 3, 7
  v[0] = {_mm256_permute2x128_si256(q0, q1, 0x20)};
  v[1] = {_mm256_permute2x128_si256(q2, q3, 0x20)};
  v[2] = {_mm256_permute2x128_si256(q0, q1, 0x31)};
  v[3] = {_mm256_permute2x128_si256(q2, q3, 0x31)};
#elif defined(MYELIN_TARGET_NEON)
  const int32x4_t ac_lo = vzip1q_s32(v[0].v, v[2].v), ac_hi = vzip2q_s32(v[0].v, v[2].v);
  const int32x4_t bd_lo = vzip1q_s32(v[1].v, v[3].v), bd_hi = vzip2q_s32(v[1].v, v[3].v);
  v[0] = {vzip1q_s32(ac_lo, bd_lo)};
  v[1] = {vzip2q_s32(ac_lo, bd_lo)};
  v[2] = {vzip1q_s32(ac_hi, bd_hi)};
  v[3] = {vzip2q_s32(ac_hi, bd_hi)};
#else
  constexpr int w = F32::width;
  int32_t in[4][w], out[4 * w];
  for (int i = 0; i < 4; i++) storei(in[i], v[i]);
  for (int i = 0; i < 4 * w; i++) out[i] = in[i % 4][i / 4];
  for (int i = 0; i < 4; i++) v[i] = loadi(out + i * w);
#endif
}

// y[c * y_stride + r] = x[r * x_stride + c] for r, c < kTile.
#if defined(MYELIN_TARGET_AVX512) || defined(MYELIN_TARGET_AVX2)
constexpr int kTile = 8;
static inline void transpose_tile(const int32_t* x, int64_t x_stride, int32_t* y, int64_t y_stride) {
  __m256i a[8], b[8];
  for (int i = 0; i < 4; i++) {  // low halves: columns 0-3 of rows i and i + 4; high halves: columns 4-7
    const __m128i* top = reinterpret_cast<const __m128i*>(x + i * x_stride);
    const __m128i* bottom = reinterpret_cast<const __m128i*>(x + (i + 4) * x_stride);
    a[i] = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(top)), _mm_loadu_si128(bottom), 1);
    a[i + 4] = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(top + 1)),
                                       _mm_loadu_si128(bottom + 1), 1);
  }
  for (int h = 0; h < 8; h += 4) {  // a 4x4 transpose in each 128-bit half
    b[h + 0] = _mm256_unpacklo_epi32(a[h + 0], a[h + 1]);
    b[h + 1] = _mm256_unpackhi_epi32(a[h + 0], a[h + 1]);
    b[h + 2] = _mm256_unpacklo_epi32(a[h + 2], a[h + 3]);
    b[h + 3] = _mm256_unpackhi_epi32(a[h + 2], a[h + 3]);
    __m256i* row[4];
    for (int i = 0; i < 4; i++) row[i] = reinterpret_cast<__m256i*>(y + (h + i) * y_stride);
    _mm256_storeu_si256(row[0], _mm256_unpacklo_epi64(b[h + 0], b[h + 2]));
    _mm256_storeu_si256(row[1], _mm256_unpackhi_epi64(b[h + 0], b[h + 2]));
    _mm256_storeu_si256(row[2], _mm256_unpacklo_epi64(b[h + 1], b[h + 3]));
    _mm256_storeu_si256(row[3], _mm256_unpackhi_epi64(b[h + 1], b[h + 3]));
  }
}
#else
constexpr int kTile = 4;
static inline void transpose_tile(const int32_t* x, int64_t x_stride, int32_t* y, int64_t y_stride) {
#if defined(MYELIN_TARGET_NEON)
  I32 v[4];
  for (int i = 0; i < 4; i++) v[i] = loadi(x + i * x_stride);
  interleave4(v);
  for (int i = 0; i < 4; i++) storei(y + i * y_stride, v[i]);
#else
  for (int c = 0; c < kTile; c++)
    for (int r = 0; r < kTile; r++) y[c * y_stride + r] = x[r * x_stride + c];
#endif
}
#endif

}  // namespace myelin::MYELIN_NS
