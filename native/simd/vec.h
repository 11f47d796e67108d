// The one place that picks the vector type. Each kernel source is compiled once per instruction set with one of
// MYELIN_TARGET_{BASELINE,AVX2,AVX512,NEON} defined; MYELIN_NS is the namespace that keeps the copies apart.
//
// Every vec_*.h offers the same vocabulary on float lanes (F32), int lanes (I32) and comparison results (Mask):
//   F32::width                                   lanes
//   load(p) store(p, v)                          unaligned
//   load_n(p, n) store_n(p, v, n)                first n lanes, 0 <= n <= width; the rest reads as +0 and is not written
//   set1(x) zero()  + - * /                      IEEE, round to nearest even
//   fma(a, b, c) = a*b + c   fnma(a, b, c) = c - a*b   fms(a, b, c) = a*b - c      one rounding (kFusedFma;
//                                                two on the baseline)
//   min max                                      propagate NaN from either side; of -0 and +0 min gives -0, max +0
//   at_least(x, c) = x < c ? c : x   at_most(x, c) = x > c ? c : x      a NaN in x stays; shorter than max and min
//   sqrt abs neg round_even floor trunc
//   a < b, <=, >, >=, ==, !=  -> Mask            ordered (false on NaN), != is its complement (true on NaN)
//   is_nan(a)   select(m, a, b)   m & m, m | m, m == m, !m   any(m) all(m)   first_n(n) the first n lanes
//   store_mask(uint8_t*, m, n) writes 0 or 1     load_mask(const uint8_t*, n)   nonzero bytes
//   bits(F32) -> I32, from_bits(I32) -> F32      reinterpretation
//   I32: set1i, iota() = 0, 1, 2, ..., loadi(int32_t*), loadi_n, storei, storei_n, + - * (low half), &, |, ^, shl<k>(a),
//        shr<k> (logical), sar<k>, ==, > (signed) -> Mask, min, max, select; mulhi_u32(a, b) the unsigned product's high half
//   to_int(F32) rounds to nearest even, |x| < 2^31 (beyond, and for NaN, sets differ); to_float(I32)
//   load_u8(const uint8_t*, n) -> F32, loadi_u8 -> I32: n bytes widened;  storei_u8(p, I32, n) saturates
//   stream(p, v), stream_fence()                 store past the caches; p is a multiple of the vector's bytes
// Lanes are only ever combined by reduce.h, whose order does not depend on the width.
#pragma once

#if defined(MYELIN_TARGET_AVX512)
#define MYELIN_NS isa_avx512
#include "vec_avx512.h"
#elif defined(MYELIN_TARGET_AVX2)
#define MYELIN_NS isa_avx2
#include "vec_avx2.h"
#elif defined(MYELIN_TARGET_NEON)
#define MYELIN_NS isa_neon
#include "vec_neon.h"
#elif defined(MYELIN_TARGET_BASELINE)
#define MYELIN_NS isa_baseline
#include "vec_scalar.h"
#else
#error "define MYELIN_TARGET_BASELINE, _AVX2, _AVX512 or _NEON"
#endif
