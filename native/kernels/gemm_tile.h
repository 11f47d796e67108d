// The register tiles of the matrix product: rows x vecs vectors of C, accumulated along k in order with fma.
#pragma once

#include "../simd/math_poly.h"
#include "gemm.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

// kRows x kVecs is the tile of choice. A product of one to four rows reads B once, so its tiles are wide instead:
// kWide[rows] vectors, enough independent chains to hide the latency of fma.
#if defined(MYELIN_TARGET_AVX512)
constexpr int kRows = 14, kVecs = 2;
constexpr int kWide[5] = {0, 16, 8, 6, 6};
#elif defined(MYELIN_TARGET_AVX2)
constexpr int kRows = 6, kVecs = 2;
constexpr int kWide[5] = {0, 12, 4, 3, 2};
#elif defined(MYELIN_TARGET_NEON)
constexpr int kRows = 8, kVecs = 3;
constexpr int kWide[5] = {0, 16, 8, 6, 5};
#else
constexpr int kRows = 4, kVecs = 4;
constexpr int kWide[5] = {0, 8, 4, 4, 4};
#endif
constexpr int kWidth = F32::width;

struct TileArgs {
  int64_t k;
  const float* a;
  int64_t a_stride;  // between rows when A is row-major, else between ks
  const float* b;
  int64_t b_stride;  // between ks
  float* packed;     // where kInPlacePack and kPackNext leave a copy, vecs vectors a k
  // The source of kPackNext's copy: rows of the panel to the right; at most one for kCopyEvery ks.
  const float* next_b;
  int64_t next_b_stride, next_rows;
  float* c;
  int64_t ldc;
  int64_t cols;  // at most the tile's columns
  bool load;     // start from C
  const float* bias;
  bool relu;
  const float* next_c;  // the tile that follows, fetched ahead; may be null
};
using Tile = void(const TileArgs& t);

// kPanelA: A is a[k * a_stride + row].  kRowsA: A is a[row * a_stride + k].
enum ASource { kPanelA, kRowsA, kASources };
// kInPlacePack reads B where it is and leaves a packed copy for the tiles below. kPackNext copies a part of the next panel
// meanwhile, a row every kCopyEvery ks, so that the products hide how long B takes to come.
enum BSource { kInPlace, kInPlacePack, kPackNext, kBSources };

constexpr int kAhead = 8;  // rows of B fetched ahead: they may lie too far apart for the processor to see the pattern
constexpr int kCopyEvery = kRows > 6 ? 2 : 4;
constexpr int kAheadOfCopy = 16;  // the same before a row is copied, which may come from memory

// Lanes of vector v that lie within cols.
inline int lanes(int64_t cols, int v) {
  const int64_t n = cols - v * kWidth;
  return static_cast<int>(n < 0 ? 0 : n > kWidth ? kWidth : n);
}

// The cache lines of V vectors.
template <int V>
MYELIN_INLINE void prefetch_vecs(const float* p) {
#pragma GCC unroll 16
  for (int v = 0; v < V; v += 16 / kWidth > 0 ? 16 / kWidth : 1) __builtin_prefetch(p + v * kWidth);
}

template <int R, int V, ASource A, BSource B>
void tile(const TileArgs& t) {
  F32 acc[R][V];
  const int64_t ldc = t.ldc;
  const bool full = t.cols == V * kWidth;
  if (t.next_c != nullptr) {
    for (int r = 0; r < R; r++) {
      __builtin_prefetch(t.next_c + r * ldc, 1);
      if (V * kWidth > 16) __builtin_prefetch(t.next_c + r * ldc + V * kWidth - 1, 1);
    }
  }
  if (!t.load) {
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) acc[r][v] = zero();
  } else if (full) {
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) acc[r][v] = load(t.c + r * ldc + v * kWidth);
  } else {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      const int n = lanes(t.cols, v);
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) acc[r][v] = load_n(t.c + r * ldc + v * kWidth, n);
    }
  }

  const int64_t a_stride = t.a_stride, b_stride = t.b_stride;
  const float* b = t.b;
  float* packed = t.packed;
  const float* a[(R + 2) / 3];  // row-major: one pointer every three rows, so that x86 addresses the rest from it
#pragma GCC unroll 16
  for (int g = 0; g < (R + 2) / 3; g++) a[g] = A == kRowsA ? t.a + 3 * g * a_stride : t.a;
  const auto one_k = [&]() MYELIN_INLINE_LAMBDA {
    F32 bv[V];
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) bv[v] = load(b + v * kWidth);
    if (B == kInPlacePack) {
      prefetch_vecs<V>(b + kAhead * b_stride);
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) store(packed + v * kWidth, bv[v]);
      packed += V * kWidth;
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++) {
      const F32 av = set1(A == kRowsA ? a[r / 3][(r % 3) * a_stride] : a[0][r]);
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) acc[r][v] = fma(av, bv[v], acc[r][v]);
    }
    b += b_stride;
    if (A == kRowsA) {
#pragma GCC unroll 16
      for (int g = 0; g < (R + 2) / 3; g++) a[g]++;
    } else {
      a[0] += a_stride;
    }
  };
  int64_t left = t.k;
  if (B == kPackNext) {
    const float* next = t.next_b;
    for (int64_t row = t.next_rows; row > 0; row--) {
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) store(packed + v * kWidth, load(next + v * kWidth));
      prefetch_vecs<V>(next + kAheadOfCopy * t.next_b_stride);
      next += t.next_b_stride;
      packed += V * kWidth;
#pragma GCC unroll 16
      for (int i = 0; i < kCopyEvery; i++) one_k();
    }
    left -= kCopyEvery * t.next_rows;
  }
#pragma GCC unroll 2
  for (; left > 0; left--) one_k();

  if (t.bias != nullptr) {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      const F32 bias = load_n(t.bias + v * kWidth, lanes(t.cols, v));
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) acc[r][v] = acc[r][v] + bias;
    }
  }
  if (t.relu) {
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) acc[r][v] = relu(acc[r][v]);
  }
  if (full) {
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 16
      for (int v = 0; v < V; v++) store(t.c + r * ldc + v * kWidth, acc[r][v]);
  } else {
#pragma GCC unroll 16
    for (int v = 0; v < V; v++) {
      const int n = lanes(t.cols, v);
#pragma GCC unroll 16
      for (int r = 0; r < R; r++) store_n(t.c + r * ldc + v * kWidth, acc[r][v], n);
    }
  }
}

}  // namespace
}  // namespace myelin::MYELIN_NS
