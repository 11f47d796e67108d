// Copies of parts of A and B in the order in which the tiles read them.
#pragma once

#include "../simd/shuffle.h"
#include "gemm_tile.h"

namespace myelin::MYELIN_NS {
namespace {

// y[k * y_stride + i] = x[i * ldx + k] for i < rows, k < count. Writes whole vectors: past the last row of a k it leaves
// values that the next k overwrites, and up to kTile - 1 floats behind the last k. x has `readable` >= rows rows.
inline void pack_transposed(const float* x, int64_t ldx, int64_t rows, int64_t readable, int64_t count, float* y,
                            int64_t y_stride) {
#if defined(MYELIN_TARGET_BASELINE)
  static_cast<void>(readable);
  for (int64_t i = 0; i < rows; i++)
    for (int64_t k = 0; k < count; k++) y[k * y_stride + i] = x[i * ldx + k];
#else
  constexpr int T = kTile;
  const int64_t whole = count / T * T;
  for (int64_t k = 0; k < whole; k += T) {
    // From the last group of rows to the first, so that each group repairs what the one behind it left in the next k.
    for (int64_t i = (rows - 1) / T * T; i >= 0; i -= T) {
      float* to = y + k * y_stride + i;
      const float* from = x + i * ldx + k;
      if (i + T <= readable) {
        transpose_tile(reinterpret_cast<const int32_t*>(from), ldx, reinterpret_cast<int32_t*>(to), y_stride);
      } else {
        float block[T * T];
        for (int r = 0; r < T; r++) {
          const float* row = from + (i + r < rows ? r : 0) * ldx;
          for (int c = 0; c < T; c += kWidth < T ? kWidth : T) {
            const int n = kWidth < T ? kWidth : T;
            store_n(block + r * T + c, load_n(row + c, n), n);
          }
        }
        transpose_tile(reinterpret_cast<const int32_t*>(block), T, reinterpret_cast<int32_t*>(to), y_stride);
      }
    }
  }
  for (int64_t k = whole; k < count; k++)
    for (int64_t i = 0; i < rows; i++) y[k * y_stride + i] = x[i * ldx + k];
#endif
}

// y[k * rows + i] = A[i, k], one row tile. a points at its first element, and `readable` rows of A start there. May write
// 16 floats past the end.
inline void pack_a(bool ta, const float* a, int64_t lda, int64_t rows, int64_t readable, int64_t count, float* y) {
  if (!ta) {
    pack_transposed(a, lda, rows, readable, count, y, rows);
    return;
  }
  const int64_t vectors = (rows + kWidth - 1) / kWidth;
  const bool whole = vectors * kWidth <= readable;
  for (int64_t k = 0; k < count; k++, a += lda, y += rows) {
    if (whole) {  // what is stored past the last row is overwritten by the next k
      for (int64_t v = 0; v < vectors; v++) store(y + v * kWidth, load(a + v * kWidth));
    } else {
      for (int64_t i = 0; i < rows; i++) y[i] = a[i];
    }
  }
}

// y[k * width + j] = B[k, j] for j < cols; lanes from cols to width hold anything finite or from B.
inline void pack_b(bool tb, const float* b, int64_t ldb, int64_t cols, int64_t width, int64_t count, float* y) {
  if (tb) {
    pack_transposed(b, ldb, cols, cols, count, y, width);
    return;
  }
  for (int64_t k = 0; k < count; k++, b += ldb, y += width) {
    int64_t j = 0;
    for (; j + kWidth <= cols; j += kWidth) store(y + j, load(b + j));
    if (j < cols) store(y + j, load_n(b + j, static_cast<int>(cols - j)));
    for (j += kWidth; j < width; j += kWidth) store(y + j, zero());
  }
}

// y[k * ldy + i] = x[i * ldx + k] for i < rows, k < count, and nothing else written.
inline void copy_transposed(const float* x, int64_t ldx, int64_t rows, int64_t count, float* y, int64_t ldy) {
  int64_t whole = 0;
#if !defined(MYELIN_TARGET_BASELINE)
  whole = count / kTile * kTile;
  for (int64_t i = 0; i < rows; i += kTile) {
    for (int64_t k = 0; k < whole; k += kTile) {
      if (i + kTile <= rows) {
        transpose_tile(reinterpret_cast<const int32_t*>(x + i * ldx + k), ldx, reinterpret_cast<int32_t*>(y + k * ldy + i),
                       ldy);
        continue;
      }
      for (int64_t r = i; r < rows; r++)
        for (int64_t q = k; q < k + kTile; q++) y[q * ldy + r] = x[r * ldx + q];
    }
  }
#endif
  for (int64_t i = 0; i < rows; i++)
    for (int64_t k = whole; k < count; k++) y[k * ldy + i] = x[i * ldx + k];
}

}  // namespace
}  // namespace myelin::MYELIN_NS
